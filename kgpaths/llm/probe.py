"""Find out what a server can do with a model: from what most can, one step down for each thing it refuses, or takes and ignores.

A server that refuses without saying what is asked from the other end: from the plainest request, one feature up at a time.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any, get_args

from kgpaths.config import LLMSettings
from kgpaths.errors import ServerError
from kgpaths.llm.faults import Outcome, Verdict
from kgpaths.llm.request import Message, Reply, Request
from kgpaths.llm.wire import LIMITS, ROLES, STRUCTURED, Api, Capabilities, reply_of

Post = Callable[[Request, Capabilities], Awaitable[tuple[Outcome, Verdict]]]
"""Sends a request as if the server could do that, until it answers, whatever it says."""

PLANTS = ("tulip", "walnut")
SCHEMA = {
    "type": "object",
    "properties": {"word": {"type": "string", "enum": list(PLANTS)}, "why": {"type": "string", "maxLength": 40}},
    "required": ["word", "why"],
    "additionalProperties": False,
}
"""No model names a plant when asked for a colour, unless it is held to the schema."""
SHORT, ROOM = 16, 600  # tokens: the least that the responses API takes; enough to think and answer
TRIES = 3  # of what may be chance, an internal error or a useless reply, before it is taken for an answer
MOST_STEPS = 16
RUNGS: dict[str, tuple[Any, ...]] = {"structured": STRUCTURED, "role": ROLES, "limit": LIMITS, "temperature": (True, False), "effort": (True, False)}
"""Every feature, from what is best to what always works."""
PLAIN = {feature: rungs[-1] for feature, rungs in RUNGS.items()}


def shaped(model: str, settings: LLMSettings) -> Request:
    """Return a request whose reply tells whether its schema was kept."""
    messages = (
        Message(role="system", text="You answer with one JSON object and nothing else."),
        Message(role="user", text="Name a colour, in JSON."),
    )
    return Request(
        model=model,
        messages=messages,
        schema_name="probe",
        json_schema=json.dumps(SCHEMA),
        temperature=0.7,
        reasoning_effort=settings.reasoning_effort,
        max_tokens=ROOM,
    )


def short(model: str, settings: LLMSettings) -> Request:
    """Return a request whose reply tells whether its length was kept. It also serves to see whether a server is alive."""
    text = "Count from one to one hundred in words, separated by commas."
    return Request(model=model, messages=(Message(role="user", text=text),), reasoning_effort=settings.reasoning_effort, max_tokens=SHORT)


async def probe(post: Post, model: str, settings: LLMSettings) -> Capabilities:
    """Return what a server can do with a model. Raises ServerError where no request of ours is answered."""
    prober = Prober(post, model, settings)
    return await prober.limit(await prober.down())


class Prober:
    """Asks one server about one model."""

    def __init__(self, post: Post, model: str, settings: LLMSettings) -> None:
        self.post, self.model, self.settings = post, model, settings
        self.apis: tuple[Api, ...] = get_args(Api) if settings.api == "auto" else (settings.api,)

    async def ask(self, can: Capabilities, request: Request) -> tuple[Verdict, Reply]:
        """Return what the server makes of a request. A reply that may be chance is asked for again."""
        for left in reversed(range(TRIES)):
            outcome, verdict = await self.post(request, can)
            reply = reply_of(outcome.data, can.api) if verdict.kind == "reply" else Reply()
            useless = reply.fault in ("empty", "malformed") or not kept(reply, can, request)
            if verdict.kind != "reply" or not useless or not left:
                break
        if verdict.kind == "reply" and reply.fault == "malformed":
            said = f"does not speak the OpenAI API: {outcome.text[:80] or reply.detail}"
            return Verdict("refused", " ".join(said.split()), "is llm.base_url right? it often ends in /v1"), reply
        return verdict, reply

    async def down(self) -> Capabilities:
        """Step down from what most servers can."""
        request = shaped(self.model, self.settings)
        can = Capabilities(api=self.apis[0])
        for _ in range(MOST_STEPS):
            verdict, reply = await self.ask(can, request)
            if verdict.kind == "reply":
                if kept(reply, can, request):
                    return can
                can = lower(can, "structured") or can
            elif verdict.kind == "feature" and (less := self.without(can, verdict)):
                can = less
            elif verdict.kind == "no_api" and can.api != self.apis[-1]:
                can = Capabilities(api=self.apis[-1])
            elif verdict.kind == "no_api":
                raise ServerError(f"answers neither {' nor '.join(self.apis)}: {verdict.words}", mend=verdict.mend)
            else:
                return await self.up(can.api, request, verdict)
        return can

    def without(self, can: Capabilities, verdict: Verdict) -> Capabilities | None:
        """Return the capabilities without what a server complains about, None where they are as low already."""
        less = can
        for feature in verdict.features:
            less = lower(less, feature) or less
        return less if less != can else None

    async def up(self, api: Api, request: Request, refused: Verdict) -> Capabilities:
        """Step up from the plainest request. Raises ServerError where not even that is answered."""
        can = Capabilities(api=api, **PLAIN)
        verdict, _ = await self.ask(can, request)
        if verdict.kind != "reply":
            raise ServerError(verdict.words or refused.words, mend=verdict.mend)
        for feature, rungs in RUNGS.items():
            for rung in rungs[:-1]:
                more = can.model_copy(update={feature: rung})
                if (feature, rung) == ("structured", "json_object_schema") and api == "responses":
                    continue
                verdict, reply = await self.ask(more, request)
                if verdict.kind == "reply" and kept(reply, more, request):
                    can = more
                    break
        return can

    async def limit(self, can: Capabilities) -> Capabilities:
        """Return the capabilities with the name under which this server keeps to the longest reply: some take another and ignore it."""
        request = short(self.model, self.settings)
        while can.api == "chat" and can.limit:
            verdict, reply = await self.ask(can, request)
            if verdict.kind not in ("reply", "feature") or (verdict.kind == "reply" and kept(reply, can, request)):
                break
            can = can.model_copy(update={"limit": LIMITS[LIMITS.index(can.limit) + 1]})
        return can


def kept(reply: Reply, can: Capabilities, request: Request) -> bool:
    """Tell whether a reply kept what was asked of it, as far as it shows: one that was cut or refused shows nothing of a schema."""
    if not request.json_schema:
        return reply.fault == "length" or (reply.completion_tokens <= 3 * SHORT and len(reply.text) <= 24 * SHORT)
    if reply.fault or can.structured in ("json_object", "none"):
        return True
    try:
        return dict(json.loads(reply.text, strict=False)).get("word") in PLANTS
    except (ValueError, TypeError):
        return False


def lower(can: Capabilities, feature: str) -> Capabilities | None:
    """Return the capabilities with one feature a step lower, None where there is none."""
    rungs = [rung for rung in RUNGS[feature] if not (rung == "json_object_schema" and can.api == "responses")]
    at = rungs.index(getattr(can, feature))
    return can.model_copy(update={feature: rungs[at + 1]}) if at + 1 < len(rungs) else None
