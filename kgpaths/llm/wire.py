"""A request as the JSON that is sent, and a response's JSON as a reply. Pure: live calls and the Batch API share it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal, cast

from kgpaths.config import LLMSettings
from kgpaths.llm.request import Reply, Request
from kgpaths.model import Noun

Api = Literal["chat", "responses"]
PATHS: dict[Api, str] = {"chat": "/chat/completions", "responses": "/responses"}
STRUCTURED = ("json_schema", "json_schema_unbounded", "json_object_schema", "json_object", "none")
"""How a reply is held to its schema, from the safest: some servers take no bounds of lengths, some only an object, some nothing."""
ROLES = ("system", "developer", "user")
LIMITS = ("max_tokens", "max_completion_tokens", "")
IN_WORDS = "Reply with one JSON object of this JSON schema and with nothing else:\n"
BOUNDS = frozenset(
    {"minLength", "maxLength", "pattern", "format", "minItems", "maxItems", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}
)
LONGEST_DETAIL = 300


class Capabilities(Noun):
    """What a server can do with a model, as the probe found it. The defaults are what most can."""

    api: Api = "chat"
    role: Literal["system", "developer", "user"] = "system"  # of what stands before the conversation; user: merged into its first turn
    limit: Literal["max_tokens", "max_completion_tokens", ""] = "max_tokens"  # the chat API's name of the longest reply; empty: it takes none
    structured: Literal["json_schema", "json_schema_unbounded", "json_object_schema", "json_object", "none"] = "json_schema"
    temperature: bool = True
    effort: bool = True


def identity(settings: LLMSettings, model: str) -> str:
    """Return what a stored reply says it came from: provider, model and revision; never a host, which changes with every job of a cluster."""
    return f"{settings.provider}/{model}" + (f"@{settings.revision}" if settings.revision else "")


def body_of(request: Request, capabilities: Capabilities) -> dict[str, Any]:
    """Return the JSON body that asks for a request's reply on a server with these capabilities.

    Where the server cannot be given the schema, the model is: it ends the instructions.
    """
    structured = capabilities.structured if request.json_schema else "none"
    turns = turns_of(request, capabilities, in_words=structured in ("json_object", "none"))
    if capabilities.api == "responses":
        body: dict[str, Any] = {"model": request.model, "input": turns, "max_output_tokens": request.max_tokens, "store": False}
        if request.reasoning_effort and capabilities.effort:
            body["reasoning"] = {"effort": request.reasoning_effort}
        if structured != "none":
            form = form_of(request, structured)
            body["text"] = {"format": {"type": form["type"], **form.get("json_schema", {})}}
    else:
        body = {"model": request.model, "messages": turns}
        if capabilities.limit:
            body[capabilities.limit] = request.max_tokens
        if request.reasoning_effort and capabilities.effort:
            body["reasoning_effort"] = request.reasoning_effort
        if structured != "none":
            body["response_format"] = form_of(request, structured)
    if request.temperature is not None and capabilities.temperature:
        body["temperature"] = request.temperature
    return body


def turns_of(request: Request, capabilities: Capabilities, *, in_words: bool) -> list[dict[str, str]]:
    """Return the conversation, with the instructions in the role the server knows and the schema in words where it takes none."""
    instructions = [message.text for message in request.messages if message.role == "system"]
    turns = [{"role": message.role, "content": message.text} for message in request.messages if message.role != "system"]
    if in_words and request.json_schema:
        instructions.append(IN_WORDS + request.json_schema)
    if not instructions:
        return turns
    text = "\n\n".join(instructions)
    if capabilities.role != "user":
        return [{"role": capabilities.role, "content": text}, *turns]
    if turns and turns[0]["role"] == "user":
        return [{"role": "user", "content": f"{text}\n\n{turns[0]['content']}"}, *turns[1:]]
    return [{"role": "user", "content": text}, *turns]


def form_of(request: Request, structured: str) -> dict[str, Any]:
    """Return what holds the reply to its schema. Shared between requests: not to be changed."""
    return _form(request.schema_name or "reply", request.json_schema, structured)


@lru_cache(maxsize=256)
def _form(name: str, text: str, structured: str) -> dict[str, Any]:
    if structured == "json_object":
        return {"type": "json_object"}
    schema = json.loads(text)
    if structured == "json_object_schema":
        return {"type": "json_object", "schema": schema}
    if structured == "json_schema_unbounded":
        schema = unbounded(schema)
    return {"type": "json_schema", "json_schema": {"name": name, "schema": schema, "strict": strict(schema)}}


def unbounded(schema: Any) -> Any:
    """Return a schema without bounds of lengths and numbers, which not every server takes. A property may be named like a bound."""
    if isinstance(schema, list):
        return [unbounded(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: {name: unbounded(part) for name, part in value.items()} if key in ("properties", "$defs", "definitions") else unbounded(value)
        for key, value in schema.items()
        if key not in BOUNDS
    }


def strict(schema: Any) -> bool:
    """Tell whether every object of a schema is closed and requires all of its properties, without which OpenAI's strict mode refuses it."""
    if isinstance(schema, list):
        return all(map(strict, schema))
    if not isinstance(schema, dict):
        return True
    properties = schema.get("properties")
    if isinstance(properties, dict) and (schema.get("additionalProperties") is not False or set(schema.get("required", ())) != set(properties)):
        return False
    inner = (list(value.values()) if key in ("properties", "$defs", "definitions") else value for key, value in schema.items())
    return all(map(strict, inner))


