"""A request as JSON, for every server, and every shape of a response as a reply."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kgpaths.llm.request import Message, Reply, Request
from kgpaths.llm.wire import IN_WORDS, Capabilities, body_of, reply_of, strict, unbounded

SCHEMA = {"type": "object", "properties": {"a": {"type": "string", "maxLength": 9}}, "required": ["a"], "additionalProperties": False}
REQUEST = Request(
    model="m",
    messages=(
        Message(role="system", text="Be brief."),
        Message(role="user", text="Why?"),
        Message(role="assistant", text="So."),
        Message(role="user", text="?"),
    ),
    schema_name="r",
    json_schema=json.dumps(SCHEMA),
    temperature=0.5,
    reasoning_effort="low",
    max_tokens=50,
)
TURNS = [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "So."}, {"role": "user", "content": "?"}]
FORM = {"name": "r", "schema": SCHEMA, "strict": True}


def test_the_body_of_a_chat() -> None:
    assert body_of(REQUEST, Capabilities()) == {
        "model": "m",
        "messages": [{"role": "system", "content": "Be brief."}, *TURNS],
        "max_tokens": 50,
        "reasoning_effort": "low",
        "response_format": {"type": "json_schema", "json_schema": FORM},
        "temperature": 0.5,
    }


def test_the_body_of_a_response() -> None:
    assert body_of(REQUEST, Capabilities(api="responses", role="developer")) == {
        "model": "m",
        "input": [{"role": "developer", "content": "Be brief."}, *TURNS],
        "max_output_tokens": 50,
        "store": False,
        "reasoning": {"effort": "low"},
        "text": {"format": {"type": "json_schema", **FORM}},
        "temperature": 0.5,
    }


def test_the_body_for_a_server_that_can_do_little() -> None:
    words = f"Be brief.\n\n{IN_WORDS}{REQUEST.json_schema}"
    least = Capabilities(role="user", limit="", structured="none", temperature=False, effort=False)
    assert body_of(REQUEST, least) == {"model": "m", "messages": [{"role": "user", "content": f"{words}\n\nWhy?"}, *TURNS[1:]]}
    some = body_of(REQUEST, Capabilities(structured="json_object", limit="max_completion_tokens"))
    assert some["response_format"] == {"type": "json_object"} and some["max_completion_tokens"] == 50
    assert some["messages"][0] == {"role": "system", "content": words}
    with_schema = body_of(REQUEST, Capabilities(structured="json_object_schema"))
    assert with_schema["response_format"] == {"type": "json_object", "schema": SCHEMA} and IN_WORDS not in json.dumps(with_schema)


def test_what_is_not_asked_for_is_not_sent() -> None:
    plain = Request(model="m", messages=(Message(role="user", text="Why?"),))
    for can in (Capabilities(), Capabilities(structured="none"), Capabilities(role="user")):
        assert body_of(plain, can) == {"model": "m", "messages": [{"role": "user", "content": "Why?"}], "max_tokens": 2_000}


def test_bounds_are_taken_from_schemas_and_not_from_names() -> None:
    schema = {
        "type": "object",
        "properties": {
            "format": {"type": "string", "maxLength": 5},
            "maxItems": {"type": "array", "maxItems": 3, "items": {"$ref": "#/$defs/pattern"}},
        },
        "$defs": {"pattern": {"anyOf": [{"type": "integer", "minimum": 1}, {"const": "minimum"}]}},
        "required": ["format", "maxItems"],
    }
    assert unbounded(schema) == {
        "type": "object",
        "properties": {"format": {"type": "string"}, "maxItems": {"type": "array", "items": {"$ref": "#/$defs/pattern"}}},
        "$defs": {"pattern": {"anyOf": [{"type": "integer"}, {"const": "minimum"}]}},
        "required": ["format", "maxItems"],
    }


def test_only_closed_schemas_are_strict() -> None:
    assert strict(SCHEMA)
    assert not strict({**SCHEMA, "required": []})
    assert not strict({**SCHEMA, "additionalProperties": True})
    assert not strict({"type": "array", "items": {"type": "object", "properties": {}}})
    assert not strict({"anyOf": [SCHEMA, {"type": "object", "properties": {"b": {}}}]})


def chat(content: Any = "text", finish: Any = "stop", **message: Any) -> dict[str, Any]:
    """Return a chat completion."""
    usage = {
        "prompt_tokens": 9,
        "completion_tokens": 4,
        "completion_tokens_details": {"reasoning_tokens": 3},
        "prompt_tokens_details": {"cached_tokens": 5},
    }
    return {"model": "m-1", "choices": [{"message": {"content": content, **message}, "finish_reason": finish}], "usage": usage}


TOKENS = {"model": "m-1", "prompt_tokens": 9, "completion_tokens": 4, "reasoning_tokens": 3, "cached_tokens": 5}


@pytest.mark.parametrize(
    ("data", "reply"),
    [
        (chat(), Reply(text="text", **TOKENS)),
        (chat(finish=None), Reply(text="text", **TOKENS)),
        (chat([{"type": "text", "text": "te"}, {"type": "text", "text": "xt"}]), Reply(text="text", **TOKENS)),
        (chat("\ud83d\ude00 \ud83d"), Reply(text="😀 �", **TOKENS)),
        (chat(finish="length"), Reply(text="text", fault="length", detail="the reply was cut at its longest", **TOKENS)),
        (chat(finish="content_filter"), Reply(text="text", fault="content_filter", detail="the reply was filtered", **TOKENS)),
        (chat(None, refusal="No."), Reply(fault="refusal", detail="No.", **TOKENS)),
        (chat(""), Reply(fault="empty", detail="ended with stop", **TOKENS)),
        (chat(None, "tool_calls"), Reply(fault="empty", detail="ended with tool_calls", **TOKENS)),
        (chat(" \n"), Reply(text=" \n", fault="empty", detail="ended with stop", **TOKENS)),
        (chat({"text": "?"}), Reply(fault="malformed", detail="content is an object", **TOKENS)),
        ({**chat(), "choices": None}, Reply(fault="malformed", detail="choices is null", **TOKENS)),
        ({**chat(), "choices": []}, Reply(fault="malformed", detail="choices is an empty list", **TOKENS)),
        ({**chat(), "choices": [{"message": None}]}, Reply(fault="malformed", detail="message is null", **TOKENS)),
        ({**chat(), "usage": None, "model": None}, Reply(text="text")),
        ({**chat(), "usage": {"prompt_tokens": "9", "completion_tokens": -4, "prompt_tokens_details": []}}, Reply(text="text", model="m-1")),
        ("<html>", Reply(fault="malformed", detail="the response is a text, not an object")),
        (None, Reply(fault="malformed", detail="the response is null, not an object")),
        ([], Reply(fault="malformed", detail="the response is an empty list, not an object")),
        ({}, Reply(fault="malformed", detail="choices is null")),
    ],
)
def test_replies_of_chats(data: Any, reply: Reply) -> None:
    assert reply_of(data) == reply


def response(*content: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """Return a response."""
    usage = {"input_tokens": 9, "output_tokens": 4, "output_tokens_details": {"reasoning_tokens": 3}, "input_tokens_details": {"cached_tokens": 5}}
    output = [{"type": "reasoning", "summary": []}, {"type": "message", "content": list(content)}]
    return {"model": "m-1", "status": "completed", "output": output, "usage": usage, **changed}


TEXT = {"type": "output_text", "text": "text"}


@pytest.mark.parametrize(
    ("data", "reply"),
    [
        (response(TEXT), Reply(text="text", **TOKENS)),
        (response(TEXT, TEXT), Reply(text="texttext", **TOKENS)),
        (response(), Reply(fault="empty", detail="ended with stop", **TOKENS)),
        (response({"type": "refusal", "refusal": "No."}), Reply(fault="refusal", detail="No.", **TOKENS)),
        (
            response(TEXT, status="incomplete", incomplete_details={"reason": "max_output_tokens"}),
            Reply(text="text", fault="length", detail="the reply was cut at its longest", **TOKENS),
        ),
        (
            response(status="incomplete", incomplete_details={"reason": "content_filter"}),
            Reply(fault="content_filter", detail="the reply was filtered", **TOKENS),
        ),
        (response(status="failed", error={"code": "x"}), Reply(fault="malformed", detail="failed: {'code': 'x'}", **TOKENS)),
        (response(output=None), Reply(fault="malformed", detail="output is null", **TOKENS)),
        (response("text"), Reply(fault="malformed", detail="the output's content is no list of objects", **TOKENS)),
        (response({"type": "output_text"}), Reply(fault="malformed", detail="the output's text is no text", **TOKENS)),
        (
            response(output=[{"type": "message", "content": 7}]),
            Reply(fault="malformed", detail="the output's content is no list of objects", **TOKENS),
        ),
    ],
)
def test_replies_of_responses(data: Any, reply: Reply) -> None:
    assert reply_of(data, "responses") == reply
