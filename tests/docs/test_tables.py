"""What the pages state is what the code does: fields, keys, codes, checks, numbers, sizes, and links between pages."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from kgpaths import model
from kgpaths.config import RunConfig
from kgpaths.graph.store import Graph
from kgpaths.model import Noun
from kgpaths.pipeline import run
from kgpaths.search import contradict, explain, score, support
from kgpaths.search.intent import INTENTS
from kgpaths.validate import CHECKS
from kgpaths.vocabulary import PREDICATES
from tests.docs.codes import rejection_codes
from tests.docs.pages import DOCS, LINKED, ROOT, anchors, links, make_tables
from tests.small import small_graph, write_questions

TABLE = re.compile(r"<!-- table: noun:(\w+) -->\n(.*?)<!-- end -->", re.S)
NOUNS = {name: noun for name, noun in inspect.getmembers(model, inspect.isclass) if issubclass(noun, Noun) and noun is not Noun}


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def section(text: str, heading: str) -> str:
    """Return what stands under a heading, up to the next of its level or above."""
    level = heading.split()[0]
    return re.split(rf"^#{{1,{len(level)}}} ", text.split(f"\n{heading}\n", 1)[1], maxsplit=1, flags=re.M)[0]


def first_cells(text: str) -> list[str]:
    """Return what stands in backquotes in the first column of a section's tables, in order."""
    return re.findall(r"^\| `([^`]+)`", text, re.M)


def test_the_schema_names_every_field_of_every_noun_with_its_meaning() -> None:
    stated = {name: re.findall(r"^\| `(\w+)` \|.*\| ([^|]*) \|$", rows, re.M) for name, rows in TABLE.findall(page("schema.md"))}
    assert {name: [field for field, _ in rows] for name, rows in stated.items()} == {n: list(m.model_fields) for n, m in NOUNS.items()}
    for name, rows in stated.items():
        for field, meaning in rows:
            assert len(meaning.strip()) > 5, f"docs/schema.md does not say what {name}.{field} means"


@pytest.mark.parametrize("name", make_tables().PAGES)
def test_tables_are_what_the_code_and_the_files_say(name: str, embedded: Graph) -> None:
    """Where this fails: ``python docs/make_tables.py``."""
    assert make_tables().refreshed(page(name), embedded.manifest) == page(name)


def test_a_new_field_is_noticed_and_meanings_are_kept(embedded: Graph) -> None:
    text = page("schema.md")
    row = next(line for line in text.splitlines(keepends=True) if line.startswith("| `difficulty` |"))
    damaged = text.replace(row, "").replace("| `rank` | whole number |", "| `rank` | text |")
    again = make_tables().refreshed(damaged, embedded.manifest)
    assert "| `rank` | whole number | must be given | place of the right option" in again
    assert "| `difficulty` | text | must be given |  |" in again


def test_every_code_a_rejection_can_carry_is_explained_and_no_other() -> None:
    stated = first_cells(section(page("howto.md"), "## Rejection codes"))
    assert len(stated) == len(set(stated))
    assert sorted(stated) == sorted(rejection_codes())


def test_the_codes_found_are_those_that_tests_have_met() -> None:
    assert {"read.not_json", "link.no_finding", "search.no_path", "validate.form.markup", "validate.citation.polarity"} <= rejection_codes()


def test_every_check_is_described_in_order() -> None:
    assert first_cells(section(page("design.md"), "## What the validator checks")) == list(CHECKS)


def test_the_terms_of_a_score_are_named() -> None:
    stated = section(page("design.md"), "### A path")
    assert re.findall(r"^\| (\w+) \|", stated, re.M)[1:] == list(score.PARTS)


@pytest.mark.parametrize(
    ("said", "held"),
    [
        ("{} (ln d_s + ln d_o)", score.WEIGHTS.damping),
        ("d^{} · informativeness", score.WEIGHTS.damping),
        ("f from {} to 1", score.WEIGHTS.least_frequency),
        ("{} where unknown", score.WEIGHTS.unknown_frequency),
        ("{} up or", score.WEIGHTS.up),
        ("or {} down", score.WEIGHTS.down),
        ("{:.0f} (1 − IC(parent))", score.WEIGHTS.generality),
        ("{} for an exact", score.MAPPING_COST["exact_match"]),
        ("{} for a close one", score.MAPPING_COST["close_match"]),
        ("0 for a first-line treatment to {}", max(score.PREDICATE_COST.values())),
        ("{} where another finding is a kind of it", support.IMPLIED),
        ("{} for a test, a substance or a body part", support.VAGUE),
        ("∏ (1 − {} weight)", explain.UNEXPLAINED),
        ("edge on something the patient has {}", contradict.NOT_EDGE),
        ("a contraindication the patient has {}", contradict.CONTRAINDICATED),
        ("remedy worsens {}", contradict.EXACERBATED),
        ("of frequency f ≥ {}", contradict.OFTEN),
        ("lacks 1 − {} f", contradict.ABSENT),
        ("of unknown frequency {}", 1 - contradict.ABSENT_UNKNOWN),
    ],
)
def test_the_numbers_of_the_formulas_are_the_codes(said: str, held: float) -> None:
    assert said.format(held) in " ".join(page("design.md").split())


def test_what_is_said_of_the_numbers_is_so() -> None:
    assert score.PREDICATE_COST["first_line_treatment_for"] == min(score.PREDICATE_COST.values()) == 0
    assert max(score.PREDICATE_COST, key=score.PREDICATE_COST.__getitem__) == "has_clinical_modifier"
    assert support.VAGUE == support.SETTING == support.FAMILY
    assert score.UNIT == 10**6 and explain.EVIDENCE_HOPS == 3
    assert {name for name, p in PREDICATES.items() if p.polarity == "opposes"} == {"contraindicated_in", "exacerbates_condition"}
    assert {name for name, intent in INTENTS.items() if intent.family} == {"inheritance"}


def test_a_manifest_has_the_keys_the_schema_states(tmp_path: Path) -> None:
    graph = small_graph(tmp_path)
    config = RunConfig(questions=str(write_questions(tmp_path / "q.jsonl")), graph=str(graph.path), out=str(tmp_path / "run"))
    made = run(config)
    text = page("schema.md")
    assert first_cells(section(text, "## manifest.json")) == list(made.manifest)
    files = {name for row in re.findall(r"^\| (`[^|]+) \|", text.split("\n## ")[0], re.M) for name in re.findall(r"`([^`]+)`", row)}
    assert {path.name for path in made.path.iterdir()} | {"journal.jsonl"} == files


@pytest.mark.parametrize("source", LINKED, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_resolve(source: Path) -> None:
    texts = links(source)
    if source.suffix == ".ipynb":
        cells = json.loads(source.read_text(encoding="utf-8"))["cells"]
        texts = [target for cell in cells for target in re.findall(r"\]\(([^)\s]+)\)", "".join(cell["source"]))]
    for target in texts:
        parts = urlsplit(target)
        if parts.scheme in ("http", "https"):
            continue
        assert not parts.scheme, f"{source.name}: {target}"
        file = (source.parent / parts.path).resolve() if parts.path else source
        assert file.exists(), f"{source.name} links to {target}, which is not there"
        assert not parts.fragment or parts.fragment in anchors(file), f"{source.name} links to {target}, a heading that is not there"
