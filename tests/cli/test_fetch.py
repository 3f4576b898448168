"""``kgpaths kg fetch`` as a user meets it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kgpaths.cli.fetch import fetch
from kgpaths.errors import InputError
from kgpaths.fetch import FetchError
from kgpaths.graph.recipe import read_recipe
from tests.fetch.server import Site, publishing, recipe_of, sha256

BODY = b"id\tname\n" * 1000


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with publishing() as found:
        yield found


def ran(*arguments: str | Path) -> Result:
    return CliRunner().invoke(fetch, [str(argument) for argument in arguments])


def test_the_licence_is_shown_and_an_unknown_checksum_told(site: Site, tmp_path: Path) -> None:
    site.page("a.tsv", BODY)
    recipe = recipe_of(tmp_path, {"url": f"{site.url}/a.tsv", "path": "a.tsv"}, licence="CC-BY-4.0, and more", note="a remark")
    done = ran(recipe, "--out", tmp_path / "out", "-q")
    assert done.exit_code == 0, done.output
    for text in ("CC-BY-4.0, and more", "Nobody. Nothing. 2024.", "a remark", "size unknown", "(first use)", "the publisher's checksum is unknown"):
        assert text in done.output
    assert done.output.index("CC-BY-4.0") < done.output.index("fetched")
    assert f"8,000 bytes  sha256 {sha256(BODY)[:16]}" in done.output
    assert "already there" in ran(recipe, "--out", tmp_path / "out").output


def test_a_stated_checksum_is_named(site: Site, tmp_path: Path) -> None:
    site.page("a.tsv", BODY)
    recipe = recipe_of(tmp_path, {"url": f"{site.url}/a.tsv", "path": "a.tsv", "sha256": sha256(BODY), "size": len(BODY)})
    done = ran(recipe, "--out", tmp_path / "out")
    assert "(the publisher's sha256)" in done.output and "unknown" not in done.output


def test_the_next_command_is_shown_as_it_can_be_pasted(site: Site, tmp_path: Path) -> None:
    site.page("a.tsv", BODY)
    file, out = {"url": f"{site.url}/a.tsv", "path": "a.tsv"}, tmp_path / "two words"
    done = ran(recipe_of(tmp_path, file, source={"type": "kgx", "path": "a.tsv", "exact": ["HP", "MONDO"], "quoted": True}), "--out", out)
    assert f"kgpaths kg build --source 'kgx={out}/a.tsv' -o 'exact=[HP, MONDO]' -o quoted=true --out graphs/test-graph" in done.output
    assert "kg build" not in ran(recipe_of(tmp_path, file), "--out", out).output
    whole = ran(recipe_of(tmp_path, file, source={"type": "hetionet"}), "--out", out).output
    assert f"--source 'hetionet={out}' --out" in whole


def test_of_mappings_the_entry_of_a_recipe_is_shown_as_no_graph_can_be_made_of_them(site: Site, tmp_path: Path) -> None:
    site.page("a.sssom.tsv", b"subject_id\tpredicate_id\tobject_id\nMONDO:1\tskos:exactMatch\tDOID:1\n")
    file = {"url": f"{site.url}/a.sssom.tsv", "path": "a.sssom.tsv"}
    done = ran(recipe_of(tmp_path, file, source={"type": "sssom", "path": "a.sssom.tsv"}), "--out", tmp_path / "two words")
    assert "kg build" not in done.output
    shown = done.output[done.output.index("mappings:") :]
    written = tmp_path / "graph.yaml"
    written.write_text("sources:\n- type: core\n" + textwrap.dedent(f"            {shown}"), encoding="utf-8")
    recipe = read_recipe(written)
    assert [source.type for source in recipe.sources] == ["core", "sssom"]
    assert recipe.sources[1].read().xrefs.height == 1


def test_the_default_folder_lies_in_the_cache(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KGPATHS_HOME", str(tmp_path / "home"))
    site.page("a.tsv", BODY)
    assert ran(recipe_of(tmp_path, {"url": f"{site.url}/a.tsv", "path": "a.tsv"})).exit_code == 0
    assert (tmp_path / "home" / "downloads" / "test-graph" / "a.tsv").read_bytes() == BODY


def test_the_list_names_size_and_licence_and_fetches_nothing() -> None:
    done = ran("--list")
    assert done.exit_code == 0
    lines = done.output.splitlines()
    row = next(number for number, line in enumerate(lines) if line.startswith("hetionet "))
    assert "14.9 MB" in lines[row] and "DrugBank" in lines[row + 1]
    assert "981.8 MB" in done.output


def test_faults(site: Site, tmp_path: Path) -> None:
    assert ran().exit_code == 2 and "--list" in ran().output
    assert isinstance(ran("hetonet").exception, InputError)
    assert isinstance(ran(recipe_of(tmp_path, {"url": f"{site.url}/gone", "path": "a.tsv"}), "--out", tmp_path / "out").exception, FetchError)
