"""A writer for long runs: plain replies that pass, made of the prompt's own numbered lines, and a share of them with one mistake.

Asked to mend a draft, it sends the steps that need it, as a good model would, and a smaller share of these replies holds a mistake. It
knows nothing but the request's body, so that the same request gets the same reply from any server, today and after a kill. What is
asked without a question and its lines, a probe for example, is answered as ``fitting`` answers it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from random import Random
from typing import Any

from kgpaths.verbalize.llm import LONGEST_STEP
from kgpaths.verbalize.shown import plain
from tests.llm.fitting import fitting
from tests.llm.reading import Case, Record, read

SHARE = 0.5  # of first replies that hold a mistake
UNMENDED = 0.25  # of replies to a request to mend one
MOST_TOLD = 4  # edges of the answer in one step
Step = dict[str, Any]


@dataclass
class Page:
    """A reply in the making: sentences of one step with what they cite."""

    kind: str
    option: str = ""
    text: str = ""
    cites: list[dict[str, str]] = field(default_factory=list)
    quotes: list[str] = field(default_factory=list)

    def say(self, sentence: str) -> None:
        """Add one sentence."""
        self.text += f"{' ' if self.text else ''}{sentence[0].upper()}{sentence[1:]}."

    def cite(self, record: Record, relation: str, stance: str = "asserted") -> None:
        """Cite a record by its own words."""
        self.cites.append({"ref": record.ref, "subject": bare(record.left), "object": bare(record.right), "relation": relation, "stance": stance})

    def step(self) -> Step:
        """Return it as a step of a reply."""
        return {"kind": self.kind, "option": self.option, "text": self.text, "cites": self.cites, "quotes": list(dict.fromkeys(self.quotes))}


def reply(body: dict[str, Any], share: float = SHARE) -> str:
    """Return a reply to any request: of ``share`` of the first ones, and of a quarter of those to be mended, with a mistake."""
    case = read(body)
    if case is None:
        return fitting(body)
    random = Random(sha256(json.dumps(body, sort_keys=True).encode()).digest())
    written = compose(case)
    if random.random() < (min(share, UNMENDED) if case.draft else share):
        spoil(case, written, random)
    return said(mending(case, written) if case.draft else written)


def said(written: dict[str, Any]) -> str:
    """Return a reply's text."""
    return json.dumps(written, ensure_ascii=False, separators=(",", ":"))


def honest(body: dict[str, Any]) -> str:
    """Return a reply without a mistake of ours."""
    return reply(body, 0.0)


def bare(words: str) -> str:
    """Return words without their article, and without the sort that tells two things of one name apart."""
    return re.sub(r"^(?:the (?:finding|disease|diagnostic category|gene|protein|drug|substance)|the|an?) ", "", words)


def listed(words: Sequence[str], word: str = "and") -> str:
    """Return words as a list."""
    return " ".join((", ".join(words[:-1]) + ("," if len(words) > 2 else ""), word, words[-1])) if len(words) > 1 else words[0]


def compose(case: Case) -> dict[str, Any]:
    """Return a reply that says what the lines say."""
    steps = [findings(case), *inferences(case)]
    steps += [against(case, option) for option in case.options if option != case.right]
    steps.append(Page("conclusion", case.right, f"On balance, {case.options[case.right]} ({case.right}) is what fits best.").step())
    return {"steps": steps, "conclusion": case.right}


def findings(case: Case) -> Step:
    """Return who the patient is, and what is present, absent, or another's."""
    page = Page("finding")
    facts = [told for told in case.patient.values() if not told.assertion]
    page.quotes = [told.ref for told in facts]
    age = next((told.words for told in facts if re.search(r"\d[\w.]*-(?:year|month|week|day|hour)s?-old$", told.words)), "")
    who = f"this {age} patient" if age else "the patient"
    ways = {"present": f"{who} has {{}}", "family": "the family history includes {}", "historical": "the past history includes {}"}
    ways |= {"possible": "it is suspected that there is {}", "hypothetical": "there might be a risk of {}", "absent": "there is no {}"}
    for assertion, way in ways.items():
        told = [one for one in case.patient.values() if one.assertion == assertion]
        if told:
            page.say(way.format(listed([one.words for one in told], "or" if assertion == "absent" else "and")))
            page.quotes += [one.ref for one in told]
    if not page.text:
        page.say(f"the question concerns {who}")
    page.quotes = page.quotes[:16]
    return page.step()


def inferences(case: Case) -> list[Step]:
    """Return what leads to the answer, each path's premises before what follows from them."""
    paths = [path for _, paths in case.lines[case.right] for path in paths]
    found: list[Step] = []
    told: set[str] = set()
    page = Page("inference")
    for path in paths:
        if path[0] in case.patient:
            page.say(f"{case.patient[path[0]].words} is described in the patient already")
            page.quotes.append(path[0])
        new = [case.records[ref] for ref in path if ref in case.records and ref not in told]
        if len(page.cites) + len(new) > MOST_TOLD and page.text:
            found, page = [*found, page.step()], Page("inference")
        state(page, new)
        told |= {record.ref for record in new}
    return [*found, page.step()] if page.text else found


