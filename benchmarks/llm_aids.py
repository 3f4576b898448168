"""Measure what models are asked beside writing: what each aid changes, how often its opinions are right, and what it costs.

    python benchmarks/llm_aids.py                                            # three made-up models on the tests' server: the plumbing
    python benchmarks/llm_aids.py --model NAME --base-url URL --budget 5usd  # a real one; the key is where kgpaths looks for it

Runs the shipped questions, written by the template, without and with each aid; has accepted drafts and the same with one planted medical error
judged; and has missed findings pointed out in the 68 clinical notes of ID-68 (KGPATHS_SHARED_DATA). Prints Markdown for RESULTS.md.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from kgpaths.aids import Heard
from kgpaths.answering import answering
from kgpaths.config import AidSettings, LLMSettings, RunConfig
from kgpaths.inflight import Asking, results
from kgpaths.link.linker import PROPOSED
from kgpaths.llm.wire import Capabilities, body_of
from kgpaths.model import Draft, LinkedQuestion, Question, Rejection, digest
from kgpaths.opinions import Opinions
from kgpaths.pipeline import Begun, begin, run
from kgpaths.runs import Run
from kgpaths.search.support import search
from kgpaths.verbalize.aids import steps_of, text_of
from kgpaths.verbalize.llm import LLMWriter
from kgpaths.verbalize.numbered import Numbering
from kgpaths.verbalize.replies import written

sys.path.insert(0, str(Path(__file__).parents[1]))  # the test server

from tests.llm import aiding, scribe
from tests.llm.reading import read
from tests.llm.server import serving

NOTES = Path(os.environ.get("KGPATHS_SHARED_DATA", "../shared/data")) / "linking" / "id68"
AIDS: dict[str, dict[str, Any]] = {
    "off": {},
    "mentions": {"mentions": True},
    "links": {"links": True},
    "paths": {"paths": True},
    "difficulty, 3 attempts": {"difficulty": 3},
    "answer": {"answer": True},
    "answer, rejecting": {"answer": True, "reject": True},
    "judge": {"judge": True},
    "judge, rejecting": {"judge": True, "reject": True},
}
ERRORS = (scribe.turned, scribe.stronger, scribe.present_after_all, scribe.another_age, scribe.often, scribe.another, scribe.impossible)
"""Mistakes of medicine that stand in a draft's words: not those of form, of citations alone, or of what is left out."""
MADE_UP = ("oracle", "contrarian", "garbage")


@dataclass
class Note:
    """A clinical note, linked, with the mentions that people marked: start, end, id."""

    linked: LinkedQuestion
    gold: list[tuple[int, int, str]]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--model", help="a real model; without one, the made-up ones")
    parser.add_argument("--base-url", default="", help="its server")
    parser.add_argument("--budget", default="", help="most each run may cost, as llm.budget")
    parser.add_argument("--limit", type=int, help="only the first questions and notes")
    given = parser.parse_args()
    with TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        begun = begin(config(folder / "look", given.limit, LLMSettings(models=("m",)), {"judge": True, "mentions": True}))
        good, spoiled = drafts(begun)
        found = notes(begun, given.limit)
        tell_the_oracle(folder, spoiled, found)
        for model in (given.model,) if given.model else MADE_UP:
            url = given.base_url if given.model else stack.enter_context(serving(replies=f"tests.llm.aiding:{model}", latency=0.001)).base_url
            llm = LLMSettings(models=(model,), base_url=url, budget=given.budget, cache=str(folder / "llm.sqlite"))
            print(f"\n### {model}\n")
            runs(folder / model, given.limit, llm)
            judged(begun, folder, llm, good, spoiled)
            if found:
                pointed_out(begun, folder, llm, found)


def config(out: Path, limit: int | None, llm: LLMSettings, aid: dict[str, Any]) -> RunConfig:
    return RunConfig(out=str(out), limit=limit, llm=llm, aid=AidSettings(**aid))


