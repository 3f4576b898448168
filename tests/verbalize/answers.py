"""What a model would reply to say just what a draft says, and ways to spoil it."""

from __future__ import annotations

import json
from typing import Any

from kgpaths.model import Citation, Draft
from kgpaths.verbalize.numbered import Sheet


def number_of(sheet: Sheet, citation: Citation) -> str:
    """Return the number under which a sheet shows what ``citation`` cites; StopIteration where it does not."""
    wanted = citation.model_copy(update={"anchors": None, "stance": "asserted"})
    return next(number for number, shown in sheet.cited.items() if shown.model_copy(update={"stance": "asserted"}) == wanted)


def reply_of(sheet: Sheet, draft: Draft) -> dict[str, Any]:
    """Return the reply that says what ``draft`` says, in the sheet's numbers."""
    labels = {key: label for label, key in sheet.keys.items()} | {"": ""}
    steps = []
    for step in draft.steps:
        cites, quotes = [], []
        for citation in step.citations:
            number = number_of(sheet, citation)
            if citation.anchors is None:
                quotes.append(number)
                continue
            ends = [citation.anchors.subject.text, citation.anchors.object.text]
            left, right = reversed(ends) if number in sheet.turned else ends
            cites.append({"ref": number, "subject": left, "object": right, "relation": citation.anchors.relation.text, "stance": citation.stance})
        steps.append({"kind": step.kind, "option": labels[step.option], "text": step.text, "cites": cites, "quotes": quotes})
    return {"steps": steps, "conclusion": labels[draft.conclusion]}


def said(reply: dict[str, Any]) -> str:
    """Return a reply as a server sends it."""
    return json.dumps(reply, ensure_ascii=False, separators=(",", ":"))
