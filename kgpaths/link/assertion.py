"""Say of each mention whether the text states it of the patient: present, absent, possible, family, historical, hypothetical.

ConText-style: a trigger governs the mentions after it (or before it) in its sentence until a word ends its scope. What
decides, where rules meet:

- Lists belong together: "denies fever, chills, or night sweats" denies all three; a new verb or "but" ends the list. A
  singular "X is absent" reaches back to the last comma or "and" only, the plural "X and Y are absent" to the verb before.
- "History of" is present, as chronic conditions are the patient's still, unless what is named is an event (infarction,
  fracture, surgery ...). Historical is what the words call past: "prior", "treated for", "as a child", "3 years ago"
  (unless it began, started or was diagnosed then).
- A relative is the experiencer only where the sentence says they have something: "his mother has ...", not "his mother
  noticed ...".
- Family and absent together ("no family history of ...") is neither: ``of_nobody`` tells the linker to read nothing from it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kgpaths.link.text import Tokens
from kgpaths.link.triggers import (
    EVENT_ENDINGS,
    EVENTS,
    LENGTHS,
    ONSET,
    RELATIVE_AGENTS,
    RELATIVE_JOINS,
    RELATIVE_VERBS,
    RELATIVES,
    REPORTING,
    TRIGGERS,
    UNITS,
    Kind,
    Trigger,
)
from kgpaths.model import Assertion

_SENTENCE_END = re.compile(r"[.!?]+[\"'”’)\]]*\s|[\n\r]|[?!]")
_NO_END = frozenset(("dr", "mr", "mrs", "ms", "vs", "st", "no", "approx", "eg", "ie", "etc", "al", "fig"))
_LONGEST = 300  # tokens
_STRONG = frozenset({"but", "however", "although", "though", "whereas"})
_LIST_BREAK = re.compile(r",")
_VACCINES = frozenset({"vaccines", "vaccinations", "immunizations"})
_AFTER_HYPOTHETICAL = frozenset({"vaccine", "vaccination", "prophylaxis", "screening", "immunization", "precautions"}) | _VACCINES
_LONGEST_NAME = 4  # tokens
_VERBS = frozenset({"has", "had", "got", "is", "are", "was", "were", "gets", "takes", "took"})


@dataclass(frozen=True, slots=True)
class Reading:
    """What the text says of one mention; ``of_nobody`` where it denies it of the family, which says nothing of the patient."""

    assertion: Assertion
    of_nobody: bool = False


@dataclass(frozen=True, slots=True)
class _Cue:
    """A trigger found at tokens ``first`` to ``last``."""

    first: int
    last: int
    trigger: Trigger


def sentences(tokens: Tokens) -> list[tuple[int, int]]:
    """Return the sentences as token ranges (end excluded). What runs on without a stop is cut, so that cost stays linear."""
    bounds = [0]
    for i in range(1, len(tokens)):
        gap = tokens.gap(i)
        stopped = len(gap) > 1 and _SENTENCE_END.search(gap) is not None and not _abbreviated(tokens, i, gap)
        if stopped or i - bounds[-1] >= _LONGEST:
            bounds.append(i)
    return list(zip(bounds, [*bounds[1:], len(tokens)], strict=True)) if len(tokens) else []


def _abbreviated(tokens: Tokens, index: int, gap: str) -> bool:
    """Tell whether the full stop before token ``index`` belongs to an abbreviation."""
    before = tokens.raw[index - 1].lower()
    return gap.strip() == "." and (before in _NO_END or (len(before) == 1 and before.isalpha() and tokens.raw[index][0].islower()))


def readings(tokens: Tokens, mentions: Sequence[tuple[int, int]]) -> list[Reading]:
    """Return what the text says of each mention, given as first and last token."""
    found = [Reading("present")] * len(mentions)
    if not mentions:
        return found
    words = [_plain(raw) for raw in tokens.raw]
    order = sorted(range(len(mentions)), key=lambda m: mentions[m])
    at = 0
    for begin, end in sentences(tokens):
        here = []
        while at < len(order) and mentions[order[at]][0] < end:
            here.append(order[at])
            at += 1
        if here:
            sentence = _Sentence(tokens, words, begin, end)
            for m in here:
                found[m] = sentence.reading(*mentions[m])
    return found


def _plain(raw: str) -> str:
    word = raw.lower().replace("’", "'")
    return word[:-2] if word.endswith("'s") else word


class _Sentence:
    """The scopes of one sentence: for every kind, the token ranges it governs."""

    def __init__(self, tokens: Tokens, words: list[str], begin: int, end: int) -> None:
        self._tokens, self._words, self._begin, self._end = tokens, words, begin, end
        self._cues = self._find_cues()
        self._clauses = {c.first for c in self._cues if c.trigger.kind == "clause"}
        self._turns = {
            c.first for c in self._cues if c.trigger.kind == "turn" or (c.trigger.back and c.trigger.kind in ("absent", "normal", "possible"))
        }
        self._subjects = {c.first for c in self._cues if c.trigger.kind == "subject"}
        self._scopes: list[tuple[Kind, int, int]] = []
        for cue in self._cues:
            if cue.trigger.reach:
                scope = self._before(cue) if cue.trigger.back else self._after(cue)
                self._scopes.append((cue.trigger.kind, *scope))
                if cue.trigger.kind == "family" and "negative" in cue.trigger.words:
                    self._scopes.append(("absent", *scope))
        self._scopes += self._relatives()
        self._scopes += self._ago()

    def reading(self, first: int, last: int) -> Reading:
        """Return what this sentence says of the mention at tokens ``first`` to ``last``."""
        kinds = {kind for kind, begin, end in self._scopes if begin <= first and last < end}
        if last + 1 < self._end and (self._words[last + 1] in _AFTER_HYPOTHETICAL or self._shares_vaccines(last + 1)):
            kinds.add("hypothetical")
        if last + 1 < self._end and self._words[last + 1] in ("negative", "free") and self._tokens.gap(last + 1) == "-":
            kinds.add("absent")
        denied = "absent" in kinds or "normal" in kinds
        if "family" in kinds:
            return Reading("absent", of_nobody=True) if denied else Reading("family")
        if denied:
            return Reading("absent")
        if "hypothetical" in kinds:
            return Reading("hypothetical")
        if "possible" in kinds:
            return Reading("possible")
        past = "historical" in kinds or ("history" in kinds and any(self._is_event(i) for i in range(first, last + 1)))
        return Reading("historical") if past else Reading("present")

    def _shares_vaccines(self, after: int) -> bool:
        """Tell whether a name is listed with another that "vaccines" follows: "hepatitis A and yellow fever vaccines"."""
        if self._words[after] not in ("and", "or") and "," not in self._tokens.gap(after):
            return False
        for i in range(after + 1, min(self._end, after + 2 + _LONGEST_NAME)):
            if self._words[i] in _VACCINES:
                return True
            if i in self._clauses or i in self._turns or self._words[i].endswith("ed") or self._words[i] in _VERBS:
                return False
        return False

    def _is_event(self, index: int) -> bool:
        word = self._words[index]
        return word in EVENTS or word.endswith(EVENT_ENDINGS) or (word.endswith("s") and word[:-1] in EVENTS)

    def _find_cues(self) -> list[_Cue]:
        """Return the triggers from left to right, the longest at each place; what a pseudo-trigger covers is spent."""
        cues, i = [], self._begin
        while i < self._end:
            best = self._trigger(i)
            if best is None:
                i += 1
                continue
            cues.append(_Cue(i, i + len(best.words) - 1, best))
            i += len(best.words)
        return cues

    def _trigger(self, at: int) -> Trigger | None:
        """Return the longest trigger whose phrase begins at a token; "3-day history of" is none, as it is now."""
        for length in LENGTHS.get(self._words[at], ()):
            trigger = TRIGGERS.get(tuple(self._words[at : min(at + length, self._end)]))
            if trigger and not (trigger.kind == "history" and at > self._begin and self._words[at - 1] in UNITS):
                return trigger
        return None

    def _after(self, cue: _Cue) -> tuple[int, int]:
        """Return the tokens a forward trigger governs."""
        kind, start = cue.trigger.kind, cue.last + 1
        for i in range(start, min(self._end, start + cue.trigger.reach)):
            gap = self._tokens.gap(i)
            if ";" in gap or "—" in gap or self._stops(kind, start, i, gap):
                return start, i
        return start, min(self._end, start + cue.trigger.reach)

    def _stops(self, kind: Kind, start: int, i: int, gap: str) -> bool:
        """Tell whether token ``i`` ends the scope of a trigger whose scope began at ``start``."""
        if kind == "family":
            return i in self._subjects or self._words[i] in _STRONG
        if i in self._clauses:
            return True
        if i in self._turns:
            return i - start >= (3 if kind == "hypothetical" else 1)
        if kind in ("hypothetical", "possible") and self._words[i] == "history":
            return True
        if "," not in gap:
            return False
        if kind == "absent" and self._words[start - 1] in ("not", "cannot", "t"):  # a verb is denied, not a list of findings
            return True
        if kind == "absent" and (self._words[i] in ("a", "an") or (self._words[start - 1] == "without" and not self._or_follows(i))):
            return True
        return self._words[i] == "with" or kind in ("normal", "historical") or (self._words[i] == "and" and self._new_clause(i))

    def _or_follows(self, index: int) -> bool:
        """Tell whether the list goes on to an "or": "without X, Y, or Z", but not "without X, Y, and Z"."""
        for i in range(index, self._end):
            if self._words[i] in ("or", "nor"):
                return True
            if i in self._clauses or i in self._turns or self._words[i] in ("and", "a", "an"):
                return False
        return False

    def _new_clause(self, index: int) -> bool:
        """Tell whether the words after ", and" have a verb of their own before the next comma: a clause, not the end of a list."""
        for i in range(index + 1, self._end):
            if i in self._turns:
                return True
            if i in self._clauses or "," in self._tokens.gap(i):
                return False
        return False

    def _before(self, cue: _Cue) -> tuple[int, int]:
        """Return the tokens a backward trigger governs: to the last conjunct where its verb is singular."""
        one = cue.trigger.words[0] in ("is", "was", "has", "remains") or cue.trigger.kind in ("family", "historical")
        for i in range(cue.first - 1, max(self._begin, cue.first - cue.trigger.reach) - 1, -1):
            if i in self._clauses or i in self._turns:
                return i + 1, cue.first
            gap = self._tokens.gap(i) if i > self._begin else ""
            if ";" in gap or (one and ("," in gap or (self._words[i] == "and"))):
                return (i + 1 if self._words[i] == "and" and "," not in gap else i), cue.first
        return self._begin, cue.first

    def _relatives(self) -> list[tuple[Kind, int, int]]:
        """Return the scopes of relatives that are said to have something themselves."""
        scopes: list[tuple[Kind, int, int]] = []
        i = self._begin
        while i < self._end:
            if self._words[i] not in RELATIVES:
                i += 1
                continue
            verb = i + 1
            while verb < self._end and (self._words[verb] in RELATIVES or self._words[verb] in RELATIVE_JOINS):
                verb += 1
            possessive = self._tokens.raw[i].lower() != self._words[i]
            if self._is_agent(i):
                i = verb
                continue
            if verb < self._end and (possessive or self._words[verb] in RELATIVE_VERBS) and not self._reports(verb):
                scopes.append(("family", *self._after(_Cue(i, verb - 1, Trigger((), "family", 40)))))
            i = verb
        return scopes

    def _is_agent(self, index: int) -> bool:
        """Tell whether the relative at ``index`` brings the patient or tells of them: "brought by both of his parents"."""
        while index > self._begin and (self._words[index] in RELATIVES or self._words[index] in RELATIVE_JOINS):
            index -= 1
        return self._words[index] in RELATIVE_AGENTS

    def _reports(self, verb: int) -> bool:
        """Tell whether the relative speaks or acts rather than suffers."""
        return any(word in REPORTING for word in self._words[verb : min(self._end, verb + 3)])

    def _is_long(self, number: int, unit: int) -> bool:
        """Tell whether "N days" is long enough to be past: a week; hours and a few days ago are the present illness."""
        if self._words[unit] not in UNITS or self._words[unit].startswith(("hour", "minute")):
            return False
        return not self._words[unit].startswith("day") or (self._words[number].isdigit() and int(self._words[number]) >= 7)

    def _ago(self) -> list[tuple[Kind, int, int]]:
        """Return the scopes of "... N years ago": the last conjunct before it, unless something began then."""
        scopes: list[tuple[Kind, int, int]] = []
        for i in range(self._begin + 2, self._end):
            if self._words[i] not in ("ago", "earlier") or not self._is_long(i - 2, i - 1):
                continue
            begin = i - 2
            while begin > self._begin and begin not in self._clauses and begin not in self._turns and not _LIST_BREAK.search(self._tokens.gap(begin)):
                begin -= 1
            if not ONSET.intersection(self._words[begin:i]) and not ONSET.intersection(self._words[max(self._begin, begin - 2) : begin]):
                scopes.append(("historical", begin, i))
        return scopes
