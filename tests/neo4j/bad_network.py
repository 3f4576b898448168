"""What lies between a client and a server in a test: a proxy that drops connections, and a server that is too old."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from types import TracebackType

from kgpaths.neo4j.connection import Address

COMMIT = b"\x00\x02\xb0\x12\x00\x00"  # Bolt's message, in its frame


class Proxy:
    """A TCP proxy before a server. Connections go through it, are dropped, held up, or lose the answer to a commit."""

    def __init__(self, address: Address) -> None:
        host, _, port = address.uri.partition("://")[2].partition(":")
        self.target = (host, int(port or 7687))
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = replace(address, uri=f"bolt://127.0.0.1:{self.listener.getsockname()[1]}")
        self.commits = 0
        self.lose_every = 0  # the answer to every so many commits never arrives
        self.cut_after = 0  # so many commits, and the line is down
        self.hold_after = 0  # so many commits, and nothing moves
        self.down, self.moving, self.held = threading.Event(), threading.Event(), threading.Event()
        self.moving.set()
        self.sockets: set[socket.socket] = set()

    def __enter__(self) -> Proxy:
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.moving.set()
        self.listener.close()
        self.cut()

    def accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if self.down.is_set():
                client.close()
                continue
            server = socket.create_connection(self.target)
            self.sockets |= {client, server}
            lost = threading.Event()
            threading.Thread(target=self.up, args=(client, server, lost), daemon=True).start()
            threading.Thread(target=self.back, args=(server, client, lost), daemon=True).start()

    def up(self, client: socket.socket, server: socket.socket, lost: threading.Event) -> None:
        with suppress(OSError):
            while data := client.recv(1 << 16):
                if COMMIT in data:
                    self.commits += 1
                    if self.lose_every and self.commits % self.lose_every == 0:
                        lost.set()
                    if self.hold_after and self.commits >= self.hold_after:
                        self.moving.clear()
                        self.held.set()
                    if self.cut_after and self.commits >= self.cut_after:
                        self.cut()
                self.moving.wait()
                server.sendall(data)
        close(client, server)

    def back(self, server: socket.socket, client: socket.socket, lost: threading.Event) -> None:
        with suppress(OSError):
            while data := server.recv(1 << 16):
                if lost.is_set():
                    break
                client.sendall(data)
        close(client, server)

    def cut(self) -> None:
        """Drop every connection and take no other until ``mend``."""
        self.down.set()
        for one in list(self.sockets):
            close(one)
        self.sockets.clear()

    def mend(self) -> None:
        """Let all pass."""
        self.lose_every = self.cut_after = self.hold_after = 0
        self.moving.set()
        self.down.clear()


def close(*sockets: socket.socket) -> None:
    for one in sockets:
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()


def text(value: str) -> bytes:
    return bytes([0x80 + len(value)]) + value.encode()


def message(signature: int, *fields: bytes) -> bytes:
    packed = bytes([0xB0 + len(fields), signature]) + b"".join(fields)
    return len(packed).to_bytes(2, "big") + packed + b"\0\0"


SUCCESS, RECORD, HELLO, RUN, PULL = 0x70, 0x71, 0x01, 0x10, 0x3F
NOTHING = b"\xa0"


def answer(signature: int, version: str) -> bytes:
    """Return what a server of that version answers to a message: enough to be asked for its version."""
    if signature == HELLO:
        return message(SUCCESS, b"\xa2" + text("server") + text(f"Neo4j/{version}") + text("connection_id") + text("bolt-1"))
    if signature == RUN:
        return message(SUCCESS, b"\xa1" + text("fields") + b"\x92" + text("version") + text("edition"))
    if signature == PULL:
        return message(RECORD, b"\x92" + text(version) + text("community")) + message(SUCCESS, NOTHING)
    return message(SUCCESS, NOTHING)


@contextmanager
def old_server(version: str, bolt: tuple[int, int] = (4, 4)) -> Iterator[str]:
    """Yield the URI of a server that speaks Bolt and says it is that version; ``bolt`` (0, 0): it knows none of the client's."""

    def serve(client: socket.socket) -> None:
        with client, client.makefile("rb") as stream, suppress(OSError):
            stream.read(20)
            client.sendall(bytes([0, 0, bolt[1], bolt[0]]))
            while bolt != (0, 0) and (size := int.from_bytes(stream.read(2), "big")):
                packed = stream.read(size)
                while size := int.from_bytes(stream.read(2), "big"):
                    packed += stream.read(size)
                client.sendall(answer(packed[1], version))

    with answering(serve) as uri:
        yield uri


@contextmanager
def no_server() -> Iterator[str]:
    """Yield the URI of a program that is no Neo4j: it hangs up on whoever calls."""
    with answering(lambda client: client.close()) as uri:
        yield uri


@contextmanager
def answering(serve: object) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    threading.Thread(target=serve, args=(client,), daemon=True).start()  # type: ignore[arg-type]

        threading.Thread(target=accept, daemon=True).start()
        yield f"bolt://127.0.0.1:{listener.getsockname()[1]}"


def closed_port() -> str:
    """Return a URI where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"bolt://127.0.0.1:{listener.getsockname()[1]}"
