"""The test server's Batch API: files and batches, answered by the server's own chat and responses, with whatever goes wrong with batches.

Importing this adds to the server's routes: ``serving(routes="tests.llm.batches")``. ``plan(server, …)`` sets what goes wrong, ``seen(server)``
tells what there is.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.llm.server import ROUTES, Call, Route, Sent, Serving, State, answer, as_json, error, frozen

APIS = {"/v1/chat/completions": "chat", "/v1/responses": "responses"}


@dataclass(frozen=True)
class Plan:
    """What goes wrong. Counts are of a file's first lines."""

    absent: bool = False  # there is no Batch API
    ends: str = "completed"  # how a batch ends: completed, expired, cancelled, failed; empty: it does not
    polls: int = 0  # times it is seen in progress before
    answered: float = 1.0  # share of its lines that are answered before it ends
    errors: int = 0  # lines that the server fails at
    refusals: int = 0  # lines it refuses
    missing: int = 0  # lines that stand in neither file
    twice: int = 0  # lines that stand twice in the output
    strange: int = 0  # lines in the output that nobody asked
    torn: int = 0  # bytes that the output lacks at its end
    breaks: bool = False  # the connection breaks off before a file is whole
    portal: bool = False  # something on the way answers with a page of its own
    gone: bool = False  # output files are there no more
    deaf: int = 0  # batches that are made, and nobody is told
    busy: int = 0  # calls that are answered by 429
    page: int = 2  # batches of a page
    others: bool = True  # whether batches of other people are listed, too
    most_lines: int = 50_000


@dataclass
class Desk:
    """The files and batches, as they are told, and how often each was looked at."""

    plan: Plan = field(default_factory=Plan)
    files: dict[str, str] = field(default_factory=dict)
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)
    looked: dict[str, int] = field(default_factory=dict)


DESK = Desk()
"""Those of this process, which serves one server."""


def guarded(route: Route) -> Route:
    """Return a route that asks for the key, and answers as a server without this API where there is none."""

    def checked(state: State, call: Call) -> Sent:
        given, found = call.headers.get("authorization", "").removeprefix("Bearer "), DESK
        if state.options.key and given != state.options.key:
            return error(401, f"Incorrect API key provided: {given}. Headers: {call.headers}", "invalid_api_key")
        if found.plan.absent:
            return as_json({"detail": "Not Found"}, 404)
        if found.plan.busy:
            found.plan = Plan(**(asdict(found.plan) | {"busy": found.plan.busy - 1}))
            return error(429, "Rate limit reached for batches", "rate_limit_exceeded", None, "retry-after: 0")
        return route(state, call)

    return checked


def upload(state: State, call: Call) -> Sent:
    """Take a file."""
    message = BytesParser(policy=HTTP).parsebytes(b"content-type: " + call.headers["content-type"].encode() + b"\r\n\r\n" + call.body)
    parts = {part.get_param("name", header="content-disposition"): part for part in message.iter_parts()}
    assert parts["purpose"].get_content().strip() == "batch"
    data = parts["file"].get_payload(decode=True)
    files = DESK.files
    name = f"file-{len(files)}"
    files[name] = data.decode()
    return as_json({"id": name, "object": "file", "bytes": len(data), "filename": parts["file"].get_filename(), "purpose": "batch"})


def content(state: State, call: Call) -> Sent:
    """Send a file."""
    found, name = DESK, call.path.split("/")[3]
    if name not in found.files or found.plan.gone:
        return error(404, f"No such File object: {name}")
    data = b"<html>Welcome. Please log in.</html>" if found.plan.portal else found.files[name].encode()
    return Sent(body=data, headers=("content-type: application/octet-stream",), manner="cut" if found.plan.breaks else "whole")


def create(state: State, call: Call) -> Sent:
    """Make a batch. What is wrong with its file shows in the batch."""
    found, body = DESK, call.json()
    if body["input_file_id"] not in found.files:
        return error(400, f"No such File object: {body['input_file_id']}")
    name = f"batch_{len(found.batches)}"
    lines = [json.loads(text) for text in found.files[body["input_file_id"]].split("\n")[:-1]]
    wrong = invalid(lines, body["endpoint"], found.plan)
    found.batches[name] = {
        "id": name,
        "object": "batch",
        "endpoint": body["endpoint"],
        "input_file_id": body["input_file_id"],
        "completion_window": body["completion_window"],
        "status": "failed" if wrong else "validating",
        "errors": {"object": "list", "data": [{"code": "invalid", "message": wrong}]} if wrong else None,
        "metadata": body.get("metadata"),
        "request_counts": {"total": len(lines), "completed": 0, "failed": 0},
        "created_at": 1,
    }
    if found.plan.deaf:
        found.plan = Plan(**(asdict(found.plan) | {"deaf": found.plan.deaf - 1}))
        return Sent(manner="reset")
    return as_json(found.batches[name])


def invalid(lines: list[dict[str, Any]], endpoint: str, plan: Plan) -> str:
    """Return what is wrong with a request file, as the provider would check it."""
    names = [line["custom_id"] for line in lines]
    if not lines or len(lines) > plan.most_lines:
        return "the file is empty or too long"
    if len(set(names)) != len(names) or max(map(len, names)) > 64:
        return "custom_id is not unique, or too long"
    if {line["url"] for line in lines} != {endpoint} or len({line["body"]["model"] for line in lines}) != 1 or endpoint not in APIS:
        return "more than one model, or another endpoint"
    return "Enqueued token limit reached" if plan.ends == "failed" else ""


