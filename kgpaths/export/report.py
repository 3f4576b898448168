"""The run's report: one self-contained HTML file that opens from disk."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from kgpaths.model import Draft, Example, Rejection
from kgpaths.picture import draw
from kgpaths.records import replacing

SHOWN_EXAMPLES, SHOWN_PER_CODE = 12, 3
STYLE = """
:root{color-scheme:light dark;--line:#d0d7de;--soft:#57606a;--good:#1a7f37;--bad:#cf222e}
@media (prefers-color-scheme:dark){:root{--line:#3d444d;--soft:#9198a1;--good:#3fb950;--bad:#f85149}}
body{font:15px/1.5 system-ui,sans-serif;max-width:62rem;margin:0 auto;padding:1rem}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}table{border-collapse:collapse;display:block;overflow-x:auto}
td,th{border-bottom:1px solid var(--line);padding:.25rem .75rem;text-align:left}td.n{text-align:right;font-variant-numeric:tabular-nums}
details{border:1px solid var(--line);border-radius:6px;padding:.5rem .9rem;margin:.6rem 0}summary{cursor:pointer}
li{margin:.3rem 0}.s{color:var(--soft);font-size:.85rem}.good{color:var(--good)}.bad{color:var(--bad)}
.pic{overflow-x:auto;background:#fff;border-radius:6px;margin-top:.5rem}mark{background:#ffd8d3;color:inherit}
@media (prefers-color-scheme:dark){mark{background:#67211c}}
"""


def write_report(path: Path, manifest: Mapping[str, Any], examples: Sequence[Example], rejections: Sequence[Rejection]) -> None:
    """Write the report atomically: the funnel with its reasons, the graph, and examples and rejections to read."""
    counts = manifest["counts"]
    body = [
        f"<h1>kgpaths run {escape(manifest['run_id'])}</h1>",
        section("From questions to examples", table([(k.replace("_", " "), counts[k]) for k in ("questions", "linked", "with_path", "accepted")])),
        section("Rejected, by stage and code", table(counts["rejected"].items()) if counts["rejected"] else "<p>none</p>"),
        section("Accepted, by kind of question", table(shares(examples, rejections))),
        section("Hops of the paths to the conclusion", table(hop_counts(examples))),
        section("Graph", graph_table(manifest["graph"])),
        section("Examples", "".join(example_html(e) for e in sample(examples))),
        section("Rejections", "".join(rejection_html(r) for r in few_per_code(rejections))),
    ]
    if manifest["skipped"]:
        body.insert(1, f"<p class=s>skipped: {escape('; '.join(manifest['skipped']))}</p>")
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>kgpaths run {escape(manifest['run_id'])}</title><style>{STYLE}</style></head><body>{''.join(body)}</body></html>\n"
    )
    with replacing(path) as stream:
        stream.write(page)


def section(title: str, inner: str) -> str:
    return f"<h2>{escape(title)}</h2>{inner}"


def table(rows: Iterable[tuple[str, Any]]) -> str:
    return "<table>" + "".join(f"<tr><td>{escape(str(k))}</td><td class=n>{escape(str(v))}</td></tr>" for k, v in rows) + "</table>"


def shares(examples: Sequence[Example], rejections: Sequence[Rejection]) -> list[tuple[str, str]]:
    """Return accepted of all, by the question's category."""
    good: dict[str, int] = {}
    every: dict[str, int] = {}
    for question, passed in [(e.draft.question, 1) for e in examples] + [
        (q, 0) for r in rejections if (q := r.question or (r.draft and r.draft.question))
    ]:
        category = question.category or "not stated"
        good[category], every[category] = good.get(category, 0) + passed, every.get(category, 0) + 1
    return [(category, f"{good[category]} of {every[category]}") for category in sorted(every)]


def hop_counts(examples: Sequence[Example]) -> list[tuple[str, int]]:
    """Return how many paths to a conclusion have how many hops."""
    lengths = [len(p.hops) for e in examples for s in e.draft.supports if s.option == e.draft.conclusion for p in s.paths]
    return [(f"{n} hop{'s' if n != 1 else ''}", lengths.count(n)) for n in sorted(set(lengths))]


def graph_table(graph: Mapping[str, Any]) -> str:
    rows = [("name", graph["name"]), ("release", graph["release"]), ("hash", graph["hash"])]
    return table(rows + [(s["name"], f"{s['release']} ({s['licence']})") for s in graph["sources"]])


def sample(examples: Sequence[Example]) -> list[Example]:
    """Return a few examples drawn with a fixed seed, in their order."""
    chosen = random.Random(0).sample(range(len(examples)), min(SHOWN_EXAMPLES, len(examples)))
    return [examples[i] for i in sorted(chosen)]


def few_per_code(rejections: Sequence[Rejection]) -> list[Rejection]:
    """Return the first few rejections of each code."""
    seen: dict[str, int] = {}
    kept = []
    for rejection in rejections:
        seen[rejection.code] = seen.get(rejection.code, 0) + 1
        if seen[rejection.code] <= SHOWN_PER_CODE:
            kept.append(rejection)
    return kept


def question_html(draft: Draft) -> str:
    question = draft.question
    options = "".join(
        f"<li>{'<b>' if o.key in question.answer_keys else ''}{escape(o.key)}. {escape(o.text)}{'</b>' if o.key in question.answer_keys else ''}</li>"
        for o in question.options
    )
    return f"<p>{escape(question.text)}</p><ul>{options}</ul>"


def steps_html(draft: Draft, marked: frozenset[int] = frozenset()) -> str:
    items, names = [], {concept.curie: concept.name for concept in draft.concepts}
    for step in draft.steps:
        edges = "; ".join(
            f"{names[c.subject]} {'NOT ' if c.negated else ''}{c.predicate} {names[c.object]}{' (absent)' if c.kind == 'absence' else ''}"
            for c in step.citations
            if c.predicate
        )
        words = f"<mark>{escape(step.text)}</mark>" if step.index in marked else escape(step.text)
        items.append(f"<li>{words} <span class=s>[{escape(step.status)}]{' ' + escape(edges) if edges else ''}</span></li>")
    return f"<ol>{''.join(items)}</ol>"


def example_html(example: Example) -> str:
    """Return one example: question, steps with what each cites, and the picture of its paths."""
    draft = example.draft
    about = f"{draft.question.category}, margin {example.margin:.2f}, {example.difficulty}"
    head = f"{escape(draft.question.id)} <span class=s>{escape(about)}</span>"
    return f"<details><summary>{head}</summary>{question_html(draft)}{steps_html(draft)}<div class=pic>{draw(draft)}</div></details>"


def rejection_html(rejection: Rejection) -> str:
    """Return one rejection, the steps with flaws marked."""
    head = f"{escape(rejection.question_id)} <span class=bad>{escape(rejection.stage)}: {escape(rejection.code)}</span>"
    inner = f"<p class=bad>{escape(rejection.detail)}</p>"
    if rejection.draft:
        inner += question_html(rejection.draft) + steps_html(rejection.draft, frozenset(f.step for f in rejection.flaws if f.severity == "error"))
    elif rejection.question:
        inner += f"<p>{escape(rejection.question.text)}</p>"
    return f"<details><summary>{head}</summary>{inner}</details>"
