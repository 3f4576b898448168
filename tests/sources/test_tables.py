from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from kgpaths.errors import InputError
from kgpaths.model import Evidence, Frequency, Qualifier
from kgpaths.sources import tables
from kgpaths.sources.tables import SourceInfo, SourceTables

INFO = SourceInfo("test", "1", "CC0-1.0", "")


def source(**frames: pl.DataFrame) -> SourceTables:
    schemas = {"nodes": tables.NODES, "edges": tables.EDGES, "aliases": tables.ALIASES, "xrefs": tables.XREFS, "rejected": tables.REJECTED}
    return SourceTables(INFO, **{name: frames.get(name, tables.empty(schema)) for name, schema in schemas.items()})


@pytest.mark.parametrize(("struct", "model"), [(tables.EVIDENCE, Evidence), (tables.FREQUENCY, Frequency), (tables.QUALIFIER, Qualifier)])
def test_structs_hold_the_fields_of_their_noun_in_order(struct: pl.Struct, model: type) -> None:
    assert [field.name for field in struct.fields] == list(model.model_fields)


def test_evidence_fills_what_is_not_given_like_the_noun() -> None:
    frame = pl.DataFrame({"pmid": [["PMID:1"]]}).select(tables.evidence(INFO, publications=pl.col("pmid")))
    assert frame.schema["evidence"] == tables.EVIDENCE
    found = Evidence(**frame["evidence"][0])
    assert found == Evidence(source="test", release="1", licence="CC0-1.0", publications=("PMID:1",))


def test_evidence_refuses_a_field_it_does_not_have() -> None:
    with pytest.raises(TypeError, match="no field colour"):
        tables.evidence(INFO, colour=pl.lit(""))


def test_a_frame_of_another_schema_is_refused_where_it_is_made() -> None:
    with pytest.raises(TypeError, match="test: aliases has schema"):
        source(aliases=tables.empty(tables.XREFS))
    assert source().nodes.columns == ["id", "category", "name", "definition", "semantic_types", "linkable"]


def test_sha256_is_of_the_bytes_and_a_missing_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    assert tables.sha256(tmp_path / "a") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    with pytest.raises(InputError, match=r"/b: cannot be read: No such file"):
        tables.sha256(tmp_path / "b")