def listed(state: State, call: Call) -> Sent:
    """List a page of batches, the newest first; among them are some of other people."""
    found, asked = DESK, parse_qs(urlsplit(call.path).query)
    rows = [found.batches[name] for name in reversed(found.batches)]
    if found.plan.others:
        rows = [{"id": f"foreign_{number}", "status": "in_progress", "metadata": None} for number in range(3)] + rows
    names = [row["id"] for row in rows]
    start = names.index(asked["after"][0]) + 1 if "after" in asked else 0
    page = rows[start : start + min(found.plan.page, int(asked.get("limit", ["20"])[0]))]
    return as_json({"object": "list", "data": page, "has_more": start + len(page) < len(rows)})


def retrieve(state: State, call: Call) -> Sent:
    """Tell of a batch, and have it end when it is time."""
    found, name = DESK, call.path.split("/")[3]
    if name not in found.batches:
        return error(404, f"No batch found with id '{name}'.")
    batch = found.batches[name]
    found.looked[name] = found.looked.get(name, 0) + 1
    if batch["status"] in ("validating", "in_progress") and found.plan.ends:
        batch["status"] = "in_progress"
        if found.looked[name] > found.plan.polls:
            finish(state, call, batch, found.plan.ends)
    elif batch["status"] == "cancelling":
        finish(state, call, batch, "cancelled")
    return as_json(batch)


def cancel(state: State, call: Call) -> Sent:
    """Cancel a batch."""
    found, name = DESK, call.path.split("/")[3]
    if name not in found.batches:
        return error(404, f"No batch found with id '{name}'.")
    batch = found.batches[name]
    if batch["status"] not in ("validating", "in_progress"):
        return error(409, f"Cannot cancel a batch with status '{batch['status']}'.")
    batch["status"] = "cancelling"
    return as_json(batch)


def finish(state: State, call: Call, batch: dict[str, Any], status: str) -> None:
    """Answer the lines of a batch and end it."""
    found, plan = DESK, DESK.plan
    lines = found.files[batch["input_file_id"]].split("\n")[:-1]
    until = round(len(lines) * plan.answered)
    output, errors = [], []
    for number, text in enumerate(lines):
        line = json.loads(text)
        row = {"id": f"batch_req_{number}", "custom_id": line["custom_id"], "response": None, "error": None}
        if number < plan.missing:
            continue
        if number >= until:
            code = "batch_expired" if status == "expired" else "batch_cancelled"
            errors.append(row | {"error": {"code": code, "message": "This request could not be executed before the completion window expired."}})
            continue
        status_code, body = said(state, call, line, number - plan.missing, plan)
        (output if status_code == 200 else errors).append(row | {"response": {"status_code": status_code, "request_id": "r", "body": body}})
    output += output[: plan.twice] + [
        {"id": "x", "custom_id": f"nobody-{n}", "response": {"status_code": 200, "body": {}}} for n in range(plan.strange)
    ]
    batch["request_counts"] |= {"completed": len(output), "failed": len(errors)}
    for name, rows in (("output_file_id", output), ("error_file_id", errors)):
        if rows:
            batch[name] = f"{batch['id']}_{name}"
            whole = "".join(json.dumps(row) + "\n" for row in rows)
            found.files[batch[name]] = whole[: len(whole) - plan.torn] if name == "output_file_id" else whole
    batch["status"] = status


def said(state: State, call: Call, line: dict[str, Any], number: int, plan: Plan) -> tuple[int, Any]:
    """Return the status and body of the server's answer to one line."""
    if number < plan.errors:
        return 500, {"error": {"message": "The server had an error", "type": "server_error", "code": None}}
    if number < plan.errors + plan.refusals:
        return 400, {"error": {"message": "Invalid 'input': too deep", "type": "invalid_request_error", "code": None}}
    data = json.dumps(line["body"]).encode()
    sent = answer(state, Call("POST", line["url"], call.headers, data), APIS[line["url"]])
    if sent.manner != "whole":
        return 500, {"error": {"message": "The upstream connection broke"}}
    if sent.usable:
        state.usable[sha256(data).hexdigest()[:16]] += 1
    try:
        return sent.status, json.loads(sent.body)
    except ValueError:
        return sent.status, sent.body.decode()


def planned(state: State, call: Call) -> Sent:
    """Change what goes wrong."""
    DESK.plan = Plan(**frozen(call.json()))
    return as_json({}, now=True)


def clear(state: State, call: Call) -> Sent:
    """Forget all files and batches, and what was asked and served."""
    DESK.plan, DESK.files, DESK.batches, DESK.looked = Plan(), {}, {}, {}
    for counts in (state.asked, state.usable, state.faults):
        counts.clear()
    return as_json({}, now=True)


def told(state: State, call: Call) -> Sent:
    """Tell all files and batches."""
    return as_json(asdict(DESK), now=True)


ADDED: dict[str, Callable[[State, Call], Sent]] = {
    "POST /v1/files": upload,
    "GET /v1/files/*/content": content,
    "POST /v1/batches": create,
    "GET /v1/batches": listed,
    "GET /v1/batches/*": retrieve,
    "POST /v1/batches/*/cancel": cancel,
}
ROUTES.update({name: guarded(route) for name, route in ADDED.items()})
ROUTES.update({"POST /batches": planned, "GET /batches": told, "POST /batches/clear": clear})


def plan(server: Serving, **plans: Any) -> None:
    """Set what goes wrong from now on; what is not named goes right."""
    server._get("/batches", json.dumps(asdict(Plan(**plans))).encode())


def cleared(server: Serving) -> None:
    """Begin anew."""
    server._get("/batches/clear", b"")


def seen(server: Serving) -> Desk:
    """Return the files and batches of a server."""
    found = server._get("/batches")
    return Desk(Plan(**found["plan"]), found["files"], found["batches"], found["looked"])
