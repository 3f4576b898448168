"""Read a graph in KGX's format as Monarch, RTX-KG2, ROBOKOP and the Translator publish it: nodes and edges, TSV or JSON Lines.

Files come in a folder, plain or ``.gz``, or in one ``.tar.gz`` that is read where it lies. What others publish has faults: a
row that cannot be used is rejected with its reason, and only a fault of the format itself ends the reading.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from kgpaths.errors import InputError
from kgpaths.sources import tables
from kgpaths.sources.archive import is_archive, members
from kgpaths.sources.delimited import Delimited
from kgpaths.sources.files import inside
from kgpaths.sources.kgx_doubt import DOUBTFUL, Kinds
from kgpaths.sources.kgx_edges import KGX_EDGES, Edges, Rows
from kgpaths.sources.kgx_exported import EXPORTED_EDGES, OURS, Exported
from kgpaths.sources.kgx_nodes import NODES, Nodes, known_prefixes
from kgpaths.sources.kgx_rows import ENDINGS, is_table, read_rows
from kgpaths.sources.tables import Batches, SourceInfo, SourceTables


def read_kgx(
    path: Path,
    *,
    nodes: str = "",
    edges: str = "",
    exact: Sequence[str] = (),
    name: str = "",
    release: str = "",
    licence: str = "",
    url: str = "",
    restricted: bool = False,
    leave_out_predicates: Sequence[str] = (),
    doubtful: Sequence[str] = DOUBTFUL,
    synonyms: str = "related",
    quoted: bool = False,
    limit: int | None = None,
) -> SourceTables:
    """Read a KGX graph from a folder or a ``.tar.gz``, its edges block by block.

    ``nodes`` and ``edges`` name the two files where ``*nodes.tsv``, ``*edges.jsonl`` and the like are not one each. ``exact``
    names the prefixes whose cross-references are taken as exact matches, ``synonyms`` is the scope of synonyms that bear none,
    and ``quoted`` says that fields of a TSV may stand in quotation marks, which KGX itself never writes. Edges whose knowledge
    level, agent type or source is among ``doubtful`` are kept, but not walked, as are those that ``kgx_doubt`` doubts anyway.
    KGX files state neither release nor licence, nor that they are ``restricted``: not to be sent to others. Our own export is read
    as the graph that it was made of: nothing is doubted again.
    Raises InputError for a fault of the format, for one of the edges while they are gone through.
    """
    if synonyms not in tables.SCOPES[1:]:
        raise InputError(f"synonyms: {synonyms!r} is no scope", mend=f"one of {', '.join(tables.SCOPES[1:])}")
    found = candidates(path)
    node_file, edge_file = chosen(path, found, "nodes", nodes), chosen(path, found, "edges", edges)
    hashed = {path.name: path} if is_archive(path) else {place: found[place] for place in sorted((node_file, edge_file))}
    files = {place: tables.sha256(file) for place, file in hashed.items()}
    info = SourceInfo(name or name_of(path, node_file), release, licence, url, files, restricted)
    read = Nodes(synonyms, known_prefixes(exact))
    for rows in read_rows(found[node_file], NODES, quoted=quoted, limit=limit):
        read.add(rows, node_file)
    node_frame, aliases, xrefs, rejected = read.tables()
    ours = is_ours(found[edge_file], quoted)
    fields, kind = (EXPORTED_EDGES, Exported) if ours else (KGX_EDGES, Edges)
    for _ in read_rows(found[edge_file], fields, quoted=quoted, limit=1):
        pass  # a missing column shows before the whole build has begun
    state = kind("KGX", tuple(leave_out_predicates), tuple(doubtful), Kinds.of(node_frame))

    def edge_rows() -> Rows:
        for rows in read_rows(found[edge_file], fields, quoted=quoted, limit=limit):
            yield rows, edge_file

    all_rejected = Batches(lambda: iter([rejected, *state.rejected]))
    edge_table = state.batches(edge_rows, read.left_out)
    return SourceTables(info, node_frame, edge_table, aliases, xrefs, all_rejected, state.left_out, settled=ours)


def is_ours(edges: Path, quoted: bool) -> bool:
    """Tell whether a file of edges is our own export, by the columns that only ours have."""
    return is_table(edges) and set(OURS) <= set(Delimited((edges,), "\t", quoted=quoted).columns())


def candidates(path: Path) -> Mapping[str, Path]:
    """Return the files of a folder or archive by their names. Raises InputError where there is neither."""
    if path.is_dir():
        return {file.name: file for file in sorted(path.iterdir()) if file.is_file()}
    if not path.is_file():
        raise InputError("no such file or folder", where=str(path))
    if not is_archive(path):
        raise InputError("is neither a folder nor a .tar.gz", where=str(path), mend="name the folder that nodes and edges lie in")
    return {member.place: member.as_path() for member in members(path)}


def chosen(path: Path, found: Mapping[str, Path], word: str, named: str) -> str:
    """Return the name of the nodes or edges file. Raises InputError where it is not one file in a format that can be read."""
    if named:
        if not is_archive(path):
            inside(path, named)  # before it is said whether there is such a file
        names = [place for place in found if place in (named, f"{named}.gz") or place.endswith(f"/{named}")]
        missing = f"has no file {named!r}"
    else:
        names = [place for place in found if stem(place) is not None and str(stem(place)).lower().endswith((word, word[:-1]))]
        missing = f"has no file of {word}"
    plain = [place for place in names if place.removesuffix(".gz") not in names or not place.endswith(".gz")]
    if len(plain) != 1:
        what = f"has several files of {word}: {', '.join(plain[:5])}" if plain else missing
        raise InputError(what, where=str(path), mend=f"name it with {word}=, e.g. {word}=merged_{word}.tsv")
    if not is_archive(path):
        inside(path, plain[0])  # a link may lead anywhere
    if stem(plain[0]) is None or (is_archive(path) and plain[0].endswith(".gz")):
        raise InputError(f"{plain[0]!r} is neither .tsv nor .jsonl", where=str(path))
    return plain[0]


def stem(place: str) -> str | None:
    """Return a file's name without its ending, None where it is no table or JSON Lines."""
    name = place.rpartition("/")[2].removesuffix(".gz")
    return next((name.removesuffix(ending) for ending in ENDINGS if name.lower().endswith(ending)), None)


def name_of(path: Path, node_file: str) -> str:
    """Return a source's name: what stands before "nodes" in the file's name, else the folder's or archive's name."""
    before = str(stem(node_file)).lower().removesuffix("s").removesuffix("node").rstrip("-_.")
    return before or (path.name.partition(".tar")[0] if is_archive(path) else path.resolve().name)
