"""What a graph folder says of itself: its sources and terms, its counts, and the hash that is its identity."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from kgpaths.model import Noun, digest

FORMAT = 3
"""Version of the folder's layout. Raise it when a file is added, dropped or changes meaning."""

MANIFEST = "manifest.json"
"""Written last: a folder without it is half-built."""


class SourceEntry(Noun):
    """One source of a graph, as read, with what it brought before merging."""

    name: str
    release: str
    licence: str
    url: str = ""
    files: dict[str, str] = Field(default_factory=dict)  # file name -> SHA-256
    nodes: int = 0
    edges: int = 0
    aliases: int = 0
    xrefs: int = 0
    rejected: int = 0
    restricted: bool = False  # not to be sent to others, a language model's server among them
    left_out: dict[str, int] = Field(default_factory=dict)  # rows that options or the source's own marks put aside, by reason


class GraphManifest(Noun):
    """The manifest. ``content_hash`` is the graph's identity: edges, concepts and names; no release, time or file bytes."""

    format: int = FORMAT
    kgpaths_version: str = ""
    name: str
    release: str
    content_hash: str
    concepts: int
    edges: int
    recipe: dict[str, Any] = Field(default_factory=dict)  # the resolved recipe, where the graph was built by one
    sources: tuple[SourceEntry, ...] = ()
    categories: dict[str, int] = Field(default_factory=dict)
    predicates: dict[str, int] = Field(default_factory=dict)
    merged_ids: int = 0  # ids that became another concept's
    mapping_edges: int = 0  # made from cross-references and identical names
    conflicts: int = 0  # links refused, see conflicts.parquet
    self_loops: int = 0  # edges whose ends became one concept by merging
    rejected_rows: int = 0
    rejected: dict[str, int] = Field(default_factory=dict)  # rejected rows by reason
    files: dict[str, str] = Field(default_factory=dict)  # file of the folder -> SHA-256, for ``kg verify``
    seal: str = ""  # hash of all the above

    def sealed(self) -> GraphManifest:
        """Return the manifest with its seal."""
        return self.model_copy(update={"seal": digest(self.model_dump(mode="json", exclude={"seal"}))})
