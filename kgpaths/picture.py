"""Draw the paths of a draft as one SVG: findings to the left, the option to the right. Pure text, no I/O."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import NamedTuple

from kgpaths.model import Draft, Path
from kgpaths.vocabulary import predicate_of

COLUMN, ROW, BOX, HEIGHT, CHARACTERS = 350, 56, 210, 34, 30
STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#1b1f24}.r{font-size:10.5px;fill:#57606a;paint-order:stroke;stroke:#fff;stroke-width:3px}"
    "rect{fill:#f6f8fa;stroke:#8c959f;rx:6}.f{fill:#ddf4ff;stroke:#0969da}.g{fill:#dafbe1;stroke:#1a7f37}"
    "path{fill:none;stroke:#57606a;stroke-width:1.3;marker-end:url(#a)}"
)


class Node(NamedTuple):
    """A concept's place in the picture: column from the left, row from the top."""

    column: int
    row: int


def draw(draft: Draft) -> str:
    """Return an SVG of the paths to the concluded option, each arrow in the edge's stored direction."""
    paths = next((support.paths for support in draft.supports if support.option == draft.conclusion), ())
    words = {concept.curie: concept.name for concept in draft.concepts}
    places = layout(paths)
    width = (max((place.column for place in places.values()), default=0)) * COLUMN + BOX + 20
    height = (max((place.row for place in places.values()), default=0) + 1) * ROW + 10
    edges = {hop.edge.id: hop.edge for path in paths for hop in path.hops}
    starts, ends = {path.start for path in paths}, {path.end for path in paths}
    parts = [arrow(places[e.subject], places[e.object], e.predicate) for e in edges.values()]
    for curie, place in places.items():
        style = "g" if curie in ends else "f" if curie in starts else ""
        parts.append(box(place, words.get(curie, curie), style))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">'
        f"<title>{escape(draft.question.id)}: paths from findings to the conclusion</title><style>{STYLE}</style>"
        '<defs><marker id="a" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0,0L8,4L0,8z" '
        'style="fill:#57606a;stroke:none;marker-end:none"/></marker></defs>' + "".join(parts) + "</svg>"
    )


def layout(paths: Iterable[Path]) -> dict[str, Node]:
    """Place each concept in a column by its farthest distance to an end, so that no arrow runs behind a box."""
    distance: dict[str, int] = {}
    for path in paths:
        for number, curie in enumerate(reversed(path.concepts)):
            distance[curie] = max(distance.get(curie, 0), number)
    last = max(distance.values(), default=0)
    rows: dict[int, int] = {}
    places: dict[str, Node] = {}
    for curie, hops in distance.items():
        column = last - hops
        places[curie] = Node(column, rows.get(column, 0))
        rows[column] = rows.get(column, 0) + 1
    return places


def corner(place: Node) -> tuple[int, int]:
    """Return the upper left corner of a box."""
    return 10 + place.column * COLUMN, 10 + place.row * ROW


def box(place: Node, words: str, style: str) -> str:
    x, y = corner(place)
    short = words if len(words) <= CHARACTERS else words[: CHARACTERS - 1] + "…"
    return (
        f'<g><title>{escape(words)}</title><rect class="{style}" x="{x}" y="{y}" width="{BOX}" height="{HEIGHT}"/>'
        f'<text x="{x + BOX / 2}" y="{y + 21}" text-anchor="middle">{escape(short)}</text></g>'
    )


def arrow(source: Node, target: Node, predicate: str) -> str:
    """Return an arrow from subject to object with the relation's words at its middle."""
    (x1, y1), (x2, y2) = corner(source), corner(target)
    reads = predicate_of(predicate).reads
    if source.column == target.column:
        ax, ay, bx, by = x1 + BOX // 2, y1 + (HEIGHT if y2 > y1 else 0), x2 + BOX // 2, y2 + (0 if y2 > y1 else HEIGHT)
    elif source.column < target.column:
        ax, ay, bx, by = x1 + BOX, y1 + HEIGHT // 2, x2, y2 + HEIGHT // 2
    else:
        ax, ay, bx, by = x1, y1 + HEIGHT // 2, x2 + BOX, y2 + HEIGHT // 2
    return (
        f'<path d="M{ax:.0f},{ay:.0f} L{bx:.0f},{by:.0f}"/>'
        f'<text class="r" x="{(ax + bx) / 2:.0f}" y="{(ay + by) / 2 - 4:.0f}" text-anchor="middle">{escape(reads)}</text>'
    )
