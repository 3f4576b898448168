"""Recipes: those that ship are complete and honest, those of others are checked before anything is done with them."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from kgpaths.errors import InputError
from kgpaths.fetch import load_recipe, recipe_names, recipes_folder
from kgpaths.fetch.recipe import LARGEST_RECIPE
from tests.fetch.server import recipe_of

FILE = {"url": "https://example.org/a.tsv", "path": "a.tsv"}


def test_the_issues_graphs_have_recipes() -> None:
    assert {"hetionet", "primekg", "hpo", "mondo", "doid", "monarch", "uberon", "go", "chebi"} <= set(recipe_names())


@pytest.mark.parametrize("name", recipe_names())
class TestShipped:
    def test_it_states_all_that_a_user_must_know(self, name: str) -> None:
        recipe = load_recipe(name)
        assert recipe.name == name
        assert re.search(r"doi:10\.\d{4,}/|\b20\d\d\b", recipe.citation)
        for url in (recipe.licence_url, recipe.homepage, *(file.url for file in recipe.files)):
            assert url.startswith("https://"), url

    def test_the_licence_is_spdx_or_says_what_it_is(self, name: str) -> None:
        licence = load_recipe(name).licence
        assert licence.split()[0] in ("CC0-1.0", "CC-BY-3.0", "CC-BY-4.0") or len(licence.split()) >= 3

    def test_the_source_is_one_that_a_graph_recipe_takes(self, name: str, tmp_path: Path) -> None:
        from kgpaths.graph.recipe import single

        recipe = load_recipe(name)
        if name == "hgnc":  # a table without a reader of its own
            assert recipe.source == {}
            return
        options = dict(recipe.source)
        kind, path = str(options.pop("type")), str(options.pop("path", ""))
        assert not path or path in {file.path for file in recipe.files}
        (source,) = single(kind, str(tmp_path / path), options).sources
        assert source.type == kind

    def test_where_the_origin_of_a_checksum_lies_is_written_down(self, name: str) -> None:
        """A checksum or size without a word on where it comes from is a claim nobody can check."""
        text = (recipes_folder() / f"{name}.yaml").read_text(encoding="utf-8")
        if any(file.pinned or file.size is not None for file in load_recipe(name).files):
            assert re.search(r"^  # .*(sha256|MD5).*$", text, re.MULTILINE)


def test_pinned_checksums_are_those_of_their_publishers() -> None:
    nodes, edges = load_recipe("hetionet").files
    assert (edges.sha256, edges.size) == ("611f0411ac666be4e0270e54bbca67407e14720bfc3099311f0f5eec25c5a947", 12401407)
    assert (nodes.sha256, nodes.size) == ("3ad9eb86c031df8bc7d5efefa6edc93562182eb9a6a71e5129d3f18b9d42c50e", 2509984)
    (graph,) = load_recipe("primekg").files
    assert (graph.md5, graph.size, graph.sha256) == ("aac8191d4fbc5bf09cdf8c3c78b4e75f", 981751236, None)


def test_the_hetionet_nodes_of_the_recipe_are_the_published_ones(shared_data: Path) -> None:
    from kgpaths.sources.tables import sha256

    path = shared_data / "hetionet" / "hetionet-v1.0-nodes.tsv"
    nodes = load_recipe("hetionet").files[0]
    assert (sha256(path), path.stat().st_size) == (nodes.sha256, nodes.size)


def test_the_wheel_takes_the_recipes_along() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
    included = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert included["ontologies/recipes"] == "kgpaths/ontologies/recipes"


def faulty(tmp_path: Path, *files: dict[str, Any], **more: Any) -> str:
    with pytest.raises(InputError) as caught:
        load_recipe(recipe_of(tmp_path, *files, **more))
    return str(caught.value).removeprefix(f"{tmp_path / 'recipe.yaml'}, ")


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"url": "file:///etc/passwd"}, "field files.0.url: must begin with https:// or http://"),
        ({"url": "ftp://example.org/a"}, "field files.0.url: must begin with"),
        ({"url": "https:///a"}, "field files.0.url: must name a host"),
        ({"url": "https://me:secret@example.org/a"}, "field files.0.url: must name a host, without user name"),
        ({"url": "https://example.org/a b"}, "field files.0.url: must be an address without spaces"),
        ({"url": "https://example.org/a\r\nHost: evil"}, "field files.0.url: must be an address without spaces"),
        ({"url": "https://example.org:port/a"}, "field files.0.url: port"),
        ({"path": "../a"}, "field files.0.path: must be a relative path"),
        ({"path": "/etc/passwd"}, "field files.0.path: must be a relative path"),
        ({"path": "a/../../b"}, "field files.0.path: must be a relative path"),
        ({"path": ".bashrc"}, "field files.0.path: must be a relative path"),
        ({"path": "a\\b"}, "field files.0.path: must be a relative path"),
        ({"path": "Fetched.JSON"}, "field files.0.path: is a name that fetching uses itself"),
        ({"path": "a.part"}, "field files.0.path: is a name that fetching uses itself"),
        ({"path": "a.BAD"}, "field files.0.path: is a name that fetching uses itself"),
        ({"size": -1}, "field files.0.size"),
        ({"sha256": "abc"}, "field files.0.sha256"),
        ({"sha256": "A" * 64}, "field files.0.sha256"),
        ({"md5": "x" * 32}, "field files.0.md5"),
        ({"sha1": "abc"}, "field files.0.sha1: extra inputs are not permitted"),
        ({"unpack": {"format": "rar"}}, "field files.0.unpack.format"),
        ({"unpack": "zip"}, "field files.0.unpack"),
    ],
)
def test_a_faulty_file_is_named_by_its_field(tmp_path: Path, change: dict[str, Any], text: str) -> None:
    assert text in faulty(tmp_path, {**FILE, **change})


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"name": "No Name"}, "field name"),
        ({"release": date(2026, 1, 1)}, "field release: input should be a valid string (got '2026-01-01') (put it in quotation marks)"),
        ({"licence": ""}, "field licence: must be printable text"),
        ({"title": "red \x1b[31m"}, "field title: must be printable text"),
        ({"licence_url": "gopher://x"}, "field licence_url: must begin with"),
        ({"citation": None}, "field citation"),
        ({"files": []}, "field files"),
        ({"files": {"url": "x"}}, "field files"),
        ({"colour": "red"}, "field colour: extra inputs are not permitted"),
        ({"source": {"type": {"nested": 1}}}, "field source.type"),
        ({"files": [FILE, {**FILE, "path": "A.tsv"}]}, "two files meet at 'A.tsv'"),
        ({"files": [FILE, {**FILE, "path": "a.tsv/b"}]}, "two files meet at 'a.tsv/b'"),
    ],
)
def test_a_faulty_recipe_is_named_by_its_field(tmp_path: Path, change: dict[str, Any], text: str) -> None:
    assert text in faulty(tmp_path, FILE, **change)


@pytest.mark.parametrize("field", ["licence", "citation", "homepage", "release", "title", "name", "files", "licence_url"])
def test_nothing_a_user_must_know_may_be_left_out(tmp_path: Path, field: str) -> None:
    path = recipe_of(tmp_path, FILE)
    loaded = yaml.safe_load(path.read_text())
    del loaded[field]
    path.write_text(yaml.safe_dump(loaded))
    with pytest.raises(InputError, match=f"field {field}: field required"):
        load_recipe(path)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"name: [", "is not YAML"),
        (b"a: b\nc: d: e\n", "row 2: is not YAML"),
        (b"\xff\xfe", "is not YAML"),
        (b"- a\n- b\n", "is not a mapping"),
        (b"", "is not a mapping"),
        (b"a: !!python/object/apply:os.system ['true']\n", "is not YAML"),
        (b"[" * 100_000, "is not YAML"),
        (b"#" * (LARGEST_RECIPE + 1), "is too large"),
    ],
)
def test_what_is_no_recipe_at_all(tmp_path: Path, content: bytes, text: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(content)
    with pytest.raises(InputError, match=text) as caught:
        load_recipe(path)
    assert str(path) in str(caught.value)


def test_an_unknown_name_is_met_with_the_nearest() -> None:
    with pytest.raises(InputError, match=r"no recipe has the name 'hetonet' \(did you mean hetionet"):
        load_recipe("hetonet")
    with pytest.raises(InputError, match="there are chebi, doid"):
        load_recipe("umls")
    with pytest.raises(InputError, match=r"nowhere\.yaml: cannot be read: No such file"):
        load_recipe("nowhere.yaml")
