"""How many tokens a text is, counted offline: bpe-openai carries the tables that others download at run time.

Exact for OpenAI's models since GPT-4o (o200k_base); for others an estimate, which ``Purse`` corrects by what their servers state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sized
from functools import cache

from kgpaths.errors import ConfigError
from kgpaths.llm.request import Message

ENCODING = "o200k_base"
PER_MESSAGE, PER_REPLY = 3, 3
"""Tokens that frame a message beside its role, and that begin the reply (OpenAI cookbook, "How to count tokens with tiktoken")."""
LONGEST = 50_000  # characters counted at a time: bpe-openai refuses more than 200,000 tokens, and a character is 4 at most


@cache
def encoder() -> Callable[[str], Sized]:
    """Return what splits a text into tokens; loading it takes half a second. Raises ConfigError where bpe-openai is not installed."""
    try:
        from bpe_openai import get_encoding  # type: ignore[import-untyped]
    except ImportError:
        raise ConfigError("tokens cannot be counted: bpe-openai is not installed", mend="pip install 'kgpaths[llm]'") from None
    encode: Callable[[str], Sized] = get_encoding(ENCODING).encode_ordinary
    return encode


def count(text: str) -> int:
    """Return how many tokens a text is. What looks like a special token (``<|endoftext|>``) is text like any other."""
    encode = encoder()
    return sum(len(encode(text[start : start + LONGEST])) for start in range(0, len(text), LONGEST))


def prompt_tokens(messages: Iterable[Message], schema: str = "") -> int:
    """Return how many tokens a prompt is: its messages with their frames, and its JSON schema, which servers put before them."""
    framed = sum(PER_MESSAGE + count(message.role) + count(message.text) for message in messages)
    return framed + PER_REPLY + count(schema)
