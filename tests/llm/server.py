"""An OpenAI-compatible server for the tests: a process of its own on loopback, with the latency, the gaps and the faults it is given.

What it replies depends on the request alone. Whether a call meets a fault depends on the request and on how often that was asked, so that
a run is the same each time, and a fault passes when asked again. ``serving(latency=0.01, share=0.3)`` runs it; as a command it is
``python -m tests.llm.server '{"latency": 0.3}'``, which prints its address and ends with its standard input.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import struct
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from tests.llm.fitting import as_chat, as_response, asked, counted, form, guessed

TRANSIENT = ("429", "429_wait", "500", "503", "reset", "slow_loris", "time_out", "cut_body")
"""Faults after which the same request is sent again."""
PAID = ("bad_json", "html", "null_choices", "wrong_schema", "cut_json", "empty", "refusal", "content_filter", "length")
"""Replies that were paid for and cannot be used."""
STUBBORN = ("quota", "402", "403", "404", "500_unclear", "redirect")
"""Faults that do not pass."""


@dataclass(frozen=True)
class Options:
    """What the server can do, and what goes wrong."""

    latency: float = 0.005  # seconds before a reply
    key: str = ""  # the one it demands
    models: tuple[str, ...] = ()  # the ones it has; empty: any
    apis: tuple[str, ...] = ("chat", "responses")
    roles: tuple[str, ...] = ("system", "developer", "user", "assistant")
    limits: tuple[str, ...] = ("max_tokens", "max_completion_tokens")
    structured: tuple[str, ...] = ("json_schema", "json_object_schema", "json_object")
    bounds: bool = True  # whether a schema may bound lengths
    temperature: bool = True
    effort: bool = True
    refusal: int = 400  # status of what it cannot do; 0: that is ignored
    vague: bool = False  # refuses without saying what
    context: int = 0  # most characters of a request's body; 0: any
    banned: str = ""  # a word that its content filter refuses
    poison: str = ""  # a word at which it fails, always
    share: float = 0.0  # of the calls that meet a fault
    kinds: tuple[str, ...] = (*TRANSIENT, *PAID)
    worst: int = 2  # most faults that one request meets
    most: int = 0  # calls at a time; what is more is told so; 0: any
    down: str = ""  # the fault that every call meets
    wait: str = "0.05"  # Retry-After of 429_wait
    counted: bool = False  # tokens are counted as OpenAI's models do; otherwise four characters are one, and some are made up to be thoughts
    replies: str = "tests.llm.fitting:fitting"  # the function that makes a reply's text of a request's body


@dataclass(frozen=True)
class Sent:
    """What goes back, and how."""

    status: int = 200
    body: bytes = b""
    headers: tuple[str, ...] = ()
    manner: str = "whole"  # whole, reset, drip, never, cut
    usable: str = ""  # the request that this is a whole, usable reply of
    now: bool = False  # without latency


@dataclass
class State:
    """What was asked and served. Routes of other files keep their own in ``more``."""

    options: Options
    asked: Counter[str] = field(default_factory=Counter)
    usable: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    in_flight: int = 0
    most_in_flight: int = 0
    connections: int = 0
    more: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        """Return the body as JSON."""
        return dict(json.loads(self.body))


Route = Callable[[State, Call], Sent]


def as_json(data: object, status: int = 200, *headers: str, **kept: Any) -> Sent:
    """Return a reply of JSON."""
    return Sent(status, json.dumps(data).encode(), headers, **kept)


def error(status: int, message: str, code: str | None = None, param: str | None = None, *headers: str) -> Sent:
    """Return an error as OpenAI words it."""
    return as_json({"error": {"message": message, "type": "invalid_request_error", "code": code, "param": param}}, status, *headers)


def chat(state: State, call: Call) -> Sent:
    """Answer a chat completion."""
    return answer(state, call, "chat")


def responses(state: State, call: Call) -> Sent:
    """Answer a request of the responses API."""
    return answer(state, call, "responses")


def answer(state: State, call: Call, api: str) -> Sent:
    """Answer a request of either API, with whatever fault it is to meet."""
    options, body = state.options, call.json()
    refused = refuse(options, call, body, api)
    if refused:
        state.refused += 1
        return refused
    name = sha256(call.body).hexdigest()[:16]
    times = state.asked[name]
    state.asked[name] += 1
    kind = options.down or ("429" if 0 < options.most < state.in_flight else "") or fault(options, name, times)
    if kind:
        state.faults[kind] += 1
    text, finish, long = said(options, body)
    if kind in UNREADABLE:
        return UNREADABLE[kind](options)
    if kind == "wrong_schema":
        text = '{"nothing": "of the kind"}'
    elif kind == "cut_json":
        text = text[: len(text) // 2]
    elif kind in ("empty", "refusal"):
        text = ""
    elif kind in ("content_filter", "length"):
        text, finish = text[: len(text) // 3], kind
    shape = as_chat if api == "chat" else as_response
    used = counted(body, text) if options.counted else guessed(len(call.body), long)
    data = shape(body["model"], text, finish, "I cannot help with that." if kind == "refusal" else "", used)
    if kind == "null_choices":
        data |= {"choices": None, "output": None}
    sent = as_json(data, usable="" if kind or finish != "stop" else name)
    return {"bad_json": replace(sent, body=sent.body[:-9]), "cut_body": replace(sent, manner="cut"), "slow_loris": replace(sent, manner="drip")}.get(
        kind, sent
    )


UNREADABLE: dict[str, Callable[[Options], Sent]] = {
    "429": lambda o: error(429, "Rate limit reached for requests", "rate_limit_exceeded"),
    "429_wait": lambda o: error(429, "Rate limit reached for tokens", "rate_limit_exceeded", None, f"retry-after: {o.wait}"),
    "quota": lambda o: error(429, "You exceeded your current quota, please check your plan and billing details.", "insufficient_quota"),
    "402": lambda o: error(402, "Insufficient Balance"),
    "403": lambda o: error(403, "Country, region, or territory not supported", "unsupported_country_region_territory"),
    "404": lambda o: error(404, "The model does not exist or you do not have access to it.", "model_not_found"),
    "500": lambda o: error(500, "The server had an error while processing your request. Sorry about that!"),
    "500_unclear": lambda o: Sent(500, b"Internal Server Error"),
    "503": lambda o: Sent(503, b"<html>Service Unavailable</html>", ("content-type: text/html",)),
    "redirect": lambda o: Sent(307, b"", ("location: http://127.0.0.1:9/v1/elsewhere",)),
    "reset": lambda o: Sent(manner="reset"),
    "time_out": lambda o: Sent(manner="never"),
    "html": lambda o: Sent(200, b"<!doctype html><title>Welcome</title>", ("content-type: text/html",)),
}


def fault(options: Options, name: str, times: int) -> str:
    """Return the kind of fault that a call meets, empty for none."""
    dice = sha256(f"{name} {times}".encode()).digest()
    if times >= options.worst or int.from_bytes(dice[:4], "big") >= options.share * 2**32:
        return ""
    return options.kinds[int.from_bytes(dice[4:8], "big") % len(options.kinds)]


def said(options: Options, body: dict[str, Any]) -> tuple[str, str, int]:
    """Return a reply's text, why it ended, and how long it was before it was cut."""
    module, _, name = options.replies.partition(":")
    if options.refusal == 0 and structure(body) not in options.structured:
        body = {name: value for name, value in body.items() if name not in ("response_format", "text")}
    text = str(getattr(import_module(module), name)(body))
    limit = body.get("max_output_tokens") or next(
        (body[key] for key in ("max_tokens", "max_completion_tokens") if key in body and key in options.limits), 0
    )
    most = 4 * limit
    if most and len(text) > most:
        return text[:most], "length", most
    return text, "stop", len(text)


