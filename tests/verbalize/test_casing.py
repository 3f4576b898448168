"""Capitals in mid-sentence: headings lose theirs, proper names keep them."""

import pytest

from kgpaths.verbalize.casing import Casing

TEXTS = [
    *(
        "Hyperkalemia",
        "Transient hyperkalemia",
        "Familial Zellweger spectrum disorder",
        "Abnormality of the liver",
        "Liver abscess",
        "Kaposi sarcoma",
    ),
    *("WOLFF SYNDROME", "Wolf Disease Of The Title", "Severe metabolic acidosis"),
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hyperkalemia", "hyperkalemia"),
        ("Wilson disease", "Wilson disease"),
        ("Kaposi sarcoma", "Kaposi sarcoma"),
        ("Zellweger disorder", "Zellweger disorder"),  # large in mid-phrase elsewhere
        ("Danlosson syndrome", "Danlosson syndrome"),  # an unknown word before "syndrome"
        ("Liver disease", "liver disease"),  # small in mid-phrase elsewhere
        ("Metabolic syndrome", "metabolic syndrome"),  # a common ending before "syndrome"
        ("Down syndrome", "Down syndrome"),
        ("Down-slanted eyes", "down-slanted eyes"),
        ("HIV infection", "HIV infection"),
        ("IgA nephropathy", "IgA nephropathy"),
        ("X-linked inheritance", "X-linked inheritance"),
        ("Crohn's disease", "Crohn's disease"),
        ("Guillain-Barré syndrome", "Guillain-Barré syndrome"),
        ("Iron Deficiency Anemia", "iron deficiency anemia"),
        ("HEMORRHAGIC FEVER", "hemorrhagic fever"),
        ("C3 deficiency", "C3 deficiency"),
        ("pH below normal", "pH below normal"),
    ],
)
def test_mid_sentence(text: str, expected: str) -> None:
    assert Casing(TEXTS).mid_sentence(text) == expected


def test_organisms_and_genes_stay_as_they_are() -> None:
    casing = Casing(TEXTS)
    assert casing.mid_sentence("Streptococcus pneumoniae", "Bacterium") == "Streptococcus pneumoniae"
    assert casing.mid_sentence("DMD", "Gene") == "DMD"
