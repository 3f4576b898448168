"""Where configuration comes from: flag before environment before file before default."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from kgpaths.config import RunConfig
from kgpaths.errors import ConfigError, InputError
from kgpaths.resolve import RESERVED, commented, flatten, keys, resolve


def test_every_layer_goes_before_the_next(tmp_path: Path) -> None:
    file = tmp_path / "run.yaml"
    file.write_text("limit: 1\nsearch:\n  max_hops: 2\nvalidate:\n  margin: 0.1\nwrite:\n  seed: 9\n", encoding="utf-8")
    environ = {"KGPATHS_LIMIT": "2", "KGPATHS_SEARCH__MAX_HOPS": "3", "KGPATHS_HOME": "/ignored", "PATH": "/bin"}
    got = resolve(file=file, environ=environ, settings=("limit=3",), flags={"limit": 4, "graph": None})
    values = {key: (value, origin) for key, value, origin in got.lines()}
    assert values["limit"] == (4, "flag --limit")
    assert values["search.max_hops"] == (3, "environment KGPATHS_SEARCH__MAX_HOPS")
    assert values["validate.margin"] == (0.1, f"file {file}")
    assert values["graph"] == ("embedded", "default")
    assert got.config.write.seed == 9


def test_folders_and_what_tests_need_are_no_keys() -> None:
    assert {"KGPATHS_REQUIRE_LLAMA", "KGPATHS_LLAMA_PYTHON"} <= set(RESERVED)
    assert resolve(environ=dict.fromkeys(RESERVED, "1")) == resolve(environ={})


def test_set_goes_before_environment() -> None:
    assert resolve(environ={"KGPATHS_LIMIT": "2"}, settings=("limit=3",)).config.limit == 3


@pytest.mark.parametrize(
    ("settings", "environ", "message"),
    [
        (("search.maxhops=3",), {}, "flag --set search.maxhops: unknown key 'search.maxhops' (did you mean search.max_hops?)"),
        (("nonsense",), {}, "flag --set: 'nonsense' is not key=value (for example --set search.max_hops=3)"),
        (("search.max_hops=many",), {}, "flag --set search.max_hops: search.max_hops: input should be a valid integer"),
        (("search.max_hops=99",), {}, "less than or equal to 8"),
        ((), {"KGPATHS_SERCH__MAX_HOPS": "3"}, "environment KGPATHS_SERCH__MAX_HOPS: unknown key"),
    ],
)
def test_what_is_wrong_is_named_with_its_origin(settings: tuple[str, ...], environ: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError) as error:
        resolve(settings=settings, environ=environ)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("serach:\n  max_hops: 3\n", "unknown key 'serach.max_hops' (did you mean search.max_hops?)"),
        ("search: [1, 2]\n", "unknown key 'search'"),
        ("a: b: c\n", "row 1: is not YAML"),
        ("- a\n- b\n", "is not a mapping"),
    ],
)
def test_a_bad_file_is_one_clear_error(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "run.yaml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises((ConfigError, InputError)) as error:
        resolve(file=file)
    assert str(file) in str(error.value)
    assert message in str(error.value)


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        resolve(file=tmp_path / "none.yaml")


def test_what_init_writes_is_the_default_configuration(tmp_path: Path) -> None:
    file = tmp_path / "run.yaml"
    file.write_text(commented(RunConfig()), encoding="utf-8")
    assert resolve(file=file).config == RunConfig()
    for description in keys().values():
        assert f"# {description}" in file.read_text(encoding="utf-8")


def test_the_resolved_configuration_round_trips_through_its_file(tmp_path: Path) -> None:
    config = resolve(settings=("search.max_hops=6", "questions='a: b.jsonl'", "ids=null")).config
    file = tmp_path / "run.yaml"
    file.write_text(commented(config), encoding="utf-8")
    assert resolve(file=file).config == config
    assert yaml.safe_load(file.read_text(encoding="utf-8"))["questions"] == "a: b.jsonl"


def test_every_key_has_a_description_and_a_value() -> None:
    assert set(keys()) == set(flatten(RunConfig()))
    assert all(keys().values())