def structure(body: dict[str, Any]) -> str:
    """Return the name of the form that a request asks of its reply."""
    stated = form(body)
    return "json_object_schema" if "schema" in stated and stated["type"] == "json_object" else str(stated.get("type", ""))


def refuse(options: Options, call: Call, body: dict[str, Any], api: str) -> Sent | None:
    """Return the refusal of a request that this server cannot answer."""
    given = call.headers.get("authorization", "").removeprefix("Bearer ") or call.headers.get("api-key", "")
    if options.key and given != options.key:
        return error(401, f"Incorrect API key provided: {given}. Headers: {call.headers}", "invalid_api_key", None, f"x-echo: {given}")
    if api not in options.apis:
        return as_json({"detail": "Not Found"}, 404)
    if options.models and body["model"] not in options.models:
        return error(404, f"The model `{body['model']}` does not exist or you do not have access to it.", "model_not_found")
    if options.context and len(call.body) > options.context:
        return error(
            400, f"This model's maximum context length is {options.context // 4} tokens. max_tokens is too large.", "context_length_exceeded"
        )
    if options.banned and options.banned.encode() in call.body:
        return error(400, "The response was filtered due to the prompt triggering the content management policy.", "content_filter", "prompt")
    if options.poison and options.poison.encode() in call.body:
        return error(500, "Internal error: index out of range")
    complaint = lacking(options, body)
    if complaint and options.refusal:
        return Sent(options.refusal, b"bad request") if options.vague else error(options.refusal, *complaint)
    return None


