"""Tokens are counted offline, as OpenAI counts them, whatever the text is."""

from __future__ import annotations

import subprocess
import sys

import pytest

from kgpaths.llm.request import Message
from kgpaths.llm.tokens import LONGEST, count, prompt_tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("hello world", 2),
        ("tiktoken is great!", 6),  # this and the next three: OpenAI cookbook, "How to count tokens with tiktoken", o200k_base
        ("antidisestablishmentarianism", 6),
        ("2 + 2 = 4", 7),
        ("お誕生日おめでとう", 8),
        ("Digoxin —inhibits→ Na+/K+-ATPase", 13),
        ('{"steps":[{"text":"K+ 6.8 mEq/L","cites":["E7"]}]}', 24),
    ],
)
def test_known_texts(text: str, tokens: int) -> None:
    assert count(text) == tokens


@pytest.mark.parametrize(("text", "tokens"), [("<|endoftext|>", 7), ("<|endofprompt|>", 7), ("say <|endoftext|> twice <|endoftext|>", 16)])
def test_what_looks_like_a_special_token_is_text(text: str, tokens: int) -> None:
    assert count(text) == tokens


def test_half_a_surrogate_pair_counts_as_the_mark_that_takes_its_place() -> None:
    assert count("a \ud83d b") == count("a \ufffd b") == 3


def test_long_texts_are_counted_in_pieces() -> None:
    word = " potassium"
    assert count(word) == 1
    assert LONGEST % len(word) == 0
    assert count(word * 250_000) == 250_000  # bpe-openai itself refuses more than 200,000 tokens, and a million characters


def test_a_prompt_is_its_messages_with_their_frames_and_the_schema() -> None:
    messages = [Message(role="system", text="hello world"), Message(role="user", text="tiktoken is great!")]
    assert prompt_tokens(messages) == (3 + 1 + 2) + (3 + 1 + 6) + 3
    assert prompt_tokens(messages, '{"type":"object"}') == 19 + count('{"type":"object"}') == 24
    assert prompt_tokens([]) == 3


def test_without_the_extra_there_is_one_clear_line() -> None:
    code = """
import sys
sys.modules["bpe_openai"] = None  # as if it were not installed
from kgpaths.errors import ConfigError
from kgpaths.llm.tokens import count
try:
    count("a")
except ConfigError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "tokens cannot be counted: bpe-openai is not installed (pip install 'kgpaths[llm]')\n"


def test_counting_loads_nothing_before_it_is_needed() -> None:
    code = "import kgpaths.llm.money, sys; print('bpe_openai' in sys.modules, 'polars' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"
