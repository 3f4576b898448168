"""Expand abbreviations: those the text defines itself, then an authored table of clinical ones that vignettes never define.

Definitions are found by scispaCy's detector (Schwartz and Hearst's algorithm) on a blank English pipeline. It is imported
when a text first has a parenthesis that may hold one, as the import takes seconds; without it the table alone is used.
"""

from __future__ import annotations

import importlib.util
import re
import warnings
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from kgpaths.link.text import tokenize
from kgpaths.link.wordlists import table_text

SKIPPED = "scispaCy is not installed: abbreviations defined in the text are not expanded"
_DEFINITION = re.compile(r"\([^()]{0,80}?\b[A-Z][A-Za-z0-9/-]*[A-Z0-9]s?\)|\b[A-Z][A-Z0-9-]{1,9} \([a-z]")
_SHORT = re.compile(r"[A-Z][A-Za-z0-9/-]*[A-Z0-9]s?")  # "dL" and "Hg" are units
_MAX_DETECT = 100_000  # characters; beyond, the detector's cost is not bounded by ours


@lru_cache(maxsize=1)
def table() -> Mapping[tuple[str, ...], tuple[str, ...]]:
    """Return the authored abbreviations, as cased tokens, with the expansions to look up in this order."""
    rows = [line.split("\t") for line in table_text("abbreviations.tsv").splitlines() if not line.startswith("#")]
    return {tokenize(short).exact: tuple(long.split("|")) for short, long in rows}


class Definitions:
    """Find the abbreviations a text defines. ``skipped`` says what cannot be done for want of scispaCy."""

    def __init__(self) -> None:
        self._pipeline: Any = None
        self._available = all(_is_installed(name) for name in ("spacy", "scispacy"))

    @property
    def skipped(self) -> tuple[str, ...]:
        return () if self._available else (SKIPPED,)

    def find(self, text: str) -> dict[str, str]:
        """Return short form to long form as ``text`` defines them; empty without scispaCy."""
        if not self._available or len(text) > _MAX_DETECT or not _DEFINITION.search(text) or not self._load():
            return {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # spaCy warns of every definition that is never used again
            document = self._pipeline(text)
        pairs = {short.text: short._.long_form.text for short in document._.abbreviations if _SHORT.fullmatch(short.text)}
        return dict(sorted(pairs.items()))

    def _load(self) -> bool:
        """Import scispaCy and make the pipeline once; a broken installation counts as none."""
        if self._pipeline is None:
            try:
                import spacy
                from scispacy.abbreviation import AbbreviationDetector  # noqa: F401  registers the component

                self._pipeline = spacy.blank("en")
                self._pipeline.add_pipe("abbreviation_detector")
            except Exception:  # whatever an installation can break with
                self._available = False
        return self._available


def _is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False