def runs(folder: Path, limit: int | None, llm: LLMSettings) -> None:
    """Print a row for the run with each aid."""
    print("| aid | linked | with path | accepted | questions that came out otherwise | calls | tokens | what it said |")
    print("|---|---:|---:|---:|---:|---:|---:|---|")
    plain: dict[str, str] = {}
    for name, aid in AIDS.items():
        made = run(config(folder / digest(name, 8), limit, llm, aid))
        ends = fates(made)
        plain = plain or ends
        counts, used = made.manifest["counts"], made.manifest.get("usage", {})
        changed = sum(ends[question] != plain[question] for question in plain)
        told = said(made.manifest.get("opinions", {}), list(made.opinions))
        print(
            f"| {name} | {counts['linked']} | {counts['with_path']} | {counts['accepted']} | {changed} "
            f"| {used.get('calls', 0):,} | {used.get('tokens', 0):,} | {told} |",
            flush=True,
        )


def fates(made: Run) -> dict[str, str]:
    """Return what became of each question: a hash of its draft, or why it was rejected."""
    found = {one.draft.question.id: digest(one.draft.model_dump(mode="json")) for one in made.examples}
    return found | {one.question_id: f"{one.stage}.{one.code}" for one in made.rejections}


def said(told: dict[str, Any], rows: list[Opinions]) -> str:
    """Return what an aid said, in a few words; of a run's opinions, how often they are the key's."""
    parts = []
    if "proposed" in told:
        parts.append(f"{told['proposed']} spans, {told.get('proposed_linked', 0)} linked")
    if "choices" in told:
        parts.append(f"{told['choices']} mentions, {told.get('choices_changed', 0)} chosen otherwise")
    if "paths" in told:
        parts.append(f"{told.get('paths_kept', 0)} of {told['paths']} paths kept")
    if scored := [row.difficulty for row in rows if row.difficulty is not None]:
        parts.append(f"{1 - sum(scored) / len(scored):.1%} of attempts right, {sum(one == 1 for one in scored)} questions never")
    if "answer" in told:
        agrees = told["answer"].get("agrees", 0)
        parts.append(f"agrees with the key {agrees} of {sum(told['answer'].values())} times")
    if "judge" in told:
        parts.append(", ".join(f"{number} {verdict}" for verdict, number in told["judge"].items()))
    if "unanswered" in told:
        parts.append(f"{sum(told['unanswered'].values())} not used")
    return "; ".join(parts)


def drafts(begun: Begun) -> tuple[list[Draft], list[tuple[str, Draft]]]:
    """Return drafts that pass every check, and of each the same with a planted error and its name, one kind after the other."""
    numbering, writer = Numbering(begun.graph), LLMWriter("m")
    good: list[Draft] = []
    spoiled: list[tuple[str, Draft]] = []
    for question in begun.questions:
        linked = begun.stages.linker.link(question)
        supports = linked if isinstance(linked, Rejection) else search(begun.graph, linked, begun.config.search)
        if isinstance(linked, Rejection) or isinstance(supports, Rejection):
            continue
        sheet = numbering.sheet(linked, supports)
        case = read(body_of(writer.request(sheet), Capabilities()))
        assert case is not None
        honest = scribe.compose(case)
        judgement = begun.stages.judge(writer.draft(sheet, written(scribe.said(honest))))
        if not judgement.accepted:
            continue
        good.append(judgement.draft)
        for mistake in (*ERRORS[len(good) % len(ERRORS) :], *ERRORS[: len(good) % len(ERRORS)]):
            wrong = deepcopy(honest)
            if mistake(case, wrong, Random(question.id)):
                spoiled.append((mistake.__name__, writer.draft(sheet, written(scribe.said(wrong)), round=1)))
                break
    return good, spoiled


def judged(begun: Begun, folder: Path, llm: LLMSettings, good: list[Draft], spoiled: list[tuple[str, Draft]]) -> None:
    """Print how often good drafts are called correct and those with a planted error are not."""
    look = begin(config(folder / "judge", 1, llm, {"judge": True}))

    def one(kind: str, draft: Draft) -> Asking[tuple[str, str]]:
        assert look.stages.aids
        heard = look.stages.aids.heard(draft.question)
        yield from look.stages.aids.opinions(draft.question, [draft], heard)
        return kind, heard.opinions.drafts[0].verdict

    verdicts = list(asked(look, (one(kind, draft) for kind, draft in (*(("good", draft) for draft in good), *spoiled))))
    print("\n| drafts | judged | correct | flawed | harmful | not used |\n|---|---:|---:|---:|---:|---:|")
    kinds = {"good": ["good"], "with a planted error": [one.__name__ for one in ERRORS]} | {one.__name__: [one.__name__] for one in ERRORS}
    for name, among in kinds.items():
        of = [verdict for kind, verdict in verdicts if kind in among]
        shares = " | ".join(f"{of.count(verdict)} ({of.count(verdict) / max(1, len(of)):.0%})" for verdict in ("correct", "flawed", "harmful", ""))
        print(f"| {name} | {len(of)} | {shares} |")