def reply_of(data: object, api: Api = "chat") -> Reply:
    """Return the reply that a response's JSON holds; where it has another shape than its API promises, the fault is ``malformed``."""
    if not isinstance(data, Mapping):
        return malformed(f"the response is {kind(data)}, not an object")
    return chat_reply(data) if api == "chat" else response_reply(data)


def chat_reply(data: Mapping[str, Any]) -> Reply:
    """Return the reply of a chat completion."""
    usage = usage_of(data, ("prompt_tokens", "completion_tokens"))
    choices = data.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], Mapping):
        return malformed(f"choices is {kind(choices)}", **usage)
    message, finish = choices[0].get("message"), choices[0].get("finish_reason")
    if not isinstance(message, Mapping):
        return malformed(f"message is {kind(message)}", **usage)
    content, refusal = message.get("content"), message.get("refusal")
    if isinstance(content, list):  # some servers send parts
        content = "".join(str(part.get("text", "")) for part in content if isinstance(part, Mapping))
    if content is not None and not isinstance(content, str):
        return malformed(f"content is {kind(content)}", **usage)
    return finished(content or "", finish, refusal, usage)


def response_reply(data: Mapping[str, Any]) -> Reply:
    """Return the reply of a response of the responses API."""
    usage = usage_of(data, ("input_tokens", "output_tokens"))
    output = data.get("output")
    if not isinstance(output, list):
        return malformed(f"output is {kind(output)}", **usage)
    contents = [item.get("content") or [] for item in output if isinstance(item, Mapping) and item.get("type") == "message"]
    parts = [part for content in contents for part in (content if isinstance(content, list) else [content])]
    if not all(isinstance(part, Mapping) for part in parts):
        return malformed("the output's content is no list of objects", **usage)
    texts = [part.get("text") for part in parts if part.get("type") == "output_text"]
    if not all(isinstance(text, str) for text in texts):
        return malformed("the output's text is no text", **usage)
    refusals = [part.get("refusal") or "no reason given" for part in parts if part.get("type") == "refusal"]
    status, why = data.get("status"), data.get("incomplete_details")
    reason = why.get("reason") if isinstance(why, Mapping) else None
    if status == "failed":
        return malformed(f"failed: {data.get('error')}", **usage)
    finish = {"max_output_tokens": "length"}.get(str(reason), reason) or ("length" if status == "incomplete" else "stop")
    return finished("".join(cast(list[str], texts)), finish, refusals[0] if refusals else None, usage)


def finished(text: str, finish: object, refusal: object, usage: Mapping[str, Any]) -> Reply:
    """Return a reply with the fault that its end means."""
    text = encodable(text)
    if isinstance(refusal, str) and refusal:
        return Reply(text=text, fault="refusal", detail=encodable(refusal)[:LONGEST_DETAIL], **usage)
    if finish == "content_filter":
        return Reply(text=text, fault="content_filter", detail="the reply was filtered", **usage)
    if finish == "length":
        return Reply(text=text, fault="length", detail="the reply was cut at its longest", **usage)
    if not text.strip():
        return Reply(text=text, fault="empty", detail=f"ended with {finish}" if finish else "", **usage)
    return Reply(text=text, **usage)


def malformed(detail: str, **usage: Any) -> Reply:
    """Return the reply that stands for a response nobody can read."""
    return Reply(fault="malformed", detail=encodable(detail)[:LONGEST_DETAIL], **usage)


def usage_of(data: Mapping[str, Any], names: tuple[str, str]) -> dict[str, Any]:
    """Return the tokens a response states, and the model; zero and empty where it states none."""
    usage, model = data.get("usage"), data.get("model")
    found: dict[str, Any] = {"model": encodable(model) if isinstance(model, str) else ""}
    if not isinstance(usage, Mapping):
        return found
    prompt, completion = (usage.get(f"{name}_details") for name in names)
    return found | {
        "prompt_tokens": number(usage.get(names[0])),
        "completion_tokens": number(usage.get(names[1])),
        "cached_tokens": number(prompt.get("cached_tokens")) if isinstance(prompt, Mapping) else 0,
        "reasoning_tokens": number(completion.get("reasoning_tokens")) if isinstance(completion, Mapping) else 0,
    }


def number(value: object) -> int:
    """Return a count as it is stated, zero for what is none."""
    return int(value) if isinstance(value, int | float) and value == value and 0 <= value < 1e12 else 0


def kind(value: object) -> str:
    """Name what a value is, as JSON names it."""
    if value is None:
        return "null"
    names = {
        dict: "an object",
        list: "an empty list" if value == [] else "a list",
        str: "a text",
        bool: "a truth value",
        int: "a number",
        float: "a number",
    }
    return names.get(type(value), "missing")


def encodable(text: str) -> str:
    """Return a text that UTF-8 can hold: JSON may escape one half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
