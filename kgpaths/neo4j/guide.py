"""Serve the Browser's guide, its style and the saved queries, on this machine only.

The Browser fetches them from its own page's script, so each answer allows that (CORS), and a preflight is answered with what it asks for.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import unquote, urlsplit

from kgpaths.errors import ServerError
from kgpaths.neo4j.guide_pages import guide
from kgpaths.neo4j.guide_style import style
from kgpaths.neo4j.queries import SAVED
from kgpaths.neo4j.serve_settings import GUIDE_PORT, HOST, Memory
from kgpaths.neo4j.serve_settings import settings as server_settings

PORT = GUIDE_PORT
"""Where the Browser looks for the guide when it was not told otherwise: ``neo4j serve`` and docker-compose.yml set it."""

GUIDE, STYLE, QUERIES = "/guide.html", "/style.grass", "/queries.cypher"


def settings(port: int = PORT) -> dict[str, str]:
    """Return what neo4j.conf has to say for the Browser to load guide and style by itself once it has connected."""
    return {name: value for name, value in server_settings(Memory(), port).items() if name.startswith("browser.")}


def address(file: str, port: int = PORT) -> str:
    """Return the address of a file as the Browser knows it."""
    return f"http://localhost:{port}{file}"


@cache
def files() -> dict[str, tuple[str, bytes]]:
    """Return what is served: path -> type and content. Nothing is read from a disk when asked."""
    texts = {
        GUIDE: ("text/html", guide()),
        STYLE: ("application/json", json.dumps(style(), indent=1)),
        QUERIES: ("text/plain", "".join(f"{saved.cypher};\n\n" for saved in SAVED.values())),
        **{f"/queries/{saved.name}.cypher": ("text/plain", saved.filled() + "\n") for saved in SAVED.values()},
    }
    return {path: (f"{kind}; charset=utf-8", text.encode()) for path, (kind, text) in texts.items()}


class Handler(BaseHTTPRequestHandler):
    """Answer GET, HEAD and OPTIONS for our own files, whoever asks; there is nothing secret in them."""

    server_version, sys_version = "kgpaths", ""
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        """Send a file."""
        found = files().get(unquote(urlsplit(self.path).path))
        if found is None:
            listed = "".join(f"{path}\n" for path in files())
            return self.answer(HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", f"not here; here are:\n{listed}".encode())
        return self.answer(HTTPStatus.OK, *found)

    do_HEAD = do_GET

    def do_OPTIONS(self) -> None:
        """Answer a preflight: the headers and the private network asked for are allowed."""
        self.answer(HTTPStatus.NO_CONTENT)

    def answer(self, status: HTTPStatus, kind: str = "", content: bytes = b"") -> None:
        """Send an answer that any page may read."""
        self.send_response(status)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS")
        if asked := self.headers.get("Access-Control-Request-Headers"):
            self.send_header("Access-Control-Allow-Headers", " ".join(asked.split()))  # one line, whatever came
        if self.headers.get("Access-Control-Request-Private-Network"):
            self.send_header("Access-Control-Allow-Private-Network", "true")
        self.send_header("Cache-Control", "no-store")
        if kind:
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: requests are the Browser's affair."""


class Guide(ThreadingHTTPServer):
    """The server, bound to this machine's loopback address only."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a page that was closed while it loaded is no fault."""

    @property
    def port(self) -> int:
        """The port it listens at."""
        return int(self.server_address[1])


def bound(port: int = PORT) -> Guide:
    """Return a server that listens at ``port``; 0 takes a free one. Raises ServerError where the port is taken or not allowed."""
    try:
        return Guide((HOST, port), Handler)
    except OSError as error:
        where = f"{HOST}:{port}"
        if is_ours(port):
            raise ServerError("a guide runs there already", where=where, mend="use it, or give another --port") from None
        raise ServerError(f"cannot listen: {error.strerror}", where=where, mend="give another --port; 0 takes a free one") from None


def is_ours(port: int) -> bool:
    """Tell whether what listens at a port is a guide of kgpaths."""
    try:
        with socket.create_connection((HOST, port), timeout=1) as connection:
            connection.sendall(b"HEAD /guide.html HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return b"\r\nServer: kgpaths" in connection.recv(1000)
    except OSError:
        return False


@contextmanager
def serving(port: int = PORT) -> Iterator[Guide]:
    """Serve in the background; yields the server. Raises ServerError as ``bound`` does."""
    with bound(port) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