def notes(begun: Begun, limit: int | None) -> list[Note]:
    """Return the notes of ID-68 whose marks stand where they say; none where they are not there."""
    found = []
    for path in sorted((NOTES / "ann").glob("*"))[:limit] if NOTES.is_dir() else ():
        text = (NOTES / "corpus" / path.name).read_text(encoding="utf-8")
        rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        gold = [(int(row[0]), int(row[1]), row[3]) for row in rows if text[int(row[0]) : int(row[1])] == row[2] and row[3] in begun.graph]
        question = Question(id=path.name, dataset="id68", text=text)
        found.append(Note(begun.stages.linker.read(question), gold))
    return found


def hits(begun: Begun, linked: LinkedQuestion, gold: list[tuple[int, int, str]]) -> tuple[int, int]:
    """Return how many marks a link overlaps, and how many one of their very concept does."""
    over = same = 0
    for start, end, curie in gold:
        touching = [link for link in linked.links if link.mention.start < end and start < link.mention.end]
        over += bool(touching)
        same += any(begun.graph.index(link.curie) == begun.graph.index(curie) for link in touching)
    return over, same


def pointed_out(begun: Begun, folder: Path, llm: LLMSettings, found: list[Note]) -> None:
    """Print how many of the mentions that people marked are linked, before and after a model pointed out some."""
    look = begin(config(folder / "notes", 1, llm, {"mentions": True}))

    def one(note: Note) -> Asking[tuple[Note, LinkedQuestion, Heard]]:
        assert look.stages.aids
        heard = look.stages.aids.heard(note.linked.question)
        return note, (yield from look.stages.aids.mentions(note.linked, heard)), heard

    done = list(asked(look, map(one, found)))
    marks = sum(len(note.gold) for note, _, _ in done)
    print("\n| ID-68 notes | marked | overlapped by a link | of that very concept |\n|---|---:|---:|---:|")
    for name, which in (("linker alone", 0), ("with what was pointed out", 1)):
        over, same = (sum(part) for part in zip(*(hits(begun, (note.linked, after)[which], note.gold) for note, after, _ in done), strict=True))
        print(f"| {name} | {marks} | {over} ({over / marks:.1%}) | {same} ({same / marks:.1%}) |")
    new = [(note, link) for note, after, _ in done for link in after.links if link.method == PROPOSED]
    right = sum(any(link.mention.start < end and start < link.mention.end for start, end, _ in note.gold) for note, link in new)
    spans = sum(len(heard.opinions.proposals) for _, _, heard in done)
    print(f"\n{spans} spans pointed out, {len(new)} links made of them, {right} of these on words that people marked.")


def asked(begun: Begun, tasks: Iterable[Asking[Any]]) -> Iterator[Any]:
    """Yield what tasks return, asked of the server of a run."""
    with answering(begun.config, begun.run_id) as answers:
        yield from results(tasks, answers.submit, answers.width)


def tell_the_oracle(folder: Path, spoiled: list[tuple[str, Draft]], found: list[Note]) -> None:
    """Write what the made-up models know beforehand: which drafts are spoiled, and what was missed in the notes."""
    missed: dict[str, list[str]] = {}
    for note in found:
        links = [(link.mention.start, link.mention.end) for link in note.linked.links]
        left = [note.linked.question.text[start:end] for start, end, _ in note.gold if not any(a < end and start < b for a, b in links)]
        missed[digest(text_of(note.linked.question).strip())] = list(dict.fromkeys(left))[:20]
    known: dict[str, Callable[[], Any]] = {
        aiding.SPOILED: lambda: {digest(steps_of(draft, conclusion=True).strip()): 1 for _, draft in spoiled},
        aiding.MISSED: lambda: missed,
    }
    for variable, content in known.items():
        (folder / variable).write_text(json.dumps(content()), encoding="utf-8")
        os.environ[variable] = str(folder / variable)


if __name__ == "__main__":
    main()
