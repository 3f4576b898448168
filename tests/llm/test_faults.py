"""What servers say, and what it means. The texts are those that OpenAI, Azure, vLLM, Ollama, llama.cpp and proxies send."""

from __future__ import annotations

from typing import Any

import pytest

from kgpaths.llm.faults import Kind, Outcome, judge

BODY = {"model": "m", "messages": [], "max_tokens": 10, "temperature": 0.5, "response_format": {}, "reasoning_effort": "low"}


def openai(message: str, code: str | None = None, **more: Any) -> dict[str, Any]:
    """Return an error as OpenAI sends it."""
    return {"error": {"message": message, "type": "invalid_request_error", "code": code, "param": None, **more}}


@pytest.mark.parametrize(
    ("status", "data", "kind", "features"),
    [
        (200, {"choices": [{}]}, "reply", ()),
        (200, {"choices": [{}], "error": None}, "reply", ()),
        (200, {"error": {"code": 502, "message": "Provider returned error"}}, "failing", ()),  # OpenRouter
        (200, {"error": {"code": 429, "message": "rate limited"}}, "busy", ()),
        (429, openai("Rate limit reached for gpt-4o in organization x on requests per min (RPM)", "rate_limit_exceeded"), "busy", ()),
        (429, openai("You exceeded your current quota", "insufficient_quota"), "stop", ()),
        (
            429,
            {"error": {"code": 429, "message": "You exceeded your current quota, please check your plan", "status": "RESOURCE_EXHAUSTED"}},
            "busy",
            (),
        ),
        (429, openai("Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 40000"), "refused", ()),
        (401, openai("Incorrect API key provided", "invalid_api_key"), "stop", ()),
        (402, openai("Insufficient Balance"), "stop", ()),
        (403, openai("Country, region, or territory not supported"), "stop", ()),
        (403, {"error": {"code": 403, "message": "Your chosen model requires moderation and your input was flagged"}}, "filtered", ()),
        (404, openai("The model `gpt-9` does not exist or you do not have access to it.", "model_not_found"), "stop", ()),
        (404, {"error": {"code": "DeploymentNotFound", "message": "The API deployment for this resource does not exist."}}, "stop", ()),
        (404, openai("This model is only supported in v1/responses and not in v1/chat/completions."), "no_api", ()),
        (404, {"detail": "Not Found"}, "no_api", ()),
        (405, {"detail": "Method Not Allowed"}, "no_api", ()),
        (400, openai("This model's maximum context length is 128000 tokens, however max_tokens…", "context_length_exceeded"), "refused", ()),
        (400, {"object": "error", "message": "'max_tokens' is too large: 9000. This model's maximum context length is 8192 tokens"}, "refused", ()),
        (400, {"error": {"code": 400, "message": "the request exceeds the available context size, try increasing it"}}, "refused", ()),
        (413, None, "refused", ()),
        (400, {"error": {"code": "content_filter", "message": "The response was filtered", "innererror": {}}}, "filtered", ()),
        (400, openai("Unsupported parameter: 'max_tokens' is not supported with this model.", "unsupported_parameter"), "feature", ("limit",)),
        (400, openai("Unsupported value: 'temperature' does not support 0.2 with this model."), "feature", ("temperature",)),
        (400, openai("Invalid schema for response_format 'r': 'maxLength' is not permitted."), "feature", ("structured",)),
        (500, openai("[{'type': 'literal_error', 'loc': ('body', 'response_format', 'type')}]"), "feature", ("structured",)),
        (400, {"message": "Unexpected role 'developer'", "code": 400}, "feature", ("role",)),
        (400, {"error": "System role not supported"}, "feature", ("role",)),
        (422, {"detail": [{"loc": ["body", "reasoning_effort"], "msg": "Extra inputs are not permitted"}]}, "feature", ("effort",)),
        (400, openai("Something else"), "refused", ()),
        (500, openai("The server had an error while processing your request"), "failing", ()),
        (503, openai("That model is overloaded: response_format"), "failing", ()),
        (408, None, "failing", ()),
        (529, {"error": {"message": "Overloaded"}}, "failing", ()),
        (301, None, "stop", ()),
    ],
)
def test_verdicts(status: int, data: Any, kind: Kind, features: tuple[str, ...]) -> None:
    verdict = judge(Outcome(status, data), BODY)
    assert (verdict.kind, verdict.features) == (kind, features), verdict


def test_a_feature_that_was_not_used_is_not_the_reason() -> None:
    assert judge(Outcome(400, openai("temperature of the server too high")), {"messages": []}).kind == "refused"


@pytest.mark.parametrize(
    ("text", "kind"),
    [("connection refused", "unreached"), ("no whole answer in 3 s", "slow"), ("CERTIFICATE_VERIFY_FAILED", "stop")],
)
def test_no_answer(text: str, kind: Kind) -> None:
    assert judge(Outcome(0, text=text), BODY).kind == kind


def test_words_are_one_short_line() -> None:
    verdict = judge(Outcome(502, None, "<html>\n<head><title>502 Bad Gateway</title></head>\n" + "<p>x</p>" * 999), BODY)
    assert verdict.words.startswith("502 Bad Gateway x x") and "\n" not in verdict.words and len(verdict.words) < 310
    assert judge(Outcome(400, {"error": {"message": "half \ud83d"}}), BODY).words.encode() == "half � (400)".encode()
    assert judge(Outcome(500, None, ""), BODY).words == "status 500"
