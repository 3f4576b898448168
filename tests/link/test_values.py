"""Measured values as findings: which are read, by whose limits, and which are left alone."""

import pytest

from kgpaths.graph.store import Graph
from kgpaths.link.facts import facts
from kgpaths.link.values import analytes, values
from kgpaths.model import Fact, LinkedQuestion, Option, Question

HYPERKALEMIA, HYPOKALEMIA, ANEMIA, FEVER = "HP:0002153", "HP:0002900", "HP:0001903", "HP:0001945"


def known(age: str = "40", sex: str = "male", unit: str = "year") -> list[Fact]:
    return [Fact(kind=kind, value=value, unit=unit, where="text", start=0, end=1, text="x") for kind, value in (("age", age), ("sex", sex)) if value]


def read(text: str, *, age: str = "40", sex: str = "male", unit: str = "year") -> list[tuple[str, str]]:
    return [(text[v.start : v.end], v.finding) for v in values(text, known(age, sex, unit))]


@pytest.mark.parametrize(
    ("text", "words", "finding"),
    [
        ("Serum potassium is 6.8 mEq/L.", "Serum potassium is 6.8 mEq/L", HYPERKALEMIA),
        ("Labs: K+ 2.9 mmol/L, glucose 90 mg/dL", "K+ 2.9 mmol/L", HYPOKALEMIA),
        ("Temperature is 39.4 °C (103 °F)", "Temperature is 39.4 °C", FEVER),
        ("Temperature 103.1°F", "Temperature 103.1°F", FEVER),
        ("Temp 39.4 C, HR 110/min", "Temp 39.4 C", FEVER),
        ("BP is 130/98 mm Hg", "BP is 130/98 mm Hg", "HP:0032263"),
        ("BP is 82/50 mm Hg", "BP is 82/50 mm Hg", "HP:0002615"),
        ("Platelet count is 14,000/mm3", "Platelet count is 14,000/mm3", "HP:0001873"),
        ("TSH is less than 0.01 mU/L", "TSH is less than 0.01 mU/L", "HP:0031098"),
        ("creatinine has risen from 0.8 to 1.7 mg/dL", "creatinine has risen from 0.8 to 1.7 mg/dL", "HP:0003259"),
        ("an absolute neutrophil count of 150/mm³", "absolute neutrophil count of 150/mm³", "HP:0001875"),
        ("renin activity is 0.5 ng/mL/h (N 0.6-4.3)", "renin activity is 0.5 ng/mL/h", "HP:0003351"),
        ("Urine sodium is 20 mEq/L and serum sodium is 120 mEq/L", "serum sodium is 120 mEq/L", "HP:0002902"),
    ],
)
def test_an_abnormal_value_is_its_finding(text: str, words: str, finding: str) -> None:
    assert read(text)[0] == (words, finding)


@pytest.mark.parametrize(
    "text",
    [
        "Potassium is 4.1 mEq/L.",
        "Potassium is 6.8.",  # no unit
        "He takes potassium, 40 mEq, daily",
        "Urine potassium is 60 mEq/L",
        "CSF glucose is 20 mg/dL",
        "A leukocyte count of 50,000/mm3 in the synovial fluid",
        "Sweat chloride is 80 mEq/L",
        "The mean corpuscular hemoglobin concentration is 34 g/dL",
        "Hemoglobin A1c is 9.1%",
        "Ionized calcium is 1.1 mmol/L",
        "The fetal heart rate is 150/min",
        "Room temperature is 39°C",
        "platelet count 14 x10^3/µL",  # another unit than the table's
        "PTH-related protein is 100 pg/mL",
        "TSH is <5 mU/L",  # may be anything below
        "glucose is >40 mg/dL",
        "Fasting glucose is 98 mg/dL (normal 70-100)",
        "diastolic blood pressure is 80 mm Hg",
    ],
)
def test_what_is_normal_or_something_else_is_no_finding(text: str) -> None:
    assert read(text) == []


def test_age_sex_and_pregnancy_choose_the_limits() -> None:
    text = "Hemoglobin is 11.8 g/dL"
    assert read(text, sex="male") == [(text, ANEMIA)]
    assert read(text, sex="female") == []
    assert read(text, sex="female", age="60") == [(text, ANEMIA)]
    assert read(text, age="8") == []
    assert read("pulse is 130/min", age="2") == []  # normal at two
    assert read("Serum potassium is 6.8 mEq/L", age="3", unit="month") == []  # no limits for infants
    assert read(text, age="", sex="male") == []  # a limit that depends on age says nothing without it
    assert read("Temperature is 39.0°C", age="", sex="") == [("Temperature is 39.0°C", FEVER)]
    assert read("Leukocyte count is 12,500/mm3") != []
    assert read("A pregnant woman. Leukocyte count is 12,500/mm3", sex="female") == []


def test_a_stated_range_goes_before_the_table() -> None:
    assert read("Serum sodium is 137 mEq/L (N 138-145)") == [("Serum sodium is 137 mEq/L", "HP:0002902")]
    assert read("Serum C3 is 85 mg/dL (normal 90-180)") == [("Serum C3 is 85 mg/dL", "HP:0005421")]
    assert read("ALT is 60 U/L (normal <70)") == []


def test_every_row_has_a_finding_of_the_graph_and_limits_in_order(embedded: Graph) -> None:
    seen = set()
    for analyte in analytes():
        for limits in analyte.limits:
            assert limits.low is None or limits.high is None or limits.low < limits.high, analyte.name
            for value, finding in ((limits.low, limits.below), (limits.high, limits.above)):
                assert (value is None) == (finding == ""), analyte.name
                if finding:
                    assert embedded.category(embedded.index(finding)) == "PhenotypicFeature", analyte.name
                    seen.add(finding)
    assert len(seen) > 60


def test_a_long_text_is_read_in_linear_time() -> None:
    assert values("potassium " * 20_000 + "is 6.8 mEq/L", known())[-1].finding == HYPERKALEMIA


def test_values_are_linked_like_findings(embedded: Graph) -> None:
    from kgpaths.config import LinkSettings
    from kgpaths.link.linker import Linker

    text = (
        "A 50-year-old man has weakness. Serum potassium is 6.8 mEq/L and creatinine is 1.0 mg/dL. Which of the following is the most likely cause?"
    )
    asked = Question(
        id="q", dataset="t", text=text, options=(Option(key="A", text="Lisinopril"), Option(key="B", text="Albuterol")), answer_keys=("A",)
    )
    linked = Linker(embedded, LinkSettings()).link(asked)
    assert isinstance(linked, LinkedQuestion)
    link = next(link for link in linked.links if link.curie == HYPERKALEMIA)
    assert (link.method, link.alias, link.mention.text) == ("value", "Hyperkalemia", "Serum potassium is 6.8 mEq/L")
    assert link.mention.assertion == "present" and facts(text)[0].value == "50"
