"""Mentions that several concepts of the graph are names for: what there is to choose from, and what becomes of a choice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kgpaths.model import Link, LinkedQuestion, Mention

AROUND = 120  # characters of the text on either side of a mention that are shown


@dataclass(frozen=True)
class Doubt:
    """A mention with the links it may have, likeliest first; ``chosen`` is the linker's choice, empty where it made none."""

    mention: Mention
    choices: tuple[Link, ...]
    chosen: str = ""
    around: str = ""


def around(text: str, mention: Mention) -> str:
    """Return the words about a mention."""
    begin, end = max(0, mention.start - AROUND), min(len(text), mention.end + AROUND)
    return f"{'… ' if begin else ''}{text[begin:end].strip()}{' …' if end < len(text) else ''}"


def decided(linked: LinkedQuestion, doubts: Sequence[Doubt], choices: Mapping[int, int]) -> LinkedQuestion:
    """Return the question with the chosen links: mention and candidate by number from 1, 0 for none, which leaves the mention unlinked."""
    links = {(link.mention.where, link.mention.start, link.mention.end): link for link in linked.links}
    unlinked = list(linked.unlinked)
    for number, choice in choices.items():
        doubt = doubts[number - 1]
        place = (doubt.mention.where, doubt.mention.start, doubt.mention.end)
        if choice:
            links[place] = doubt.choices[choice - 1]
            unlinked = [mention for mention in unlinked if (mention.where, mention.start, mention.end) != place]
        elif links.pop(place, None) is not None:
            unlinked.append(doubt.mention)
    return linked.model_copy(update={"links": in_order(links.values(), linked), "unlinked": tuple(unlinked)})


def in_order(links: Iterable[Link], linked: LinkedQuestion) -> tuple[Link, ...]:
    """Return links as the linker has them: of the context, of the text, of each option."""
    places = ["context", "text", *(f"option:{option.key}" for option in linked.question.options)]
    return tuple(sorted(links, key=lambda link: (places.index(link.mention.where), link.mention.start)))