def lacking(options: Options, body: dict[str, Any]) -> tuple[str, str, str] | None:
    """Return what is wrong with a request for a server that cannot do everything, as message, code and parameter."""
    roles = [message["role"] for message in body.get("messages") or body["input"]]
    wanted = structure(body)
    if wanted and wanted not in options.structured:
        return f"Input should be 'text' or 'json_object', not '{wanted}'", "unsupported_value", "response_format"
    if not options.bounds and "maxLength" in json.dumps(asked(body) if wanted == "json_schema" else {}):
        return "Invalid schema for response_format 'reply': In context=(), 'maxLength' is not permitted.", "invalid_request_error", "response_format"
    if wanted == "json_object" and "json" not in json.dumps(body.get("messages") or body["input"]).lower():
        return "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.", "", "messages"
    for role in roles:
        if role not in options.roles:
            return f"Unexpected role '{role}': supported are {', '.join(options.roles)}", "unsupported_value", "messages[0].role"
    for name in ("max_tokens", "max_completion_tokens"):
        if name in body and name not in options.limits:
            return f"Unsupported parameter: '{name}' is not supported with this model.", "unsupported_parameter", name
    if "temperature" in body and not options.temperature:
        return "Unsupported value: 'temperature' does not support 0.7 with this model. Only the default (1) is.", "unsupported_value", "temperature"
    if ("reasoning_effort" in body or "reasoning" in body) and not options.effort:
        return "Unrecognized request argument supplied: reasoning_effort", "unknown_parameter", "reasoning_effort"
    return None


def stats(state: State, call: Call) -> Sent:
    """Tell what was asked and served."""
    told = {name: getattr(state, name) for name in ("asked", "usable", "faults", "refused", "most_in_flight", "connections", "more")}
    return as_json(told, now=True)


def control(state: State, call: Call) -> Sent:
    """Change what the server can do and what goes wrong."""
    state.options = replace(state.options, **frozen(call.json()))
    return as_json({}, now=True)


ROUTES: dict[str, Route] = {
    "GET /stats": stats,
    "POST /control": control,
    "POST /v1/chat/completions": chat,
    "POST /v1/responses": responses,
}
"""What answers a method and a path. An id in a path is a ``*``: ``GET /v1/files/*/content``."""


def route(call: Call) -> Route | None:
    """Return what answers a call. Azure's paths with a deployment are those without."""
    parts = call.path.partition("?")[0].split("/")
    if parts[1:3] == ["openai", "deployments"]:
        parts = ["", "v1", *parts[4:]]
    found = ROUTES.get(f"{call.method} {'/'.join(parts)}")
    if found is None and len(parts) > 3:
        found = ROUTES.get(f"{call.method} {'/'.join([*parts[:3], '*', *parts[4:]])}")
    return found


