"""The pages of the Browser's guide: short, each with queries that a click puts into the editor.

The Browser takes each ``slide`` as a page and makes a ``pre.runnable`` clickable; what is typed into an input with ``value-for``
appears wherever on the page ``value-key`` bears the same name. It strips scripts, and anything that looks like ``onclick=`` even within text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape

from kgpaths.neo4j.queries import ASKED, GIVEN, SAVED, Saved

TITLE = "kgpaths"
CODE = "font-size: 12px; line-height: 1.35; margin: 10px 0; white-space: pre-wrap"
ROW = "display: flex; align-items: center; margin: 4px 0"
BOX = "flex: 1; color: inherit; background: transparent; border: 1px solid #888; border-radius: 3px; padding: 2px 6px"


@dataclass(frozen=True)
class Page:
    """A page: what it says, HTML of ours, and the names of the queries below."""

    title: str
    text: str
    queries: tuple[str, ...]


PAGES = (
    Page(
        "Look at graphs and paths",
        "Click a query: it goes into the editor above, where ▶ runs it. What a query asks for can be typed into the fields over it; "
        "left empty, it takes the first; a <code>'</code> is written <code>\\'</code> there. Double-click a node of a picture to see what "
        "else is at it.<br>Here are the runs that <code>kgpaths neo4j push</code> stored, the questions of a run, and the graphs of "
        "<code>kgpaths neo4j load</code>.",
        ("runs", "questions", "graphs"),
    ),
    Page(
        "The paths of a question",
        "From the concepts a question mentions, hop by hop, to those its options name. A thick arrow (<code>HOP</code>) goes the way one "
        "reads; its caption is the predicate, and where it bears <code>inverted: true</code> the edge itself points the other way.",
        ("paths", "chains", "steps"),
    ),
    Page(
        "The real edges beside a path",
        "Each hop with the edge of the graph it walks: its direction, whether it is negated, how often, from which sources and "
        "publications. Click a thin arrow to read them.",
        ("real-edges",),
    ),
    Page(
        "Options compared",
        "How strongly the graph speaks for each option, and from which findings its paths start.",
        ("options", "options-drawn"),
    ),
    Page(
        "Rejected examples by reason",
        "Why questions fell out, and what the checks found, also in accepted ones.",
        ("reasons", "rejected", "checks"),
    ),
    Page(
        "Hubs",
        "The concepts that most paths of a run pass through. One with very many edges connects everything with everything: "
        "paths through it say little. What was pushed is not counted among its edges.",
        ("hubs", "hubs-drawn"),
    ),
    Page(
        "Edges whose evidence is weakest",
        "Of the edges that steps cite: first those without a publication, then those of a single source, then the rarest.",
        ("weakest",),
    ),
    Page(
        "What changed between two runs",
        "Questions whose outcome, reason or paths differ, and the paths that only one of the two runs has, each hanging at its run.",
        ("two-runs", "two-runs-drawn"),
    ),
    Page(
        "What changed between two graphs",
        "Two graphs, or two releases loaded under different names (<code>kgpaths neo4j load --name</code>), side by side. "
        "To see what is new instead of what is gone, let the two names change places.",
        ("two-graphs", "edges-gone", "edges-changed", "concepts-changed"),
    ),
    Page(
        "Find a concept",
        "By any words of its name or synonyms; the characters that a full-text search takes for syntax are harmless here. "
        "What a graph says of it are the edges of a load; what was pushed is not among them.",
        ("find", "neighbours"),
    ),
)


def guide() -> str:
    """Return the guide as HTML."""
    slides = "\n".join(f"<slide>{slide(page)}</slide>" for page in PAGES)
    return f'<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{TITLE}</title></head>\n<body>\n{slides}\n</body>\n</html>\n'


def slide(page: Page) -> str:
    """Return a page as HTML: a field for each thing its queries ask, typed once for all of them, and the texts to click."""
    queries = [SAVED[name] for name in page.queries]
    fields = "".join(map(field, dict.fromkeys(name for saved in queries for name in saved.asks)))
    texts = "\n".join(map(query, queries))
    return f'\n<div style="padding: 0 14px">\n<h3>{escape(page.title)}</h3>\n<p>{page.text}</p>\n{fields}{texts}\n</div>\n'


def query(saved: Saved) -> str:
    """Return a saved query as HTML, its parameters as literals that follow the fields."""
    text = re.sub(r"\$([a-z]+)", lambda found: shown(found[1]), escape(saved.cypher, quote=False))
    return f'<pre class="code runnable" id="{saved.name}" style="{CODE}">{text}</pre>'


def field(name: str) -> str:
    """Return an input for something that queries ask."""
    told = f'value="{escape(GIVEN.get(name, ""))}" placeholder="{escape(ASKED[name])}" title="{escape(ASKED[name])}"'
    return f'<p style="{ROW}"><label style="flex: 0 0 70px">{name}</label><input type="text" value-for="{name}" {told} style="{BOX}"></p>\n'


def shown(name: str) -> str:
    """Return the literal in a query that follows an input."""
    return f"'<span value-key=\"{name}\">{escape(GIVEN.get(name, ''))}</span>'"
