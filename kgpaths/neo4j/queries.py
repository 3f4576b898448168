"""The saved queries: what each asks of the user, how it is filled in, and how words become a full-text search.

Their texts are ``cypher_saved.SAVED_…``. As a parameter's value needs no quoting, programs run ``Saved.cypher`` with parameters; for the
Browser's editor, which has none, ``filled`` writes the values into the text as literals that cannot end early.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from kgpaths.neo4j import cypher_saved
from kgpaths.neo4j.cypher import LOOK

ASKED = {
    "run": "a run's id, or name (of several the first by id); empty: the first by name",
    "question": "a question's id; empty: the first, or all",
    "option": "an option's key; empty: all, or the right one",
    "rank": "a path's rank; empty: the best",
    "code": "a reason's code; empty: all",
    "check": "a check's name; empty: all",
    "before": "a run's id, or name (of several the first by id); empty: the first by name",
    "after": "a run's id, or name (of several the first by id); empty: the second by name",
    "old": "a graph's name; empty: the first by name",
    "new": "a graph's name; empty: the last by name",
    "concept": "a concept's name or CURIE; empty: any",
    "words": "words of a name or synonym",
    "graph": "a graph's name; empty: all",
}
"""What a saved query may ask of the user, in few words."""

GIVEN = {"words": "hyperkalemia"}
"""What stands there at first, where empty would find nothing."""

SPECIAL = r'\+-!():^[]"{}~*?|&/'
"""Characters that mean something to Lucene's query parser. Its words AND, OR and NOT do so in capitals only."""


@dataclass(frozen=True)
class Saved:
    """A saved query. ``name`` is its name in addresses and files."""

    name: str
    cypher: str

    @cached_property
    def title(self) -> str:
        """The query's first line without the comment's sign."""
        return self.cypher.splitlines()[0].removeprefix("// ")

    @cached_property
    def asks(self) -> tuple[str, ...]:
        """The parameters, in order."""
        return tuple(dict.fromkeys(re.findall(r"\$([a-z]+)", self.cypher)))

    def values(self, **given: str) -> dict[str, str]:
        """Return a value for each parameter, what is not given as it stands at first. Raises KeyError for one that is not asked."""
        if unasked := given.keys() - set(self.asks):
            raise KeyError(f"{self.name} does not ask for {', '.join(sorted(unasked))}")
        return {name: given.get(name, GIVEN.get(name, "")) for name in self.asks}

    def filled(self, **given: str) -> str:
        """Return the query with values written into it, to be pasted into the Browser or put into a link to it."""
        values = self.values(**given)
        return re.sub(r"\$([a-z]+)", lambda found: literal(values[found[1]]), self.cypher)


def literal(value: str) -> str:
    r"""Return a text as a literal of Cypher that stands for exactly it, and holds nothing that the Browser cuts a link at.

    What could end the literal, begin an escape or leave its line is escaped; ``\u0027`` in a value stays six characters, as within
    a literal a doubled backslash goes first (in names it does not).
    """
    return "'" + "".join(UNSAFE.get(c) or (c if c.isprintable() or ord(c) > 0xFFFF else code(c)) for c in value) + "'"


def code(character: str) -> str:
    """Return a character by its number."""
    return rf"\u{ord(character):04X}"


UNSAFE = {c: code(c) for c in "&#"} | {"\\": r"\\", "'": r"\'", "\n": r"\n", "\r": r"\r", "\t": r"\t"}


def look(graph: str) -> str:
    """Return the query that a user may begin with, as a line to be pasted into the Browser."""
    return LOOK.replace("$graph", literal(graph))


def lucene(text: str) -> str:
    r"""Return words as a full-text query that looks for just these, in any order; empty or blank finds nothing.

    Every character that Lucene's parser would take for syntax is escaped, and the letters are small, as in the index: AND, OR, NOT are
    words then.
    """
    return re.sub(f"([{re.escape(SPECIAL)}])", r"\\\1", text.lower()) if text.strip() else '""'


SAVED = {
    saved.name: saved
    for saved in (
        Saved(name.removeprefix("SAVED_").lower().replace("_", "-"), text) for name, text in vars(cypher_saved).items() if name.startswith("SAVED_")
    )
}
"""The saved queries by name."""
