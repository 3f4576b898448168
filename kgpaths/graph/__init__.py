"""The columnar graph: build it from sources, merge what is the same, open it in milliseconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kgpaths.graph.build import build_graph
    from kgpaths.graph.store import Graph

__all__ = ["Graph", "build_graph"]

_HOMES = {"Graph": "kgpaths.graph.store", "build_graph": "kgpaths.graph.build"}


def __getattr__(name: str) -> Any:
    """Load the two names on first use: numpy, polars and pyarrow are not paid for by who imports a neighbour."""
    from importlib import import_module

    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'kgpaths.graph' has no attribute {name!r}")
