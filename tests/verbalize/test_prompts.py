"""Prompt files: ours are in order, a user's go first, and whatever is wrong with one is told by file and name."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from kgpaths.errors import ConfigError
from kgpaths.verbalize.llm import LLMWriter
from kgpaths.verbalize.prompts import Prompts, hash_of, prompts_folder, read

STYLES = ("tutor", "concise", "differential", "think")
AIDS = ("mentions", "links", "paths", "attempt", "answer", "judge")


def written(folder: Path, name: str, text: str = "Say {{this}}.", front: str = "version: 1\nvariables: [this]") -> Path:
    """Write a prompt file and return its path."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.md"
    path.write_text(f"---\nname: {name}\n{front}\n---\n{text}\n", encoding="utf-8")
    return path


def test_ours_are_read_with_name_version_and_variables() -> None:
    found = {path.stem: read(path) for path in prompts_folder().glob("*.md")}
    assert set(found) == {"write", "case", "refine", *STYLES, *AIDS}
    assert all(prompt.version >= 1 and prompt.text for prompt in found.values())
    assert found["write"].variables == {"style"}
    assert found["refine"].variables == {"draft", "findings"}
    assert found["case"].variables == {"question", "options", "patient", "records", "lines", "answer"}
    assert found["write"].schema["required"] == ["steps", "conclusion"] and not found["tutor"].schema


@pytest.mark.parametrize("path", sorted(prompts_folder().glob("*.md")), ids=lambda path: path.stem)
def test_none_of_ours_tells_the_model_to_pretend(path: Path) -> None:
    text = path.read_text(encoding="utf-8").lower()
    assert not [word for word in ("pretend", "as an ai", "imagine", "act as", "you are an expert", "role-play") if word in text]


def test_a_value_is_set_as_it_is() -> None:
    prompt = Prompts().get("refine", ["draft", "findings"])
    filled = prompt.fill(draft="1 finding: {{findings}} {{draft}}", findings="- {{draft}} \\1 {x} %s")
    assert "\n1 finding: {{findings}} {{draft}}\n" in filled and "\n- {{draft}} \\1 {x} %s\n" in filled


def test_a_missing_variable_and_an_unknown_one_are_told_by_file_and_name(tmp_path: Path) -> None:
    path = written(tmp_path, "one")
    prompt = read(path)
    assert prompt.fill(this="that") == "Say that."
    with pytest.raises(ConfigError, match=r"one\.md: prompt variable 'this' is missing"):
        prompt.fill()
    with pytest.raises(ConfigError, match=r"one\.md: prompt variable 'other' is unknown"):
        prompt.fill(this="that", other="x")


@pytest.mark.parametrize(
    ("text", "front", "told"),
    [
        ("Say {{this}} and {{that}}.", "version: 1\nvariables: [this]", "prompt variable 'that' is unknown"),
        ("Say it.", "version: 1\nvariables: [this]", "prompt variable 'this' is missing"),
        ("Say it.", "version: one", "its version is 'one'"),
        ("Say it.", "version: true", "its version is True"),
        ("Say it.", "version: 1\nauthor: me", "unknown key 'author'"),
        ("Say it.", "version: 1\nvariables: this", "its variables are no list of names"),
        ("Say it.", "version: 1\nschema: steps", "its schema is no JSON schema"),
        ("Say it.", "version: [1", "the front matter is no YAML"),
    ],
)
def test_what_is_wrong_with_a_file_is_told(tmp_path: Path, text: str, front: str, told: str) -> None:
    path = written(tmp_path, "one", text, front)
    with pytest.raises(ConfigError) as error:
        read(path)
    assert str(error.value).startswith(f"{path}: {told}") and "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"Say it.", "has no front matter"),
        (b"---\nname: two\nversion: 1\n---\nSay it.", "its name is 'two'"),
        (b"---\n- 1\n---\nSay it.", "the front matter has no keys"),
        (b"---\nname: \xff\n---\n", "cannot be read: is not UTF-8"),
    ],
)
def test_what_is_no_prompt_is_told(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "one.md"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as error:
        read(path)
    assert str(error.value).startswith(f"{path}: {told}")


def test_a_users_prompt_goes_first_and_the_others_stay_ours(tmp_path: Path) -> None:
    written(tmp_path, "tutor", "Style: as our faculty teaches.", "version: 7")
    writer, ours = LLMWriter("m", prompts=Prompts(str(tmp_path))), LLMWriter("m")
    assert "as our faculty teaches" in writer.system and "as our faculty teaches" not in ours.system
    assert writer.system.partition("Style:")[0] == ours.system.partition("Style:")[0]
    assert writer.prompt_hash != ours.prompt_hash
    assert LLMWriter("m", "concise", Prompts(str(tmp_path))).prompt_hash == LLMWriter("m", "concise").prompt_hash


def test_a_users_prompt_with_other_variables_is_refused(tmp_path: Path) -> None:
    written(tmp_path, "case", "{{question}} {{age}}", "version: 1\nvariables: [question, age]")
    with pytest.raises(ConfigError, match=r"case\.md: prompt variable 'age' is unknown"):
        LLMWriter("m", prompts=Prompts(str(tmp_path)))
    written(tmp_path, "case", "{{question}}", "version: 1\nvariables: [question]")
    with pytest.raises(ConfigError, match=r"case\.md: prompt variable 'answer' is missing"):
        LLMWriter("m", prompts=Prompts(str(tmp_path)))


def test_a_schema_that_has_no_place_for_the_options_is_refused(tmp_path: Path) -> None:
    written(tmp_path, "write", "{{style}}", "version: 1\nvariables: [style]\nschema: {type: object}")
    with pytest.raises(ConfigError, match=r"write\.md: its schema lacks"):
        LLMWriter("m", prompts=Prompts(str(tmp_path)))


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nowhere: is no folder"):
        Prompts(str(tmp_path / "nowhere"))


@pytest.mark.parametrize("name", ["write", "case", "refine", "tutor"])
def test_the_hash_changes_with_any_change_of_any_file(tmp_path: Path, name: str) -> None:
    content = (prompts_folder() / f"{name}.md").read_text(encoding="utf-8")
    path = tmp_path / f"{name}.md"
    hashes = []
    version = read(prompts_folder() / f"{name}.md").version
    for changed in (content, content + "\n", content.replace(f"version: {version}", f"version: {version + 1}")):
        path.write_text(changed, encoding="utf-8")
        hashes.append(LLMWriter("m", prompts=Prompts(str(tmp_path))).prompt_hash)
    assert hashes[0] == LLMWriter("m").prompt_hash and len(set(hashes)) == 3


def test_the_hash_tells_which_file_said_what(tmp_path: Path) -> None:
    one, two = (read(written(tmp_path, name, "Say it.", "version: 1")) for name in ("one", "two"))
    assert hash_of((one, two)) == hash_of((two, one)) != hash_of((one, one))


def test_the_wheel_takes_the_prompts_along() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]["prompts"] == "kgpaths/prompts"
