"""Set text of questions and graphs so that it stays text: whatever it holds, a prompt keeps its lines, labels and turns."""

from __future__ import annotations

import json
import re
import unicodedata

LONGEST_TEXT = 8_000  # characters of a question's text or context
LONGEST_OPTION = 600
LONGEST_NAME = 160
_TAG = re.compile(r"[<＜](?=[^\s\d.,=<>~±+-])|<(?=0x)")
_LABEL = re.compile(r"[\[［](?=\s*/?[A-Za-z_]+\s?\d*\s*\])")
_INSTEAD = {"Cf": ""} | dict.fromkeys(("Cc", "Co", "Cs", "Zl", "Zp"), " ")
"""What stands for characters of a category: invisible ones go, breaks and what has no meaning become a space."""


def plain(text: str, longest: int) -> str:
    """Return ``text`` on one line and harmless, at most about ``longest`` characters: of what is longer, the middle goes.

    A space breaks what a chat template takes for a token ("<s>", "[INST]", "<|im_start|>") and what looks like a label of ours
    ("[E7]"). Words and letters stay as they are; a question asks in its last sentence, so the end is kept.
    """
    if len(text) > 2 * longest:
        text = text[: 2 * longest] + text[-longest:]  # what goes anyway need not be read
    spaced = "".join(_INSTEAD.get(unicodedata.category(c), c) for c in text)
    spaced = re.sub(r"\s+", " ", spaced).strip()
    if len(spaced) > longest:
        spaced = f"{spaced[: longest - longest // 4].rstrip()} … {spaced[-(longest // 4) :].lstrip()}"
    return _LABEL.sub("[ ", _TAG.sub("< ", spaced))


def quoted(text: str, longest: int) -> str:
    """Return ``text`` as one JSON string, whose quotes it cannot close."""
    return json.dumps(plain(text, longest), ensure_ascii=False)


def name(text: str) -> str:
    """Return a name of the graph as it stands between the signs of a record's line: it has none of them."""
    return plain(text.replace("—", "-").replace("→", "->").replace("|", "/"), LONGEST_NAME)
