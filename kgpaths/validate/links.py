"""Links: what the row says of the question stands there, and each link's alias is a name of its concept."""

from __future__ import annotations

from collections.abc import Iterator

from kgpaths.model import Flaw
from kgpaths.validate.context import Case, flaw
from kgpaths.validate.naming import normal


def check(case: Case) -> Iterator[Flaw]:
    """Yield links whose words, offsets or concept are not what they claim."""
    for link in case.draft.links:
        mention = link.mention
        source = case.source_text(mention.where)
        if source is None or source[mention.start : mention.end] != mention.text:
            yield flaw("links", "text_differs", f"{mention.text!r} does not stand at {mention.where}[{mention.start}:{mention.end}]")
        if link.curie not in case.graph:
            yield flaw("links", "concept_missing", f"{link.curie} is not in the graph")
        elif normal(link.alias) not in case.namer.aliases(link.curie):
            yield flaw("links", "alias_unknown", f"{link.alias!r} is no name of {link.curie}")
