"""What is asked of a model, and what comes back. No I/O."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from kgpaths.model import Noun, digest

Role = Literal["system", "user", "assistant"]
LONGEST_QUOTE = 8_000  # characters of a reply that are sent back to have it repaired


class Message(Noun):
    """One turn of a conversation."""

    role: Role
    text: str


class Request(Noun):
    """One thing asked of a model: all of it that does not depend on which server answers.

    ``sample`` tells apart requests that are the same otherwise, ``attempt`` those that follow an unusable reply.
    """

    model: str
    messages: tuple[Message, ...]
    schema_name: str = ""
    json_schema: str = ""  # the reply's JSON schema as JSON; empty for free text
    temperature: float | None = None  # None: the server's own
    reasoning_effort: str = ""  # empty: the server's own
    max_tokens: int = 2_000  # of the reply, reasoning included
    prompt: str = ""  # hash of the prompt files
    sample: int = 0
    attempt: int = 0

    def again(self, attempt: int) -> Request:
        """Return the same request as another attempt, with a key of its own."""
        return self.model_copy(update={"attempt": attempt})

    def repair(self, reply: str, error: str) -> Request:
        """Return the request that shows the model its own unusable reply and what is wrong with it."""
        said = Message(role="assistant", text=reply[:LONGEST_QUOTE])
        asked = Message(role="user", text=f"That reply cannot be used: {error}. Send the whole reply again, as one JSON object of the schema.")
        return self.model_copy(update={"messages": (*self.messages, said, asked)})


def key(request: Request, identity: str, api: str, body: object) -> str:
    """Return what a reply is stored under: a hash of all that influenced it.

    ``identity`` names the endpoint (provider, model, revision; never a host), ``api`` the kind of API, ``body`` is what is sent.
    """
    return digest([identity, api, body, request.prompt, request.json_schema, request.sample, request.attempt])


class Reply(Noun):
    """What a model said, with what it cost. ``fault`` is empty where the reply is whole; else the reason nobody can use it."""

    text: str = ""
    fault: Literal["", "refusal", "content_filter", "length", "empty", "malformed", "refused_request"] = ""
    detail: str = ""  # what a refusal said, or what is wrong
    model: str = ""  # as the server names it
    prompt_tokens: int = 0
    completion_tokens: int = 0  # reasoning included
    reasoning_tokens: int = 0
    cached_tokens: int = 0  # of the prompt, which some servers sell cheaper

    @property
    def tokens(self) -> int:
        """Return all tokens paid for."""
        return self.prompt_tokens + self.completion_tokens


Check = Callable[[str], str]
"""Tells what is wrong with a reply's text, empty where it can be used. Pure, and quick."""


def fine(text: str) -> str:
    """Find nothing wrong."""
    return ""


@dataclass(frozen=True)
class Ask:
    """A request with what makes its reply usable."""

    request: Request
    check: Check = fine
    attempts: int = 0  # the most; 0: as many as is usual


@dataclass(frozen=True)
class Answer:
    """What came of an ``Ask``: the last reply, what is wrong with it (empty where it can be used), and every reply that was paid for."""

    reply: Reply
    error: str = ""
    replies: tuple[Reply, ...] = field(default=())
