"""The graphs and questions whose drafts the tests read in full."""

from __future__ import annotations

from pathlib import Path as Folder

from kgpaths.graph.store import Graph
from kgpaths.model import LinkedQuestion, OptionSupport
from tests.graphs import graph_of, line
from tests.verbalize.cases import Said, hop, linked, path, question, support, whole

HP = "has_phenotype"
Made = tuple[Graph, LinkedQuestion, tuple[OptionSupport, ...]]


def anemia(tmp: Folder) -> Made:
    """Return a diagnosis with counts, a NOT edge, a finding the patient lacks, an absence and an unlinked option."""
    ida, thal, aplastic, wilson = "iron deficiency anemia", "beta thalassemia", "aplastic anemia", "Wilson disease"
    graph = graph_of(
        tmp,
        line(ida, HP, "Fatigue", frequency=(0.8, 0.99)),
        line(ida, HP, "Pallor", frequency=(8, 10)),
        line(ida, HP, "Koilonychia", frequency=(1, 1)),
        line(thal, HP, "Fatigue"),
        line(thal, HP, "Pallor"),
        line(thal, HP, "Koilonychia", negated=True),
        line(aplastic, HP, "Petechiae", frequency=(0.3, 0.79)),
        line(aplastic, HP, "Fatigue"),
        line(wilson, HP, "Fatigue"),
        nodes={"Petechiae": "PhenotypicFeature"},
    )
    asked = question(
        "A 34-year-old woman has fatigue and pallor. Her nails are spoon-shaped. There are no petechiae. "
        "Which of the following is the most likely diagnosis?",
        {"A": "Beta thalassemia", "B": "Aplastic anemia", "C": "Iron deficiency anemia", "D": "Wilson disease", "E": "Magic disease"},
        "C",
    )
    case = linked(
        asked,
        Said("fatigue", "Fatigue"),
        Said("pallor", "Pallor"),
        Said("spoon-shaped", "Koilonychia"),
        Said("petechiae", "Petechiae", "absent"),
        *(whole("A", "Beta thalassemia"), whole("B", "Aplastic anemia"), whole("C", "Iron deficiency anemia"), whole("D", "Wilson disease")),
        age="34-year-old",
        sex="woman",
    )
    supports = (
        support(
            "A",
            thal,
            paths=tuple(path(graph, (thal, HP, f, "back")) for f in ("Fatigue", "Pallor")),
            contradicted=(hop(graph, thal, HP, "Koilonychia"),),
        ),
        support("B", aplastic, paths=(path(graph, (aplastic, HP, "Fatigue", "back")),), contradicted=(hop(graph, aplastic, HP, "Petechiae"),)),
        support("C", ida, score=0.9, paths=tuple(path(graph, (ida, HP, f, "back")) for f in ("Fatigue", "Pallor", "Koilonychia"))),
        support("D", wilson, paths=(path(graph, (wilson, HP, "Fatigue", "back")),)),
        support("E", score=0.0),
    )
    return graph, case, supports


def pneumonia(tmp: Folder) -> Made:
    """Return a treatment reached over two hops and an is_a hop, with a lesser treatment, a class's contraindication and a condition."""
    ill, first = "bacterial pneumonia", "first_line_treatment_for"
    graph = graph_of(
        tmp,
        line(ill, HP, "Abnormal breathing", frequency=(0.8, 0.99)),
        line("Tachypnea", "subclass_of", "Abnormal breathing"),
        line(ill, HP, "Fever"),
        line("amoxicillin", first, ill, population_context_qualifier="children"),
        line("azithromycin", "treats", ill),
        line("aspirin", "subclass_of", "salicylates"),
        line("salicylates", "contraindicated_in", "Fever"),
        line("ibuprofen", "contraindicated_in", "Fever"),
        nodes={"Fever": "PhenotypicFeature", "oseltamivir": "Drug"},
    )
    asked = question(
        "A 3-year-old boy has fever. Respirations are 52/min. Which of the following is the most appropriate initial antimicrobial therapy?",
        {"A": "Oral amoxicillin", "B": "Azithromycin", "C": "Oseltamivir", "D": "Aspirin", "E": "Ibuprofen"},
        "A",
        "treatment",
    )
    case = linked(
        asked,
        Said("fever", "Fever"),
        Said("Respirations are 52/min", "Tachypnea"),
        Said("amoxicillin", "amoxicillin", where="option:A"),
        *(whole("B", "Azithromycin"), whole("C", "Oseltamivir"), whole("D", "Aspirin"), whole("E", "Ibuprofen")),
        age="3-year-old",
        sex="boy",
    )
    treated = ("amoxicillin", first, ill, "back")
    supports = (
        support(
            "A",
            "amoxicillin",
            score=0.9,
            paths=(
                path(graph, (ill, HP, "Fever", "back"), treated),
                path(graph, ("Tachypnea", "subclass_of", "Abnormal breathing"), (ill, HP, "Abnormal breathing", "back"), treated),
            ),
        ),
        support("B", "azithromycin"),
        support("C", "oseltamivir"),
        support("D", "aspirin", contradicted=(hop(graph, "salicylates", "contraindicated_in", "Fever"),)),
        support("E", "ibuprofen", contradicted=(hop(graph, "ibuprofen", "contraindicated_in", "Fever"),)),
    )
    return graph, case, supports


