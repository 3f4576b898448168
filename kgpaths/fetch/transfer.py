"""Bring one file over http into a ``.part`` file, taking up where an earlier try or process stopped.

Beside the part lies ``.part.json``: where it comes from, and the validator (ETag or Last-Modified) that lets the server
say whether the rest still belongs to the beginning. A server that cannot answer for that starts the file anew.
"""

from __future__ import annotations

import errno
import http.client
import json
import os
import re
import shutil
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from email.message import Message
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import sleep
from typing import IO, Any, Literal, Protocol
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    UnknownHandler,
)

from kgpaths.fetch.recipe import PART, STATE, FetchError, File

Progress = Callable[[str, int, int], None]  # what is being done, how much is done, of how much (0 where unknown)

WAITS = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds before each new try; none follows the last. The count begins again when a try got further than any before."""
LONGEST_WAIT = 60.0  # of what a server asks for by Retry-After
CHUNK = 1 << 18
ADVANCE = 1 << 20  # bytes that count as getting further
LARGEST = 1 << 38  # 256 GiB: a stream without end is cut off
BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})


class Opener(Protocol):
    """What opens requests: urllib's ``OpenerDirector``, or a stand-in."""

    def open(self, fullurl: Any, data: None = None, timeout: float | None = None) -> Any:
        """Return the response, or raise as urllib does."""


@dataclass(frozen=True)
class Origin:
    """Where a part comes from: enough for its server to say whether it has changed."""

    url: str
    etag: str = ""
    last_modified: str = ""
    size: int | None = None

    @property
    def validator(self) -> str:
        """What ``If-Range`` may name: a strong ETag, else the date of change."""
        return self.etag if self.etag and not self.etag.startswith("W/") else self.last_modified


@dataclass(frozen=True)
class Download:
    """A complete part. ``reused`` tells how much of it is older than this download."""

    origin: Origin
    reused: Literal["none", "some", "all"]


class Transient(Exception):
    """A fault that may pass."""

    def __init__(self, what: str, wait: float | None = None) -> None:
        self.what, self.wait = what, wait
        super().__init__(what)


class SafeRedirects(HTTPRedirectHandler):
    """Follow redirects, but never to another protocol than http(s), and never from https down to http."""

    def redirect_request(self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str) -> Request | None:
        """Return the next request, or raise FetchError."""
        old, new = urlsplit(req.full_url).scheme, urlsplit(newurl).scheme
        if new not in ("https", "http"):
            raise FetchError(f"is redirected to {new}:, which is not followed", where=req.full_url)
        if old == "https" and new == "http":
            raise FetchError(f"is redirected from https down to {newurl}", where=req.full_url, mend="anyone on the way could change the file")
        return super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]


def web_opener() -> OpenerDirector:
    """Return an opener for http and https alone, through the proxies the environment names."""
    opener = OpenerDirector()
    handlers = (ProxyHandler(), UnknownHandler(), HTTPHandler(), HTTPSHandler(), HTTPDefaultErrorHandler(), SafeRedirects(), HTTPErrorProcessor())
    for handler in handlers:
        opener.add_handler(handler)
    try:
        release = version("kgpaths")
    except PackageNotFoundError:
        release = "0"
    opener.addheaders = [("User-Agent", f"kgpaths/{release}")]
    return opener


def beside(target: Path, suffix: str) -> Path:
    """Return the path of a helper file of ``target``."""
    return target.with_name(target.name + suffix)


def discard(target: Path) -> None:
    """Remove the part of ``target`` and what is noted about it."""
    for suffix in (PART, STATE):
        beside(target, suffix).unlink(missing_ok=True)


def download(file: File, target: Path, *, opener: Opener, timeout: float, progress: Progress) -> Download:
    """Bring ``file`` into the part beside ``target``, trying again after transient faults.

    Raises FetchError where it is refused, is not of the stated size, or does not come after the last try.
    """
    transfer = Transfer(file, target, opener, timeout, progress)
    if transfer.origin and transfer.origin.size == transfer.have > 0:
        return Download(transfer.origin, "all")
    furthest, tries = transfer.have, 0
    while True:
        try:
            transfer.attempt()
            assert transfer.origin is not None
            return Download(transfer.origin, "some" if transfer.resumed else "none")
        except Transient as fault:
            if transfer.have >= furthest + ADVANCE:
                furthest, tries = transfer.have, 0
            if tries == len(WAITS):
                mend = "the same command takes up where this stopped" if transfer.have else "try again later"
                raise FetchError(f"{fault.what}, {tries + 1} times", where=file.url, mend=mend) from None
            wait = WAITS[tries] if fault.wait is None else min(fault.wait, LONGEST_WAIT)
            progress(f"{file.path}: {fault.what}; trying again in {wait:g} s", 0, 0)
            sleep(wait)
            tries += 1


