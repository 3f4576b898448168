"""Send one request to a server by the official SDK, and return what came of it as plain data.

With ``batch_server`` the only file that imports openai. The SDK's retries are off and its models are not built: it sends, we look at what came.
Nothing it raises leaves this file, as its exceptions hold the response's text, which may repeat our key.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from kgpaths.config import LLMSettings
from kgpaths.errors import ConfigError
from kgpaths.llm.faults import TOO_SLOW, Outcome
from kgpaths.llm.limits import retry_after

if TYPE_CHECKING:
    from openai import AsyncOpenAI

OPENAI = "https://api.openai.com/v1"
CONNECT = 20.0  # seconds to connect within
NO_KEY = "none"  # what is sent where there is no key: most servers of one's own want none
LOGGERS = ("openai", "openai._base_client", "httpx2", "httpcore2.connection", "httpcore2.http11", "httpcore2.http2", "httpcore2.proxy")


def address_of(settings: LLMSettings, environ: Mapping[str, str] = os.environ) -> str:
    """Return the server's address. Raises ConfigError where it is none, or holds a password."""
    url, where = settings.base_url, "llm.base_url"
    if not url:
        url, where = environ.get("OPENAI_BASE_URL") or OPENAI, "OPENAI_BASE_URL"
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or parts.query:
        raise ConfigError(
            f"{url.rpartition('@')[2].partition('?')[0]!r} is no address of a server", where=where, mend="for example http://localhost:8000/v1"
        )
    return url.rstrip("/")


def key_of(settings: LLMSettings, environ: Mapping[str, str] = os.environ) -> str:
    """Return the key from the environment or a key file, ``NO_KEY`` where there is none. Raises ConfigError where it cannot be used."""
    name = settings.key_variable
    key, where, file = environ.get(name, ""), name, environ.get(f"{name}_FILE")
    if not key and file:
        where = file
        try:
            key = Path(file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "is not text"
            raise ConfigError(f"cannot be read: {why}", where=file, mend=f"{name}_FILE names a file that holds the key") from None
    key = key.strip()
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ConfigError("is no key: it holds blanks, or characters that cannot be sent", where=where)
    if not key and address_of(settings, environ) == OPENAI:
        raise ConfigError("no key", where=name, mend=f"set it, or {name}_FILE to a file that holds it; or set llm.base_url to a server of your own")
    return key or NO_KEY


class Endpoint:
    """A server and how to talk to it. Made and used in one event loop."""

    def __init__(self, settings: LLMSettings, environ: Mapping[str, str] = os.environ) -> None:
        self.url, self._key = address_of(settings, environ), key_of(settings, environ)
        self.timeout = settings.timeout
        self._secrets = tuple({self._key, quote(self._key, safe=""), json.dumps(self._key)[1:-1]}) if len(self._key) > len(NO_KEY) else ()
        self._sdk = sdk_of(self.url, self._key, settings)
        self._filter = Scrubber(self)
        for name in LOGGERS:
            logging.getLogger(name).addFilter(self._filter)

    async def close(self) -> None:
        """Close the connections."""
        for name in LOGGERS:
            logging.getLogger(name).removeFilter(self._filter)
        await self._sdk.close()

    def scrub(self, text: str) -> str:
        """Return a text without the key."""
        for secret in self._secrets:
            text = text.replace(secret, "[key]")
        return text

    async def post(self, path: str, body: dict[str, Any]) -> Outcome:
        """Send a body and return what came of it, within the time limit of a call, all of it."""
        import httpx2
        import openai

        try:
            async with asyncio.timeout(self.timeout):
                response = await self._sdk.post(path, cast_to=httpx2.Response, body=body)
        except TimeoutError:
            return Outcome(0, text=f"{TOO_SLOW} {self.timeout:g} s")
        except openai.APIStatusError as error:
            response = error.response
        except openai.APITimeoutError:
            return Outcome(0, text="no connection in time")
        except openai.OpenAIError as error:
            return Outcome(0, text=self.scrub(why(error)))
        return self.read(response.status_code, response.content, response.headers)

    def read(self, status: int, content: bytes, headers: Mapping[str, str]) -> Outcome:
        """Return an answer as an outcome, without the key: it may be shown, logged or stored."""
        text = self.scrub(content.decode("utf-8", "replace"))
        try:
            data = json.loads(text)
        except (ValueError, RecursionError):
            data = None
        if status < 300:
            return Outcome(status, data, "" if data is not None else text[:1000])
        wait = retry_after(headers.get("retry-after-ms"), headers.get("retry-after"), time.time())
        return Outcome(status, data, text[:1000], wait, self.scrub(headers.get("location", "")))


class Scrubber(logging.Filter):
    """Keeps the key out of what the SDK and its HTTP layer log: they log headers, and a server may repeat ours in its own."""

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__()
        self.endpoint = endpoint

    def filter(self, record: logging.LogRecord) -> bool:
        """Take the key out of a record."""
        text = record.getMessage()
        clean = self.endpoint.scrub(text)
        if clean != text:
            record.msg, record.args = clean, ()
        record.exc_info = record.exc_text = None
        return True


def sdk_of(url: str, key: str, settings: LLMSettings) -> AsyncOpenAI:
    """Return the SDK's client. Raises ConfigError where the SDK is not installed."""
    try:
        import httpx2
        import openai
    except ImportError:
        raise ConfigError("the OpenAI SDK is not installed", mend="pip install 'kgpaths[llm]'") from None
    http = httpx2.AsyncClient(
        timeout=httpx2.Timeout(None, connect=min(CONNECT, settings.timeout)),  # the limit of the whole call is ours
        limits=httpx2.Limits(max_connections=None, max_keepalive_connections=settings.concurrency, keepalive_expiry=30.0),
        follow_redirects=False,  # what is restricted goes to the host it was allowed for, and to no other
    )
    if settings.azure_version:
        return openai.AsyncAzureOpenAI(azure_endpoint=url, api_version=settings.azure_version, api_key=key, max_retries=0, http_client=http)
    return openai.AsyncOpenAI(base_url=url, api_key=key, max_retries=0, http_client=http)


def why(error: BaseException) -> str:
    """Return why there is no answer, in few words."""
    chain = [error]
    while (cause := chain[-1].__cause__ or chain[-1].__context__) is not None and len(chain) < 8:
        chain.append(cause)
    text = " ".join(str(part) for part in chain)
    for sign, words in (
        ("CERTIFICATE_VERIFY_FAILED", "CERTIFICATE_VERIFY_FAILED"),
        ("onnection refused", "connection refused"),
        ("All connection attempts failed", "connection refused"),
        ("not known", "no such host"),
        ("No address", "no such host"),
        ("name resolution", "no such host"),
        ("incomplete", "the answer broke off"),
        ("without sending", "the answer broke off"),
        ("onnection reset", "connection reset"),
        ("SSL", "no TLS is spoken there"),
    ):
        if sign in text:
            return words
    return f"connection lost ({type(chain[-1]).__name__})"