def lisinopril(tmp: Folder) -> Made:
    """Return a mechanism: what a drug does to its target."""
    inhibits = {"object_aspect_qualifier": "activity", "object_direction_qualifier": "decreased", "causal_mechanism_qualifier": "inhibition"}
    ace, receptor = "angiotensin-converting enzyme", "angiotensin II receptor"
    graph = graph_of(
        tmp, line("lisinopril", "affects", ace, **inhibits), nodes={"lisinopril": "Drug", ace: "Protein", receptor: "Protein", "renin": "Protein"}
    )
    asked = question(
        "A man is started on lisinopril. Which of the following best describes the mechanism of action of this drug?",
        {"A": "Inhibition of angiotensin-converting enzyme", "B": "Blockade of the angiotensin II receptor", "C": "Inhibition of renin"},
        "A",
        "mechanism",
    )
    case = linked(
        asked,
        Said("lisinopril", "lisinopril"),
        *(Said(words, words, where=f"option:{key}") for key, words in (("A", ace), ("B", receptor), ("C", "renin"))),
    )
    supports = (support("A", ace, score=0.9, paths=(path(graph, ("lisinopril", "affects", ace)),)), support("B", receptor), support("C", "renin"))
    return graph, case, supports


def contraindicated(tmp: Folder) -> Made:
    """Return a question that asks for a contraindication, where an opposing edge is what supports."""
    bulimia = "bulimia nervosa"
    graph = graph_of(
        tmp, line("bupropion", "contraindicated_in", bulimia), line("fluoxetine", "treats", bulimia), nodes={bulimia: "Disease", "sertraline": "Drug"}
    )
    asked = question(
        "A woman has bulimia nervosa. Which of the following drugs is contraindicated in this patient?",
        {"A": "Bupropion", "B": "Fluoxetine", "C": "Sertraline"},
        "A",
        "contraindication",
    )
    case = linked(asked, Said(bulimia, bulimia), whole("A", "Bupropion"), whole("B", "Fluoxetine"), whole("C", "Sertraline"))
    paths = (path(graph, ("bupropion", "contraindicated_in", bulimia, "back")),)
    return graph, case, (support("A", "bupropion", score=0.9, paths=paths), support("B", "fluoxetine"), support("C", "sertraline"))


def inherited(tmp: Folder) -> Made:
    """Return an inheritance question with a finding that is broader than the one recorded, and a small count."""
    ill, mode, other = "Duchenne muscular dystrophy", "X-linked recessive inheritance", "Autosomal recessive inheritance"
    graph = graph_of(
        tmp,
        line(ill, HP, "Frequent falls", frequency=(3, 40)),
        line(ill, HP, "Calf hypertrophy", frequency=(0.8, 0.99)),
        line("Calf hypertrophy", "subclass_of", "Muscle hypertrophy"),
        line(ill, "has_mode_of_inheritance", mode),
        nodes={other: "GeneticInheritance", ill: "Disease"},
    )
    asked = question(
        "A boy has frequent falls and muscle hypertrophy. Which of the following is the most likely mode of inheritance of this boy's condition?",
        {"A": "Autosomal recessive", "B": "X-linked recessive"},
        "B",
        "inheritance",
    )
    case = linked(
        asked,
        Said("frequent falls", "Frequent falls"),
        Said("muscle hypertrophy", "Muscle hypertrophy"),
        whole("A", "Autosomal recessive", other),
        whole("B", "X-linked recessive", mode),
    )
    last = (ill, "has_mode_of_inheritance", mode)
    paths = (
        path(graph, (ill, HP, "Frequent falls", "back"), last),
        path(graph, ("Calf hypertrophy", "subclass_of", "Muscle hypertrophy", "back"), (ill, HP, "Calf hypertrophy", "back"), last),
    )
    return graph, case, (support("A", other), support("B", mode, score=0.9, paths=paths))


ALL = {made.__name__: made for made in (anemia, pneumonia, lisinopril, contraindicated, inherited)}
