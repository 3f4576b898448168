"""Questions against small real graphs: what is linked, as what, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgpaths.config import LinkSettings
from kgpaths.graph import Graph
from kgpaths.graph.verify import verify
from kgpaths.link import Linker
from kgpaths.link.abbreviations import SKIPPED
from kgpaths.model import LinkedQuestion, Option, Question, Rejection
from tests.graphs import Thing, graph_of, line

DRUGS = ("Aspirin", "Allopurinol", "Colchicine", "Probenecid", "Warfarin")


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    return graph_of(
        tmp_path_factory.mktemp("link"),
        line("gout", "has_phenotype", "joint pain"),
        line("gout", "has_phenotype", "fever"),
        line("allopurinol", "treats", "gout"),
        line("hypertension", "has_phenotype", "headache"),
        line("deep vein thrombosis", "has_complication", "pulmonary embolism"),
        nodes={
            "gout": Thing("Disease", synonyms=("gouty arthritis",)),
            "fever": Thing("PhenotypicFeature", synonyms=("pyrexia", "high temperature")),
            "joint pain": Thing("PhenotypicFeature", synonyms=("Arthralgia",)),
            "asthma trait": Thing("PhenotypicFeature", synonyms=("asthma",), id="HP:1"),
            "asthma disease": Thing("Disease", synonyms=("asthma",), id="OMIM:1"),
            "asthma code": Thing("InformationContentEntity", synonyms=("asthma",), id="ICD10CM:J45"),
            "Tietze code": Thing("InformationContentEntity", synonyms=("Tietze syndrome",), id="ICD10CM:M94"),
            "mild": "ClinicalModifier",
            "syndrome": "Disease",
            "lead": "ChemicalEntity",
            "potassium": "ChemicalEntity",
            "xanthine oxidase": "Protein",
            "aspirin": "Drug",
            "colchicine": "Drug",
            "probenecid": "Drug",
            "warfarin": "Drug",
            "autosomal recessive inheritance": Thing("GeneticInheritance", synonyms=("autosomal recessive",)),
            "KIT": "Gene",
            "WAS": "Gene",
            "MI one": Thing("Disease", synonyms=("SDX",)),
            "MI two": Thing("Disease", synonyms=("SDX",)),
            "kidney": "AnatomicalEntity",
            "chest radiography": "DiagnosticAid",
        },
    )


@pytest.fixture(scope="module")
def linker(graph: Graph) -> Linker:
    return Linker(graph, LinkSettings())


def ask(text: str, options: tuple[str, ...] = DRUGS, answer: str = "A", context: str = "") -> Question:
    listed = tuple(Option(key="ABCDEFGH"[i], text=option) for i, option in enumerate(options))
    return Question(id="q", dataset="test", text=text, context=context, options=listed, answer_keys=(answer,))


def linked(linker: Linker, question: Question) -> LinkedQuestion:
    result = linker.link(question)
    assert isinstance(result, LinkedQuestion), result
    return result


def text_links(linker: Linker, text: str) -> list[tuple[str, str, str]]:
    """Return mention, concept name and assertion of each link of a text, "He has gout." added so that it is not refused."""
    question = ask(f"He has gout. {text}")
    links = [link for link in linked(linker, question).links if not link.mention.where.startswith("option:")]
    return [(link.mention.text, link.curie, link.mention.assertion) for link in links[1:]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("There is joint pain but no pyrexia.", [("joint pain", "X:joint-pain", "present"), ("pyrexia", "X:fever", "absent")]),
        ("High temperatures and arthralgias.", [("High temperatures", "X:fever", "present"), ("arthralgias", "X:joint-pain", "present")]),
        ("He has asthma.", [("asthma", "HP:1", "present")]),  # a phenotype before a disease before a code
        ("A mild syndrome of the kidney on chest radiography.", []),  # modifier, generic word, anatomy, test
        ("Potassium is 6.8 mEq/L.", []),  # a measured analyte is no finding
        ("Limb leads show a block.", []),
        ("She was given a KIT; it was fine.", [("KIT", "X:kit", "present")]),
        ("WAS IT A KIT-like tumor?", [("KIT", "X:kit", "present")]),
        ("SDX was found.", []),  # an abbreviation of two things
        ("Tietze syndrome.", []),  # a code is no finding
        ("He had a DVT.", [("DVT", "X:deep-vein-thrombosis", "present")]),
        ("HTN and PE.", [("HTN", "X:hypertension", "present"), ("PE", "X:pulmonary-embolism", "present")]),
        ("He is healthy. Which of the following is the most likely diagnosis?", []),
    ],
)
def test_text(linker: Linker, text: str, expected: list[tuple[str, str, str]]) -> None:
    assert text_links(linker, text) == expected


def test_unlinked_mentions_are_kept(linker: Linker) -> None:
    result = linked(linker, ask("He has gout. Potassium is 6.8 mEq/L, SDX and BP are low. There is no family history of fever."))
    assert [m.text for m in result.unlinked] == ["Potassium", "SDX", "BP", "fever"]
    assert [link.curie for link in result.findings()] == ["X:gout"]


def test_method_score_and_alias_say_how_it_was_linked(linker: Linker) -> None:
    links = linked(linker, ask("He has gouty arthritis and HTN.")).links[:2]
    assert [(link.method, link.score, link.alias) for link in links] == [
        ("dictionary", 0.95, "gouty arthritis"),
        ("abbreviation", 1.0, "hypertension"),
    ]


def test_offsets_index_the_original_text(linker: Linker) -> None:
    text = "  Gout\u00a0with\tPYREXIA\u0301 …\r\nand  joint-pain.\x00"
    for link in linked(linker, ask(text, context="Earlier: gouty  arthritis.")).links:
        where = {"text": text, "context": "Earlier: gouty  arthritis."}.get(link.mention.where)
        where = where if where is not None else DRUGS["ABCDE".index(link.mention.where[-1])]
        assert where[link.mention.start : link.mention.end] == link.mention.text
    assert [f.curie for f in linked(linker, ask(text)).findings()] == ["X:gout", "X:fever", "X:joint-pain"]


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ("Allopurinol", [("Allopurinol", "X:allopurinol", 1.0)]),
        ("Oral colchicine therapy", [("colchicine", "X:colchicine", 1.0)]),
        ("Inhibition of xanthine oxidase", [("xanthine oxidase", "X:xanthine-oxidase", 0.5)]),
        ("Autosomal recessive (rare)", [("Autosomal recessive", "X:autosomal-recessive-inheritance", 0.95)]),
        ("Lead", [("Lead", "X:lead", 1.0)]),  # stopped inside a text, not as the whole of an option
        ("Tietze syndrome", [("Tietze syndrome", "ICD10CM:M94", 0.95)]),
        ("Chest radiography", [("Chest radiography", "X:chest-radiography", 1.0)]),
        ("Aspirin and warfarin", [("Aspirin", "X:aspirin", 0.3333), ("warfarin", "X:warfarin", 0.3333)]),
        ("Kidney cancer", []),  # names no kidney
        ("Kidney", [("Kidney", "X:kidney", 1.0)]),
        ("Opening of a potassium channel", []),
        ("Decreased serum potassium", []),
        ("Long-standing fever of a quite unknown and unnamed origin", []),  # names too little of it
        ("Something else", []),
        ("", []),
        ("(?)", []),
    ],
)
def test_options(linker: Linker, option: str, expected: list[tuple[str, str, float]]) -> None:
    result = linked(linker, ask("He has gout.", ("Aspirin", option)))
    assert [(link.mention.text, link.curie, link.score) for link in result.links if link.mention.where == "option:B"] == expected


def test_options_lean_on_the_lead_in_and_on_one_another(linker: Linker) -> None:
    options = ("Asthma", "Gout", "Hypertension")
    diagnosis = linked(linker, ask("Fever. Which of the following is the most likely diagnosis?", options))
    finding = linked(linker, ask("He has gout. Which of the following findings is most likely?", ("Asthma", "Fever", "Joint pain")))
    assert diagnosis.option_curies("A") == ("OMIM:1",)
    assert finding.option_curies("A") == ("HP:1",)


@pytest.mark.parametrize(
    ("question", "code"),
    [
        (Question(id="q", dataset="test", text="He has gout."), "no_options"),
        (ask("He feels well."), "no_finding"),
        (ask("He has no fever."), "no_finding"),
        (ask("His mother has gout."), "no_finding"),
        (ask("He has gout.", ("Unheard-of drug", "Aspirin")), "answer_not_linked"),
    ],
)
def test_rejections(linker: Linker, question: Question, code: str) -> None:
    result = linker.link(question)
    assert isinstance(result, Rejection)
    assert (result.stage, result.code, result.question_id, result.question) == ("link", code, "q", question)


def test_one_linked_gold_option_of_several_is_enough(linker: Linker) -> None:
    question = ask("He has gout.", ("Unheard-of drug", "Aspirin")).model_copy(update={"answer_keys": ("A", "B")})
    assert isinstance(linker.link(question), LinkedQuestion)


def test_facts(linker: Linker) -> None:
    result = linked(linker, ask("A 3-month-old girl has gout; her mother is 30 years old."))
    assert [(f.kind, f.value, f.unit, f.text) for f in result.facts] == [("age", "3", "month", "3-month-old"), ("sex", "female", "", "girl")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A 45yo man", [("age", "45"), ("sex", "male")]),
        ("A woman aged 71 years", [("sex", "female"), ("age", "71")]),
        ("He is well. His knee hurts.", [("sex", "male")]),
        ("She brought him in.", []),  # nobody says whose the sex is
        ("Nothing.", []),
    ],
)
def test_age_and_sex(linker: Linker, text: str, expected: list[tuple[str, str]]) -> None:
    assert [(f.kind, f.value) for f in linked(linker, ask(f"{text} Gout.")).facts] == expected


@pytest.mark.parametrize(
    "text",
    ["", "\x00\x01\ufffd\u202egout\u202c", "<b>gout</b> &amp; fever", "痛風 gout подагра", "(" * 5000, "no " * 5000, "ag" * 500_000, "a\ud800b"],
    ids=["empty", "control", "html", "scripts", "brackets", "no", "one word", "lone surrogate"],
)
def test_odd_input_never_crashes(linker: Linker, text: str) -> None:
    assert isinstance(linker.link(ask(text)), LinkedQuestion | Rejection)


def test_a_megabyte_without_a_stop(linker: Linker) -> None:
    result = linked(linker, ask("gout without fever, joint pain and " * 30_000))
    assert len([link for link in result.links if link.mention.where == "text"]) == 90_000


def test_the_index_is_built_once(graph: Graph, linker: Linker) -> None:
    folders = sorted((graph.path / "derived").glob("aliases-*"))
    before = (folders[0] / "hashes.npy").stat().st_mtime_ns
    Linker(graph, LinkSettings())
    assert len(folders) == 1
    assert (folders[0] / "hashes.npy").stat().st_mtime_ns == before


def test_a_damaged_index_is_told_and_built_again(graph: Graph, linker: Linker) -> None:
    (folder,) = (graph.path / "derived").glob("aliases-*")
    expected = linker.link(ask("gout without fever"))
    for name in ("letters.npy", "concept.npy", "files.json"):
        file = folder / name
        file.write_bytes(file.read_bytes()[:-5])
        assert any(f"derived/{folder.name}/" in problem for problem in verify(graph.path))
        assert Linker(graph, LinkSettings()).link(ask("gout without fever")) == expected
        assert verify(graph.path) == []
    turned = (folder / "concept.npy").read_bytes()
    (folder / "concept.npy").write_bytes(turned[:-4] + bytes(reversed(turned[-4:])))
    assert any("concept.npy" in problem for problem in verify(graph.path))
    (folder / "concept.npy").write_bytes(turned)


def test_linking_is_deterministic(graph: Graph, linker: Linker) -> None:
    question = ask("He has gouty arthritis, asthma and HTN without fever.")
    assert Linker(graph, LinkSettings()).link(question) == linker.link(question)


def test_abbreviations_defined_in_the_text(linker: Linker) -> None:
    pytest.importorskip("scispacy", reason="pip install scispacy (Python < 3.13)")
    question = ask("He has xanthine oxidase (XO) and gout. XO was high.")
    links = [link for link in linked(linker, question).links if link.mention.text == "XO"]
    assert [(link.curie, link.method, link.alias) for link in links] == [("X:xanthine-oxidase", "abbreviation", "xanthine oxidase")] * 2
    assert linker.skipped == ()


def test_without_scispacy_the_table_still_works_and_it_is_said(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kgpaths.link.abbreviations._is_installed", lambda module: False)
    bare = Linker(graph, LinkSettings())
    result = linked(bare, ask("He has xanthine oxidase (XO) and HTN. XO was high."))
    assert [link.mention.text for link in result.links if link.mention.where == "text"] == ["xanthine oxidase", "HTN"]
    assert bare.skipped == (SKIPPED,)


def test_generic_hpo_terms_are_no_findings(tmp_path: Path) -> None:
    small = graph_of(
        tmp_path,
        line("Abnormality of the eye", "subclass_of", "Phenotypic abnormality"),
        line("Cataract", "subclass_of", "Abnormality of the eye"),
        nodes={
            "Phenotypic abnormality": Thing("PhenotypicFeature", id="HP:0000118"),
            "Abnormality of the eye": Thing("PhenotypicFeature", id="HP:0000478"),
            "Cataract": Thing("PhenotypicFeature", id="HP:0000518"),
        },
    )
    question = ask("Phenotypic abnormality: abnormality of the eye, cataract.", ("Cataract",))
    assert [link.curie for link in linked(Linker(small, LinkSettings()), question).findings()] == ["HP:0000518"]
