"""Turn a biomedical knowledge graph and medical questions into checked, step-by-step reasoning examples.

The names below are loaded when they are first used, so that ``import kgpaths`` costs nothing. The validator is
``kgpaths.validate.validate``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kgpaths.config import RunConfig
    from kgpaths.graph.store import Graph
    from kgpaths.pipeline import run
    from kgpaths.runs import Run

__all__ = ["Graph", "Run", "RunConfig", "run"]

_HOMES = {"Graph": "kgpaths.graph.store", "Run": "kgpaths.runs", "RunConfig": "kgpaths.config", "run": "kgpaths.pipeline"}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'kgpaths' has no attribute {name!r}")