def state(page: Page, records: Iterable[Record], end: str = "") -> None:
    """Say records; those that are recorded for the same thing, in one sentence."""
    groups: dict[tuple[str, ...], list[Record]] = {}
    for record in records:
        many = re.sub(r"^is (?=(?:not )?recorded for$)", "are ", record.relation)
        alike: tuple[str, ...] = (many, record.right, record.tail) if many.endswith(" recorded for") else (record.ref,)
        groups.setdefault(alike, []).append(record)
    for shared, group in groups.items():
        first = group[0]
        relation = shared[0] if len(group) > 1 else first.relation
        page.say(f"{listed([one.left for one in group])} {relation} {first.right}{first.tail}{end}")
        for one in group:
            page.cite(one, relation, "denied" if one.denied else "asserted")


def against(case: Case, option: str) -> Step:
    """Return what sets one option aside: what it shares first, then what is missing, denied or harmful."""
    page, said = Page("elimination", option), dict(case.lines[option])
    of: dict[str, list[Record]] = {what: [case.records[r] for path in paths for r in path if r in case.records] for what, paths in said.items()}
    absent = [case.patient[r] for path in said.get("expected but absent here", ()) for r in path if r in case.patient]
    expected = of.get("expected but absent here", [])
    lacked = [one for one in expected if any(told.words in one.left or one.left in told.words for told in absent)] or expected
    state(page, [one for one in (*of.get("recorded as well", ()), *expected) if one not in lacked], " as well")
    for what in ("harmful", "denied by the source", "not recorded"):
        state(page, of.get(what, ()))
    if absent:
        state(page, lacked)
        page.text = page.text[:-1] + f", but this patient has {'none' if len(lacked) > 1 else 'no such finding'}."
        page.quotes += [told.ref for told in absent]
    if "undecided" in said:
        page.say(f"what is recorded here does not settle whether {case.options[option]} would fit")
        page.quotes += [ref for path in said["undecided"] for ref in path if ref.startswith("F")]
    if not page.text:
        page.say(f"nothing is recorded here for {case.options[option]}")
    return page.step()


def mending(case: Case, written: dict[str, Any]) -> dict[str, Any]:
    """Return what mends a draft so that it says what is written: the steps that something was found in, and what of the others went wrong.

    Steps are told apart by kind, option and order. What was found in all of it may be any step: then those of other words go, those
    that are missing come, those too many are left out.
    """
    honest, wanted = slots(compose(case)["steps"]), slots(written["steps"])
    shown = slots([{"kind": line.kind, "option": line.option, "text": line.text, "number": line.number} for line in case.draft])
    steps = []
    for slot in dict.fromkeys((*shown, *honest, *wanted)):
        old, new = shown.get(slot), wanted.get(slot)
        other = (old is None) != (new is None) or (old and new and old["text"] != plain(new["text"], LONGEST_STEP))
        if (old and old["number"] in case.found) or (0 in case.found and other) or (other and new != honest.get(slot)):
            steps.append({"number": old["number"] if old else 0, **(new or Page(slot[0], slot[1]).step())})
    steps = steps or [{"number": case.draft[-1].number, **written["steps"][-1]}]  # nothing that it can see: it has to send something
    return {"steps": steps, "conclusion": written["conclusion"]}


def slots(steps: Iterable[Step]) -> dict[tuple[str, str, int], Step]:
    """Return steps by kind, option where there is one for each, and order."""
    found: dict[tuple[str, str, int], Step] = {}
    for step in steps:
        name = (step["kind"], step["option"] if step["kind"] == "elimination" else "")
        found[*name, sum(one[:2] == name for one in found)] = step
    return found


Mistake = Callable[[Case, dict[str, Any], Random], bool]


def spoil(case: Case, written: dict[str, Any], random: Random) -> None:
    """Make one mistake in a reply, of those that can be made in it."""
    for mistake in random.sample(MISTAKES, len(MISTAKES)):
        if mistake(case, written, random):
            return


def of_kind(written: dict[str, Any], kind: str) -> list[Step]:
    """Return the steps of one kind."""
    return [step for step in written["steps"] if step["kind"] == kind]


def inferred(written: dict[str, Any], *relations: str) -> tuple[Step, dict[str, str]] | None:
    """Return the first step to the answer that states one of some relations once, with that citation."""
    for step in of_kind(written, "inference"):
        for cite in step["cites"]:
            if cite["relation"] in relations and step["text"].count(cite["relation"]) == 1:
                return step, cite
    return None


