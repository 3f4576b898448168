"""Headings of catalogues in speaking order."""

import pytest

from kgpaths.verbalize.labels import readable


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("Anemia, iron deficiency", "iron deficiency anemia"),
        ("Acute pericarditis, unspecified", "Acute pericarditis"),
        ("Cardiomyopathy, dilated, 1A", "dilated cardiomyopathy 1A"),
        ("Deafness, autosomal recessive 12", "autosomal recessive deafness 12"),
        ("Anemia, with hypotonia", "Anemia with hypotonia"),
        ("Neuroblastoma, susceptibility to", "susceptibility to Neuroblastoma"),
        ("Alzheimer disease, familial", "familial Alzheimer disease"),
        ("Asthma NOS", "Asthma"),
        ("Fever [pyrexia] (finding)", "Fever"),
        ("Wilson disease; WND", "Wilson disease"),
        ("Seizures, spasticity, and agenesis", "Seizures, spasticity, and agenesis"),
        ("Diabetes mellitus, type 2", "Diabetes mellitus type 2"),
        ("Iron deficiency anemia", "Iron deficiency anemia"),
    ],
)
def test_readable(label: str, expected: str) -> None:
    assert readable(label) == expected
