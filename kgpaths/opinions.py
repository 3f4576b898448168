"""What a model was asked beside writing, and what it said: one row a question, whatever became of that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

from kgpaths.model import Noun


class Proposal(Noun):
    """Words that a model pointed out as a finding, and what our own linker made of them: nothing, where it knows none of that name."""

    text: str
    curies: tuple[str, ...] = ()


class Choice(Noun):
    """A mention that may name several concepts: the linker's choice and the model's, each empty where it chose none."""

    where: str
    start: int
    end: int
    text: str
    before: str = ""
    after: str = ""


class Opinion(Noun):
    """What a model thinks of one accepted draft."""

    draft_id: str
    answer: str | None = None  # the option that the draft leads to without its conclusion, empty for none; null: not asked, or no answer
    agrees: bool | None = None  # whether that is the draft's conclusion
    verdict: Literal["", "correct", "flawed", "harmful"] = ""
    steps: tuple[int, ...] = ()  # those at fault, by their index
    reason: str = ""


class Unanswered(Noun):
    """An aid that gave nothing for a question, and why: it went on without."""

    aid: str
    why: str


class Opinions(Noun):
    """All of it for one question."""

    question_id: str
    model: str
    proposals: tuple[Proposal, ...] = ()
    choices: tuple[Choice, ...] = ()
    paths: int | None = None  # that were shown to be chosen from
    paths_kept: int | None = None
    attempts: tuple[str, ...] = ()  # the option that each blind attempt chose
    difficulty: float | None = None  # share of the attempts that were wrong
    drafts: tuple[Opinion, ...] = ()
    unanswered: tuple[Unanswered, ...] = ()


def tally(rows: Sequence[Opinions]) -> dict[str, Any]:
    """Return what was said in all, as the manifest has it: only of aids that said something."""
    drafts = [draft for row in rows for draft in row.drafts]
    hard = [row.difficulty for row in rows if row.difficulty is not None]
    answers = Counter("agrees" if draft.agrees else "differs" for draft in drafts if draft.agrees is not None)
    named = {
        "proposed": sum(len(row.proposals) for row in rows),
        "proposed_linked": sum(bool(one.curies) for row in rows for one in row.proposals),
        "choices": sum(len(row.choices) for row in rows),
        "choices_changed": sum(one.before != one.after for row in rows for one in row.choices),
        "paths": sum(row.paths or 0 for row in rows),
        "paths_kept": sum(row.paths_kept or 0 for row in rows),
        "difficulty": round(sum(hard) / len(hard), 4) if hard else 0,
        "answer": dict(sorted(answers.items())),
        "judge": dict(sorted(Counter(draft.verdict for draft in drafts if draft.verdict).items())),
        "unanswered": dict(sorted(Counter(one.aid for row in rows for one in row.unanswered).items())),
    }
    return {"questions": len(rows)} | {name: value for name, value in named.items() if value}