def unchanged(file: File, origin: Origin, *, opener: Opener, timeout: float) -> bool:
    """Ask the server whether it still has the file of ``origin``; False where it does not say."""
    headers = {"If-None-Match": origin.etag} if origin.etag else {"If-Modified-Since": origin.last_modified} if origin.last_modified else {}
    if not headers:
        return False
    try:
        opener.open(Request(file.url, headers=headers), timeout=timeout).close()
    except HTTPError as error:
        error.close()
        return error.code == 304
    except (OSError, http.client.HTTPException):
        return False  # the download that follows says what is wrong
    return False


class Transfer:
    """The state of one download: its part on disk, its origin, how far it is."""

    def __init__(self, file: File, target: Path, opener: Opener, timeout: float, progress: Progress) -> None:
        self.file, self.opener, self.timeout, self.progress = file, opener, timeout, progress
        self.part, self.state = beside(target, PART), beside(target, STATE)
        self.origin = self.noted()
        self.have = self.part.stat().st_size if self.origin and self.part.is_file() else 0
        self.resumed = False

    def noted(self) -> Origin | None:
        """Return what is noted about the part, or None where it is absent, damaged, or of another address."""
        try:
            stored = Origin(**json.loads(self.state.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        return stored if stored.url == self.file.url and isinstance(stored.etag, str) and isinstance(stored.last_modified, str) else None

    def note(self, origin: Origin) -> None:
        """Write down where the part comes from."""
        self.origin = origin
        with writing(self.state):
            self.state.write_text(json.dumps(asdict(origin)), encoding="utf-8")

    def attempt(self) -> None:
        """Ask for what is missing and append it, or for the whole. Raises Transient for a fault that may pass."""
        headers = {}
        validator = self.origin.validator if self.origin else ""
        if self.have and (validator or self.file.pinned):
            headers["Range"] = f"bytes={self.have}-"
            if validator:
                headers["If-Range"] = validator
        try:
            with self.opener.open(Request(self.file.url, headers=headers), timeout=self.timeout) as response:
                self.receive(response)
        except HTTPError as error:
            error.close()
            if error.code == 416 and headers:
                self.forget()
                raise Transient("the server has no such range", 0.0) from None
            raise faulty_status(error, self.file.url) from None
        except URLError as error:
            reason = error.reason if isinstance(error.reason, OSError) else error
            raise connection_fault(reason, self.file.url) from None
        except (http.client.HTTPException, OSError) as error:
            raise connection_fault(error, self.file.url) from None

    def receive(self, response: Any) -> None:
        """Write the body of a response to the part: at its end, or from its start where the server sends the whole."""
        origin = self.begin(response)
        self.check_room(origin)
        limit = min(size for size in (LARGEST, self.file.size, origin.size) if size is not None)
        label, total = f"{self.file.path} (MB)", (origin.size or self.file.size or 0) // 1_000_000
        with writing(self.part):
            stream = self.part.open("ab")
        with stream:
            while chunk := response.read1(CHUNK):
                with writing(self.part):
                    stream.write(chunk)
                    stream.flush()
                self.have += len(chunk)
                if self.have > limit:
                    self.forget()
                    raise FetchError(f"sends more than {limit:,} bytes", where=self.file.url)
                self.progress(label, self.have // 1_000_000, total)
            with writing(self.part):
                os.fsync(stream.fileno())
        if origin.size is not None and self.have < origin.size:
            raise Transient(f"the connection closed after {self.have:,} of {origin.size:,} bytes")
        if origin.size is None and self.file.size is not None and self.have < self.file.size:
            raise Transient(f"the connection closed after {self.have:,} of {self.file.size:,} bytes")
        self.note(Origin(origin.url, origin.etag, origin.last_modified, self.have))

    def begin(self, response: Any) -> Origin:
        """Make the part ready for the body of a response and return its origin."""
        headers = response.headers
        check_kind(headers, self.file)
        length = headers.get("Content-Length", "")
        origin = Origin(self.file.url, headers.get("ETag") or "", headers.get("Last-Modified") or "", int(length) if length.isdigit() else None)
        if response.status == 206:
            sent = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", headers.get("Content-Range", "").strip())
            old = self.origin
            same = old is not None and (not old.etag or not origin.etag or old.etag == origin.etag)
            if not sent or int(sent[1]) != self.have or not same or (old and old.size not in (None, int(sent[3]))):
                self.forget()
                raise Transient("the server sent another part than asked for", 0.0)
            self.resumed = True
            origin = Origin(origin.url, origin.etag, origin.last_modified, int(sent[3]))
        elif response.status == 200:
            self.forget()
        else:
            raise FetchError(f"HTTP {response.status}", where=self.file.url)
        if None not in (self.file.size, origin.size) and self.file.size != origin.size:
            self.forget()
            raise FetchError(
                f"has {origin.size:,} bytes, the recipe says {self.file.size:,}",
                where=self.file.url,
                mend="it changed at its publisher, or something on the way answered in its place",
            )
        self.note(origin)
        return origin

    def forget(self) -> None:
        """Start anew."""
        with writing(self.part):
            self.state.unlink(missing_ok=True)
            self.part.unlink(missing_ok=True)
        self.origin, self.have, self.resumed = None, 0, False

    def check_room(self, origin: Origin) -> None:
        """Raise FetchError where the rest cannot fit on the disk."""
        size = origin.size or self.file.size
        free = shutil.disk_usage(self.part.parent).free
        if size is not None and size - self.have > free:
            raise FetchError(
                f"needs {size - self.have:,} bytes, the disk has {free:,} free", where=str(self.part.parent), mend="choose another --out"
            )


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn a fault of the disk into one clear line, so that it is not taken for one of the network."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        mend = "free some space; the same command goes on" if full else "choose a folder you may write to"
        raise FetchError(f"cannot be written: {error.strerror or error}", where=str(error.filename or path), mend=mend) from None


def check_kind(headers: Message, file: File) -> None:
    """Raise FetchError for an answer that is not the file: a web page (a login, an error), or one packed on the way."""
    kind = headers.get_content_type() if headers.get("Content-Type") else ""
    if kind in ("text/html", "application/xhtml+xml") and not file.path.lower().endswith((".html", ".htm", ".xhtml")):
        raise FetchError(f"is a web page ({kind}), not {file.path}", where=file.url, mend="open it in a browser: the file may have moved")
    packed = (headers.get("Content-Encoding") or "identity").lower()
    if packed != "identity" and not file.path.lower().endswith((".gz", ".tgz")):
        raise FetchError(f"was sent packed as {packed[:20]!r}, which was not asked for", where=file.url)


def faulty_status(error: HTTPError, url: str) -> Exception:
    """Return what a status that is no success means: a fault that may pass, or the end."""
    what = f"HTTP {error.code} " + "".join(c for c in " ".join(str(error.reason).split())[:200] if c.isprintable())
    if error.code in BUSY:
        after = error.headers.get("Retry-After", "") if error.headers else ""
        return Transient(what, float(after) if after.isdigit() else None)
    mends = {401: "it asks for a login", 403: "it is not open to you", 404: "it is no longer there", 410: "it is no longer there"}
    return FetchError(what, where=url, mend=mends.get(error.code, ""))


def connection_fault(error: BaseException, url: str) -> Exception:
    """Return what a fault of the connection means: one that may pass, or the end."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return FetchError(f"its certificate is not valid: {error.verify_message}", where=url)
    if isinstance(error, TimeoutError):
        return Transient("the server does not answer in time")
    if isinstance(error, socket.gaierror):
        what = f"the host {urlsplit(url).hostname} is not found"
        return Transient(what) if error.errno == socket.EAI_AGAIN else FetchError(what, where=url, mend="is the network up, and a proxy needed?")
    passing = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EPIPE)
    if isinstance(error, http.client.HTTPException | ConnectionError | ssl.SSLError) or getattr(error, "errno", None) in passing:
        return Transient(f"the connection failed ({getattr(error, 'strerror', None) or type(error).__name__})")
    return FetchError(f"cannot be opened: {error}", where=url)
