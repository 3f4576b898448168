"""What the test server says when nobody tells it otherwise, a JSON value that fits the schema, made from a hash of the request; and its frame."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from random import Random
from typing import Any

from kgpaths.llm.request import Message
from kgpaths.llm.tokens import count, prompt_tokens
from kgpaths.llm.wire import IN_WORDS

WORDS = ("fever", "cough", "rash", "pain", "nausea", "fatigue", "headache", "oedema")


@dataclass(frozen=True)
class Used:
    """The tokens of a call."""

    prompt: int
    completion: int
    cached: int = 0  # of the prompt
    reasoning: int = 0  # of the completion


def guessed(prompt: int, completion: int) -> Used:
    """Return the tokens of characters, four a token, some of which were kept or thought."""
    return Used(prompt // 4, completion // 4, prompt // 8, completion // 16)


def counted(body: dict[str, Any], text: str) -> Used:
    """Return the tokens of a call as they are: its messages, with the schema that goes along, and its text."""
    schema = form(body).get("schema") or (form(body).get("json_schema") or {}).get("schema")
    messages = [Message(role=turn["role"], text=turn["content"]) for turn in body.get("messages") or body["input"]]
    return Used(prompt_tokens(messages, json.dumps(schema, separators=(",", ":")) if schema else ""), count(text))


def fitting(body: dict[str, Any]) -> str:
    """Return a text that depends on the request alone."""
    random = Random(sha256(json.dumps(body, sort_keys=True).encode()).digest())
    schema = asked(body)
    if schema is not None:
        return json.dumps(value(schema, schema, random))
    if form(body).get("type") == "json_object":
        return '{"colour": "blue"}'
    return " ".join(random.choices(WORDS, k=150))


def form(body: dict[str, Any]) -> dict[str, Any]:
    """Return the form that a request of either API asks of its reply."""
    found = body.get("response_format") or (body.get("text") or {}).get("format") or {}
    return dict(found)


def asked(body: dict[str, Any]) -> dict[str, Any] | None:
    """Return the schema that a request states, as its form or in words."""
    stated = form(body)
    schema = stated.get("schema") or (stated.get("json_schema") or {}).get("schema")
    if schema is not None:
        return dict(schema)
    for message in body.get("messages") or body.get("input") or ():
        _, found, text = message["content"].partition(IN_WORDS)
        if found:
            return dict(json.JSONDecoder().raw_decode(text)[0])
    return None


def value(schema: dict[str, Any], root: dict[str, Any], random: Random) -> Any:
    """Return a value that fits a schema, as far as schemas are used here."""
    if "$ref" in schema:
        return value(root["$defs"][schema["$ref"].rpartition("/")[2]], root, random)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return random.choice(schema["enum"])
    if "anyOf" in schema:
        return value(random.choice(schema["anyOf"]), root, random)
    kind = schema.get("type", "object")
    if kind == "object":
        return {name: value(inner, root, random) for name, inner in schema.get("properties", {}).items()}
    if kind == "array":
        least = schema.get("minItems", 0)
        return [value(schema["items"], root, random) for _ in range(random.randint(least, min(schema.get("maxItems", least + 3), least + 3)))]
    if kind == "integer":
        return random.randint(schema.get("minimum", 0), schema.get("maximum", 9))
    if kind == "number":
        return random.uniform(schema.get("minimum", 0), schema.get("maximum", 1))
    if kind == "boolean":
        return random.random() < 0.5
    return None if kind == "null" else " ".join(random.choices(WORDS, k=6))[: schema.get("maxLength", 80)]


def as_chat(model: str, text: str, finish: str, refusal: str, used: Used) -> dict[str, Any]:
    """Return a chat completion."""
    message = {"role": "assistant", "content": text if not refusal else None, "refusal": refusal or None}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": None}],
        "usage": {
            "prompt_tokens": used.prompt,
            "completion_tokens": used.completion,
            "total_tokens": used.prompt + used.completion,
            "prompt_tokens_details": {"cached_tokens": used.cached},
            "completion_tokens_details": {"reasoning_tokens": used.reasoning},
        },
    }


def as_response(model: str, text: str, finish: str, refusal: str, used: Used) -> dict[str, Any]:
    """Return a reply of the responses API."""
    content = {"type": "refusal", "refusal": refusal} if refusal else {"type": "output_text", "text": text, "annotations": []}
    reasons = {"length": "max_output_tokens", "content_filter": "content_filter"}
    return {
        "id": "resp_1",
        "object": "response",
        "model": model,
        "status": "incomplete" if finish in reasons else "completed",
        "incomplete_details": {"reason": reasons[finish]} if finish in reasons else None,
        "error": None,
        "output": [{"type": "reasoning", "summary": []}, {"type": "message", "role": "assistant", "content": [content]}],
        "usage": {
            "input_tokens": used.prompt,
            "input_tokens_details": {"cached_tokens": used.cached},
            "output_tokens": used.completion,
            "output_tokens_details": {"reasoning_tokens": used.reasoning},
            "total_tokens": used.prompt + used.completion,
        },
    }