def turned(case: Case, written: dict[str, Any], random: Random) -> bool:
    """Say a relation the other way round."""
    ways = {"causes": "is caused by", "is caused by": "causes", "is a complication of": "has the complication"}
    ways |= {"are recorded for": "are recorded with", "is recorded for": "is recorded with", "contraindicates": "is contraindicated in"}
    ways |= {"is treated first-line with": "is first-line treatment for", "is a kind of": "includes", "predisposes to": "is made more likely by"}
    return renamed(written, ways)


def stronger(case: Case, written: dict[str, Any], random: Random) -> bool:
    """Say more than is recorded."""
    ways = {"is recorded for": "is caused by", "are recorded for": "are caused by", "predisposes to": "causes", "inhibits": "is the antidote for"}
    return renamed(written, ways | {"is treated with": "is treated first-line with", "is a recognized adverse effect of": "is always caused by"})


def renamed(written: dict[str, Any], ways: dict[str, str]) -> bool:
    """Say one relation of the answer by other words; False where it has none of these relations."""
    found = inferred(written, *ways)
    if found is None:
        return False
    step, first = found
    old = first["relation"]
    step["text"] = step["text"].replace(old, ways[old])
    for cite in step["cites"]:
        cite["relation"] = ways[old] if cite["relation"] == old else cite["relation"]
    return True


def present_after_all(case: Case, written: dict[str, Any], random: Random) -> bool:
    """Tell an absent finding as present."""
    step = of_kind(written, "finding")[0]
    before = step["text"]
    step["text"] = before.replace("There is no ", "There is also ").replace(" or ", " and ")
    return "There is no " in before


def another_age(case: Case, written: dict[str, Any], random: Random) -> bool:
    """Change the patient's age."""
    step = of_kind(written, "finding")[0]
    before = step["text"]
    step["text"] = re.sub(r"^This (\d+)-", lambda found: f"This {int(found[1]) + 1 + random.randrange(9)}-", before)
    return bool(step["text"] != before)


def often(case: Case, written: dict[str, Any], random: Random) -> bool:
    """Say how often, where it is not recorded so."""
    found = inferred(written, "are recorded for", "is recorded for")
    if found:
        found[0]["text"] = found[0]["text"].replace(".", " in 97 of 101 reported patients.", 1)
    return found is not None


def invented(case: Case, written: dict[str, Any], random: Random) -> bool:
    """Cite a line that was not shown."""
    cites = of_kind(written, "inference")[0]["cites"]
    if cites:
        cites[0]["ref"] = "E97"
    return bool(cites)


def misquoted(case: Case, written: dict[str, Any], random: Random) -> bool:
    """Name words that the step does not say."""
    cites = of_kind(written, "inference")[-1]["cites"]
    if cites:
        cites[-1]["relation"] = "is a hallmark of"
    return bool(cites)


def uncited(case: Case, written: dict[str, Any], random: Random) -> bool:
    """State what is known of the answer without a line for it."""
    at = next(i for i, step in enumerate(written["steps"]) if step["kind"] == "elimination")
    written["steps"].insert(at, Page("inference", text="This is the classic picture, and textbooks agree on it.").step())
    return True


def forgotten(case: Case, written: dict[str, Any], random: Random) -> bool:
    """Leave two options undiscussed."""
    gone = of_kind(written, "elimination")[-2:]
    written["steps"] = [step for step in written["steps"] if step not in gone]
    return True


def another(case: Case, written: dict[str, Any], random: Random) -> bool:
    """Conclude with another option."""
    other = random.choice([option for option in case.options if option != case.right])
    written["conclusion"] = written["steps"][-1]["option"] = other
    written["steps"][-1]["text"] = f"On balance, {case.options[other]} ({other}) is what fits best."
    return True


def leaked(case: Case, written: dict[str, Any], random: Random) -> bool:
    """Speak of the answer that was given."""
    written["steps"][-1]["text"] = f"As the given answer says, {case.options[case.right]} ({case.right}) is what fits best."
    return True


def impossible(case: Case, written: dict[str, Any], random: Random) -> bool:
    """Say of what is not recorded that it cannot be."""
    for step in of_kind(written, "elimination"):
        for cite in step["cites"]:
            if cite["ref"].startswith("N"):
                step["text"] += f" This excludes {case.options[step['option']]}."
                return True
    return False


def marked(case: Case, written: dict[str, Any], random: Random) -> bool:
    """Set a word in bold."""
    step = written["steps"][-1]
    step["text"] = step["text"].replace(case.options[case.right], f"**{case.options[case.right]}**")
    return True


MISTAKES: tuple[Mistake, ...] = (
    *(turned, stronger, present_after_all, another_age, often, invented, misquoted),
    *(uncited, forgotten, another, leaked, impossible, marked),
)
