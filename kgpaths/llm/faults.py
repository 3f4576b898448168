"""What a server's answer means: a reply, a fault that passes, one of this request alone, or one that no further call mends. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from kgpaths.llm.wire import encodable

Kind = Literal["reply", "busy", "failing", "unreached", "slow", "stop", "no_api", "feature", "refused", "filtered"]
LONGEST = 300  # characters of what a server says
TOO_SLOW = "no whole answer in"

QUOTA = ("insufficient_quota", "billing_hard_limit_reached", "billing_not_active")
CONTEXT = re.compile(
    r"context[ _]?(length|window|size)|maximum context|prompt is too long|input is too long|too many (input )?tokens|string_above_max_length"
)
CONTENT = re.compile(r"content[ _](filter|policy|management)|responsibleai|moderation|flagged|safety system")
FEATURES: dict[str, re.Pattern[str]] = {
    "structured": re.compile(r"response_format|json_schema|json_object|structured output|text\.format|grammar|guided"),
    "role": re.compile(r"\brole\b|\broles\b|\bdeveloper\b|system (message|role|prompt)"),
    "limit": re.compile(r"max_tokens|max_completion_tokens|max_output_tokens"),
    "temperature": re.compile(r"\btemperature\b"),
    "effort": re.compile(r"reasoning[_.]effort|\breasoning\b"),
}
"""Words by which a server complains about what it cannot do."""
FIELDS = {
    "structured": ("response_format", "text"),
    "limit": ("max_tokens", "max_completion_tokens", "max_output_tokens"),
    "temperature": ("temperature",),
    "effort": ("reasoning_effort", "reasoning"),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one call. ``status`` is 0 where no whole answer came, and ``text`` says why; else it is the answer's, if it is no JSON."""

    status: int
    data: object = None
    text: str = ""
    wait: float | None = None  # seconds the server asks us to wait
    location: str = ""  # where a redirect leads


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an outcome means: its kind, what the server said, and what to do about it. ``features`` are those it complains about."""

    kind: Kind
    words: str = ""
    mend: str = ""
    features: tuple[str, ...] = ()


def judge(outcome: Outcome, body: Mapping[str, Any], key_variable: str = "the key") -> Verdict:
    """Return what an outcome of sending ``body`` means."""
    if outcome.status == 0:
        if "CERTIFICATE" in outcome.text:
            return Verdict("stop", outcome.text, "its certificate is not trusted here; SSL_CERT_FILE names a file of those that are")
        return Verdict("slow" if outcome.text.startswith(TOO_SLOW) else "unreached", outcome.text)
    status, said = stated(outcome)
    if 200 <= status < 300:
        return Verdict("reply")
    words, low = f"{said} ({status})" if said else f"status {status}", f"{said} {codes(outcome)}".lower()
    if 300 <= status < 400:
        return Verdict("stop", f"is elsewhere: {outcome.location or status}", "set llm.base_url to the address it leads to")
    if status == 401:
        return Verdict("stop", f"refuses the key: {words}", f"see {key_variable}")
    if status == 402 or any(code in low for code in QUOTA):
        return Verdict("stop", f"takes no more calls: {words}", "see your plan and billing; the same command resumes")
    if status == 429:
        return Verdict("refused" if "request too large" in low else "busy", words)
    if CONTENT.search(low) and status < 500:
        return Verdict("filtered", words)
    if status == 403:
        return Verdict("stop", f"refuses access: {words}", f"may the key in {key_variable} use this model?")
    if status in (404, 405):
        return no_such(words, low)
    if CONTEXT.search(low) or status == 413:
        return Verdict("refused", words)
    if status not in (408, 409, 425, 502, 503, 504) and (found := complaints(low, body)):
        return Verdict("feature", words, features=found)
    return Verdict("failing" if status >= 500 or status in (408, 409, 425) else "refused", words)


def no_such(words: str, low: str) -> Verdict:
    """Return what a 404 means: no such model, or no such API."""
    if "v1/responses" in low or "chat/completions" in low or not re.search(r"model|deployment", low):
        return Verdict("no_api", words, "is llm.base_url right? it often ends in /v1")
    return Verdict("stop", f"has no such model: {words}", "see llm.models")


def complaints(low: str, body: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the features a server complains about, of those a body uses."""
    return tuple(
        name for name, words in FEATURES.items() if words.search(low) and (name not in FIELDS or any(field in body for field in FIELDS[name]))
    )


def stated(outcome: Outcome) -> tuple[int, str]:
    """Return the status of an outcome and what the server said, in one line. Some send errors with the status of success."""
    data, status = outcome.data, outcome.status
    if not isinstance(data, Mapping):
        return status, line(outcome.text) if status >= 300 else ""
    error = data.get("error")
    if isinstance(error, Mapping):
        code = error.get("code")
        if status < 300 and not data.get("choices") and not data.get("output") and isinstance(code, int) and 400 <= code < 600:
            status = code
        return status, line(str(error.get("message") or error))
    return status, line(str(error or data.get("message") or data.get("detail") or ""))


def codes(outcome: Outcome) -> str:
    """Return the code, type and parameter of an error."""
    error = outcome.data.get("error") if isinstance(outcome.data, Mapping) else None
    source = error if isinstance(error, Mapping) else outcome.data if isinstance(outcome.data, Mapping) else {}
    return " ".join(str(source[name]) for name in ("code", "type", "param") if source.get(name))


def line(text: str) -> str:
    """Return a text as one line of a message: no tags, no line breaks, cut."""
    words = re.sub(r"<[^>]*>", " ", text) if text.lstrip().startswith("<") else text
    return encodable(" ".join(words.split())[:LONGEST]).rstrip(".")
