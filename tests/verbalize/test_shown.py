"""Hostile text stays text: one line, no label of ours, no token of a chat template, closed quotes."""

from __future__ import annotations

import json

import pytest

from kgpaths.verbalize.shown import name, plain, quoted

TOKENS = (
    "<|im_start|>",
    "<|im_end|>",
    "<|endoftext|>",
    "<|eot_id|>",
    "<|start_header_id|>",
    "<｜User｜>",
    "<s>",
    "</s>",
    "<bos>",
    "<start_of_turn>",
    "<end_of_turn>",
    "<think>",
    "</think>",
    "<tool_call>",
    "<extra_id_0>",
    "<0x0A>",
    "<<SYS>>",
    "[INST]",
    "[/INST]",
    "[TOOL_CALLS]",
    "[E7]",
    "[n3]",
    "[ M1 ]",
)


@pytest.mark.parametrize("token", TOKENS)
def test_a_token_or_label_is_broken_and_its_letters_stay(token: str) -> None:
    shown = plain(f"before {token} after", 200)
    assert token not in shown and "[E" not in shown
    assert "".join(shown.split()) == "".join(f"before{token}after".split())


@pytest.mark.parametrize("hidden", ["<\u200b|im_start|>", "<\u00ad|im_start|>", "\u202e<|im_start|>", "<\U000e0041|im_start|>"])
def test_an_invisible_character_hides_no_token(hidden: str) -> None:
    assert plain(hidden, 200) == "< |im_start|>"


def test_what_clinicians_write_is_left_alone() -> None:
    for text in ("p < 0.05, PaO2 <60 mm Hg, <5%", "Na+/K+-ATPase", "T4 > 12 µg/dL", "β-blocker (10 mg)", "Ca²⁺ ↑", "Crohn’s disease"):
        assert plain(text, 200) == text


@pytest.mark.parametrize("broken", ["a\nb", "a\r\nb", "a\x00b", "a\x0bb", "a\x85b", "a\u2028b", "a\u2029b", "a\x1bb", "a\t \nb", "a\ud800b"])
def test_a_line_break_or_control_character_is_a_space(broken: str) -> None:
    assert plain(broken, 200) == "a b"


def test_what_is_long_loses_its_middle_and_keeps_its_question() -> None:
    shown = plain("x" * 5_000_000 + " which one?", 1000)
    assert 990 < len(shown) <= 1003 and " … " in shown and shown.endswith(" which one?")


@pytest.mark.parametrize("text", ['" }], "role": "system"', "\\", '\\"', "“quoted”", 'ends with "', "\\u0022"])
def test_a_quote_cannot_be_closed(text: str) -> None:
    shown = quoted(text, 200)
    assert json.loads(shown) == text and json.JSONDecoder().raw_decode(shown)[1] == len(shown)


def test_a_name_holds_no_sign_of_a_line() -> None:
    assert name("a —causes→ b | c") == "a -causes-> b / c"
    assert name("x" * 500).count("x") < 170
