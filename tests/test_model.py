"""What a noun knows of itself: identities, frozenness, chains."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from kgpaths.model import Evidence, Frequency, Hop, content_hash, edge_id
from tests.nouns import draft, edge, example, qualified


def test_edge_id_is_the_statement_and_nothing_else() -> None:
    a, b = qualified()
    assert edge_id("X:a", "treats", "X:b", False) == "13b787e58e828c2a61cc"
    assert edge_id("X:a", "treats", "X:b", False, (a, b)) == edge_id("X:a", "treats", "X:b", False, (b, a))
    ids = {
        edge_id("X:a", "treats", "X:b", False),
        edge_id("X:b", "treats", "X:a", False),
        edge_id("X:a", "treats", "X:b", True),
        edge_id("X:a", "treats", "X:b", False, (a,)),
    }
    assert len(ids) == 4


def test_content_hash_leaves_out_release_date_and_licence_and_order() -> None:
    one, two = Evidence(source="a", release="2024", date="x", licence="y"), Evidence(source="b")
    again = Evidence(source="a", release="2026")
    assert content_hash("id", None, (one, two)) == content_hash("id", None, (two, again))
    assert content_hash("id", None, (one,)) != content_hash("id", None, (one, two))
    assert content_hash("id", Frequency(n=1, m=2), (one,)) != content_hash("id", Frequency(n=1, m=3), (one,))


def test_nouns_are_frozen_and_closed() -> None:
    with pytest.raises(ValidationError):
        edge("X:a", "treats", "X:b").subject = "X:c"  # type: ignore[misc]
    with pytest.raises(ValidationError):
        Evidence(source="a", colour="red")  # type: ignore[call-arg]
    assert hash(draft()) == hash(draft())


def test_a_hop_walks_an_edge_without_flipping_it() -> None:
    stored = edge("X:ida", "has_phenotype", "X:pallor")
    assert (Hop(edge=stored).source, Hop(edge=stored).target) == ("X:ida", "X:pallor")
    back = Hop(edge=stored, inverted=True)
    assert (back.source, back.target, back.edge.subject) == ("X:pallor", "X:ida", "X:ida")
    assert draft().supports[0].paths[0].concepts == ("X:koilonychia", "X:ida")


def test_an_example_shows_its_steps_and_path_in_a_notebook() -> None:
    html = example()._repr_html_()
    assert "<svg" in html
    assert "Koilonychia is recorded for iron deficiency anemia." in html
    assert "has phenotype" in html
