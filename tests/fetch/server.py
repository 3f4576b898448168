"""A publisher for tests: a real HTTP server on the loopback, whose pages can misbehave in the order asked for."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

Fault = Callable[["Handler", "Page"], None]


@dataclass
class Page:
    """One file of the publisher. ``faults`` are used up one a request; then the page is served well."""

    content: bytes
    etag: str = '"v1"'
    last_modified: str = "Mon, 01 Jan 2024 00:00:00 GMT"
    ranges: bool = True
    kind: str = "application/octet-stream"
    faults: list[Fault] = field(default_factory=list)
    extra: dict[str, str] = field(default_factory=dict)
    pause: float = 0.0  # seconds between pieces of 64 KiB


@dataclass(frozen=True)
class Asked:
    """One request as the server saw it, and what it sent."""

    path: str
    range: str
    if_range: str
    if_none_match: str
    status: int
    sent: int


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Any

    def do_GET(self) -> None:
        page = self.server.site.pages.get(self.path)
        self.sent, self.status = 0, 0
        try:
            if page is None:
                self.answer(404, b"no such page")
            elif page.faults:
                page.faults.pop(0)(self, page)
            else:
                serve(self, page)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        finally:
            headers = self.headers
            asked = (headers.get("Range", ""), headers.get("If-Range", ""), headers.get("If-None-Match", ""))
            self.server.site.asked.append(Asked(self.path, *asked, self.status, self.sent))

    def head(self, status: int, headers: dict[str, str]) -> None:
        self.status = status
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.head(status, {"Content-Length": str(len(body)), **(headers or {})})
        self.body(body)

    def body(self, content: bytes, pause: float = 0.0) -> None:
        for start in range(0, len(content), 1 << 16):
            piece = content[start : start + (1 << 16)]
            self.wfile.write(piece)
            self.wfile.flush()
            self.sent += len(piece)
            if pause:
                time.sleep(pause)

    def hang_up(self) -> None:
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Keep the tests' output clean."""


def described(page: Page) -> dict[str, str]:
    headers = {"Content-Type": page.kind, "ETag": page.etag, "Last-Modified": page.last_modified, **page.extra}
    return {name: value for name, value in headers.items() if value}


def serve(handler: Handler, page: Page) -> None:
    """Serve a page as RFC 9110 has it: If-None-Match, Range and If-Range."""
    asked, condition = handler.headers.get("Range", ""), handler.headers.get("If-Range", "")
    if handler.headers.get("If-None-Match") == page.etag and page.etag:
        handler.head(304, described(page))
    elif asked and page.ranges and (not condition or condition in (page.etag, page.last_modified)):
        serve_part(handler, page)
    else:
        handler.head(200, {**described(page), "Content-Length": str(len(page.content))})
        handler.body(page.content, page.pause)


def serve_part(handler: Handler, page: Page) -> None:
    """Serve the part asked for, whatever If-Range says."""
    start = int(handler.headers["Range"].removeprefix("bytes=").removesuffix("-"))
    whole = len(page.content)
    if start >= whole:
        handler.head(416, {"Content-Range": f"bytes */{whole}", "Content-Length": "0"})
        return
    handler.head(206, {**described(page), "Content-Range": f"bytes {start}-{whole - 1}/{whole}", "Content-Length": str(whole - start)})
    handler.body(page.content[start:], page.pause)


def cut(after: int) -> Fault:
    """Promise the whole, send ``after`` bytes of what is asked for, and hang up."""

    def fault(handler: Handler, page: Page) -> None:
        asked = handler.headers.get("Range", "")
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and page.ranges else 0
        whole = len(page.content)
        headers = {**described(page), "Content-Length": str(whole - start)}
        if start:
            headers["Content-Range"] = f"bytes {start}-{whole - 1}/{whole}"
        handler.head(206 if start else 200, headers)
        handler.body(page.content[start : start + after])
        handler.hang_up()

    return fault


def status(code: int, **headers: str) -> Fault:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler, page: handler.answer(code, b"sorry", named)


def late(seconds: float) -> Fault:
    def fault(handler: Handler, page: Page) -> None:
        time.sleep(seconds)
        serve(handler, page)

    return fault


def chunked(pieces: list[bytes], *, whole: bool = True) -> Fault:
    """Send pieces without saying how many there are; ``whole`` False hangs up before the end."""

    def fault(handler: Handler, page: Page) -> None:
        handler.head(200, {**described(page), "Transfer-Encoding": "chunked"})
        for piece in pieces:
            handler.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        if whole:
            handler.wfile.write(b"0\r\n\r\n")
        else:
            handler.hang_up()

    return fault


class Site:
    """The pages of a publisher and what was asked of it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.pages: dict[str, Page] = {}
        self.asked: list[Asked] = []

    def page(self, name: str, content: bytes, **more: Any) -> Page:
        self.pages[f"/{name}"] = Page(content, **more)
        return self.pages[f"/{name}"]

    def settled(self, number: int) -> list[Asked]:
        """Return the requests once there are ``number`` of them: a server ends a request after its client does."""
        deadline = time.monotonic() + 5
        while len(self.asked) < number and time.monotonic() < deadline:
            time.sleep(0.005)
        return list(self.asked)


@contextmanager
def publishing() -> Iterator[Site]:
    """Run a publisher on a free port of the loopback."""
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.site = Site(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server.site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def recipe_of(folder: Path, *files: dict[str, Any], **more: Any) -> Path:
    """Write a recipe of these files and return its path."""
    fields = {
        "name": "test-graph",
        "title": "A graph for tests",
        "files": list(files),
        "licence": "CC0-1.0",
        "licence_url": "https://creativecommons.org/publicdomain/zero/1.0/",
        "citation": "Nobody. Nothing. 2024.",
        "homepage": "https://example.org/",
        "release": "1",
        **more,
    }
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(fields, sort_keys=False), encoding="utf-8")
    return path