class Connection(asyncio.Protocol):
    """A connection that is kept alive. Only as much of HTTP as the clients of the tests speak."""

    def __init__(self, state: State) -> None:
        self.state, self.buffer, self.loop, self.busy = state, b"", asyncio.get_running_loop(), False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.state.connections += 1

    def connection_lost(self, exc: Exception | None) -> None:
        self.done()

    def done(self) -> None:
        """Count a call as answered, once."""
        self.state.in_flight -= self.busy
        self.busy = False

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, found, rest = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", 0))
        if len(rest) < length:
            return
        self.buffer = rest[length:]
        method, path, _ = first.split(" ")
        call = Call(method, path, headers, rest[:length])
        self.busy = True
        self.state.in_flight += 1
        self.state.most_in_flight = max(self.state.most_in_flight, self.state.in_flight)
        found_route = route(call)
        sent = found_route(self.state, call) if found_route else as_json({"detail": "Not Found"}, 404)
        self.loop.call_later(0.0 if sent.now else self.state.options.latency, self.send, sent)

    def send(self, sent: Sent) -> None:
        """Send a reply in the manner it is to be sent in."""
        if self.transport.is_closing():
            return
        lines = (f"HTTP/1.1 {sent.status} Whatever", f"content-length: {len(sent.body)}", *sent.headers)
        if not any(line.startswith("content-type") for line in sent.headers):
            lines += ("content-type: application/json",)
        whole = "\r\n".join(lines).encode() + b"\r\n\r\n" + sent.body
        if sent.manner == "whole":
            self.transport.write(whole)
            if sent.usable:
                self.state.usable[sent.usable] += 1
            self.done()
        elif sent.manner == "cut":
            self.transport.write(whole[:-20])
            self.transport.close()
        elif sent.manner == "reset":
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.transport.abort()
        elif sent.manner == "drip":
            self.drip(whole, len(whole) - len(sent.body))

    def drip(self, whole: bytes, at: int) -> None:
        """Send a byte at a time, each in time for a client that waits for the next, and never the last."""
        if not self.transport.is_closing() and at < len(whole) - 1:
            self.transport.write(whole[:at] if at == len(whole) - len(whole.partition(b"\r\n\r\n")[2]) else whole[at : at + 1])
            self.loop.call_later(0.03, self.drip, whole, at + 1)


def frozen(options: dict[str, Any]) -> dict[str, Any]:
    """Return options from JSON, where tuples are lists."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in options.items()}


async def serve(options: Options, port: int = 0) -> None:
    """Serve until standard input ends."""
    loop, state = asyncio.get_running_loop(), State(options)
    ended = asyncio.Event()
    server = await loop.create_server(lambda: Connection(state), "127.0.0.1", port, backlog=1024)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    threading.Thread(target=lambda: (sys.stdin.buffer.read(), loop.call_soon_threadsafe(ended.set)), daemon=True).start()
    await ended.wait()


@dataclass
class Serving:
    """A server that runs."""

    base_url: str
    pid: int

    @property
    def port(self) -> int:
        """Return its port."""
        return int(self.base_url.rpartition(":")[2].partition("/")[0])

    def stats(self) -> dict[str, Any]:
        """Return what was asked and served: ``asked`` and ``usable`` count calls and usable replies by a hash of the body."""
        return dict(self._get("/stats"))

    def set(self, **options: Any) -> None:
        """Change options while it runs."""
        Options(**options)
        self._get("/control", json.dumps(options).encode())

    def _get(self, path: str, data: bytes | None = None) -> Any:
        with urlopen(Request(self.base_url.removesuffix("/v1") + path, data), timeout=10) as found:
            return json.load(found)


@contextmanager
def serving(port: int = 0, routes: str = "", **options: Any) -> Iterator[Serving]:
    """Run the server in a process of its own. ``routes`` names a module to be imported that adds to ``ROUTES``."""
    command = [sys.executable, "-m", "tests.llm.server", json.dumps(asdict(Options(**options))), str(port), routes]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root, env={**os.environ, "PYTHONPATH": str(root)}) as process:
        assert process.stdin and process.stdout
        address = process.stdout.readline().decode().strip()
        assert address, "the test server did not start"
        try:
            yield Serving(address, process.pid)
        finally:
            process.kill()


def main(options: str = "{}", port: str = "0", routes: str = "") -> None:
    """Serve with the options given as JSON."""
    if routes:
        import_module(routes)
    asyncio.run(serve(Options(**frozen(json.loads(options))), int(port)))


if __name__ == "__main__":
    from tests.llm.server import main as _main  # the module by its own name, which routes of other files add to

    _main(*sys.argv[1:])
