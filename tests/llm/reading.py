"""What a request says: the question with its numbered lines, and the draft that it wants mended. Read from the body alone, of either API."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

TO_MEND = "\n\nYou wrote this draft:\n"  # what begins a request to mend one
_PART = re.compile(r"^(Question|Options|Patient|Records|Lines for each option[^\n]*?|The right option is (\S+)\.)(?::[ \n]|$)", re.M)
_RECORD = re.compile(r"^\[([EN]\d+)\] (.*?) —(.*?)→ (.*)$", re.M)
_PATIENT = re.compile(r"^\[([MF]\d+)\] (?:(present|absent|family|historical|possible|hypothetical): )?(.*?)(?: \"(.*)\")?$", re.M)
_OPTION = re.compile(r'^(\w+) (".*")$', re.M)
_LINE = re.compile(r"^(\w+)(, right)?: (.*)$", re.M)
_WRITTEN = re.compile(r"^(\d+) (finding|inference|elimination|conclusion)(?: (\S+))?: (.*)$", re.M)
_FOUND = re.compile(r"^- (?:step (\d+)|all): ", re.M)
_REASON = re.compile(r"(not recorded|denied by the source|harmful|expected but absent here|undecided|recorded as well|paths) (.*)")


@dataclass(frozen=True)
class Record:
    """One numbered edge or absence: the words left and right of the arrow, and what stands behind in brackets."""

    ref: str
    left: str
    relation: str
    right: str
    notes: str = ""

    @property
    def line(self) -> str:
        """Return the line without its number and notes, as authored replies name it."""
        return f"{self.left} —{self.relation}→ {self.right}"

    @property
    def denied(self) -> bool:
        """Tell whether it is an absence, or an edge that its source denies."""
        return self.ref.startswith("N") or "NOT" in self.notes.split("; ")

    @property
    def tail(self) -> str:
        """Return the condition that an edge holds under, as words that end a sentence."""
        found = re.match(r"holds (.*?)(?:;|$)", self.notes)
        return f" {found[1]}" if found else ""


@dataclass(frozen=True)
class Told:
    """One numbered mention or fact of the patient."""

    ref: str
    assertion: str  # empty for a fact
    words: str

    @property
    def line(self) -> str:
        """Return what tells a mention from another of the same words."""
        return f"{self.assertion}: {self.words}"


@dataclass(frozen=True)
class Line:
    """One step of a draft that was sent back."""

    number: int
    kind: str
    option: str
    text: str


@dataclass(frozen=True)
class Case:
    """What a prompt tells of one question."""

    question: str
    options: dict[str, str]
    patient: dict[str, Told]
    records: dict[str, Record]
    lines: dict[str, list[tuple[str, list[list[str]]]]]  # option -> what its numbers are for, and the numbers, path by path
    right: str
    draft: tuple[Line, ...] = ()  # that is to be mended
    found: tuple[int, ...] = ()  # the steps that something was found in; 0: in all of it


def turns(body: dict[str, Any]) -> list[dict[str, str]]:
    """Return the conversation of a request of either API."""
    return [dict(turn) for turn in body.get("messages") or body.get("input") or () if isinstance(turn.get("content"), str)]


def read(body: dict[str, Any]) -> Case | None:
    """Return what a request tells of its question; None where it is about none."""
    asked = [found for turn in turns(body) if turn["role"] == "user" and (found := re.search(r"^Question: .*", turn["content"], re.M | re.S))]
    if not asked:
        return None
    text, _, sent_back = str(asked[0][0]).partition(TO_MEND)
    parts: dict[str, str] = {}
    marks = list(_PART.finditer(text))
    for mark, after in zip(marks, [*marks[1:], None], strict=True):
        parts[mark[1].split()[0]] = text[mark.end() : after.start() if after else len(text)].strip()
    if not {"Question", "Options", "Patient", "Records", "Lines", "The"} <= parts.keys():
        return None
    strings: list[str] = []
    at = 0
    while at < len(parts["Question"]):
        string, at = json.JSONDecoder().raw_decode(parts["Question"], at)
        strings, at = [*strings, string], at + 1
    draft, _, findings = sent_back.partition("\n\nChecks found:\n")
    return Case(
        question=" ".join(strings),
        options={key: json.loads(words) for key, words in _OPTION.findall(parts["Options"])},
        patient={ref: Told(ref, assertion, words) for ref, assertion, words, _ in _PATIENT.findall(parts["Patient"])},
        records={found[1]: record(*found.groups()) for found in _RECORD.finditer(parts["Records"])},
        lines={key: reasons(rest) for key, _, rest in _LINE.findall(parts["Lines"])},
        right=marks[-1][2],
        draft=tuple(Line(int(number), kind, option, words) for number, kind, option, words in _WRITTEN.findall(draft)),
        found=tuple(int(step or 0) for step in _FOUND.findall(findings)),
    )


def record(ref: str, left: str, relation: str, rest: str) -> Record:
    """Return a record, what an edge has in its last brackets taken apart; brackets may hold brackets."""
    depth = 0
    for i in range(len(rest) - 1, 0, -1) if ref.startswith("E") and rest.endswith(")") else ():
        depth += (rest[i] == ")") - (rest[i] == "(")
        if depth == 0:
            return Record(ref, left, relation, rest[: i - 1], rest[i + 1 : -1])
    return Record(ref, left, relation, rest)


def reasons(line: str) -> list[tuple[str, list[list[str]]]]:
    """Return what the numbers of one option's line are for; those of the answer are for nothing."""
    found = []
    for part in line.split("; "):
        reason = _REASON.match(part)
        what, numbers = (reason[1], reason[2]) if reason else ("", part)
        found.append((what, [path.split() for path in numbers.split(" | ")]))
    return found
