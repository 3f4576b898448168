"""Read the edges of our own KGX export as they were: the same ids, the same content hashes, every statement with its source.

What a publisher's row leaves to be found out (is it doubtful, does a frequency deny it, what does it rest on) was settled when the
graph was built. The columns that are ours say it; KGX's own fields of the same things are not asked again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import ClassVar

import polars as pl

from kgpaths.errors import InputError
from kgpaths.sources.counted import Counted
from kgpaths.sources.kgx_edges import KGX_EDGES, Edges
from kgpaths.sources.kgx_rows import Fields
from kgpaths.sources.tables import EVIDENCE, FREQUENCY

OURS = ("citation", "code", "frequency", "note", "inferred_from", "edge_frequency", "source_release", "source_licence")
"""The columns that tell our export from any other file; ``graph.export_kgx`` says what they hold."""

EXPORTED_EDGES = Fields((*KGX_EDGES.required, *OURS), (*KGX_EDGES.texts, *OURS), KGX_EDGES.lists)
CONTEXT = "disease_context_qualifier"


class Exported(Edges):
    """The edges of our own export."""

    also: ClassVar[Sequence[str]] = ()

    def uncounted(self, rows: pl.DataFrame, held: Counted) -> pl.DataFrame:
        """Return the edges: their rows were pooled when the graph was built."""
        return rows

    def counted(self, rows: pl.DataFrame, file: str) -> pl.DataFrame:
        """Add the edge's frequency. Raises InputError where it is not as we write it."""
        told = rows["edge_frequency"].unique().sort()
        parsed = [_frequency(text, file) for text in told]
        table = pl.DataFrame({"edge_frequency": told, "_of": pl.Series(parsed, dtype=FREQUENCY)}).unnest("_of")
        return rows.join(table, on="edge_frequency", how="left", maintain_order="left").with_columns(_no_frequency=pl.lit(False))

    def understood(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the rows without the context that the export gave an inference."""
        moved = (pl.col("inferred_from") != "") & (pl.col(CONTEXT) == pl.col("inferred_from")) & (pl.col("stored") == "has_phenotype")
        return rows.with_columns(pl.when(moved).then(pl.lit("")).otherwise(CONTEXT).alias(CONTEXT))

    def evidence(self) -> pl.Expr:
        """Return each row's statement as it was, null where the edge has none."""
        source = pl.col("primary_knowledge_source").list.first()
        fields = {
            **{name: pl.col(name) for name in ("publications", "citation", "code", "frequency", "note", "inferred_from")},
            "source": source,
            "release": pl.col("source_release"),
            "licence": pl.col("source_licence"),
            "onset": pl.col("onset_qualifier"),
            "sex": pl.col("sex_qualifier"),
            "modifiers": pl.col("clinical_modifier_qualifier"),
            "confidence": pl.col("has_confidence_score").cast(pl.Float64, strict=False),
            "date": pl.col("update_date"),
        }
        stated = pl.struct(fields[field.name].alias(field.name) for field in EVIDENCE.fields)
        return pl.when(source.is_not_null()).then(stated).alias("evidence")


def _frequency(text: str, file: str) -> dict[str, object] | None:
    """Return one ``edge_frequency``, of nulls where it is empty."""
    none: dict[str, object] = {field.name: None for field in FREQUENCY.fields}
    if not text:
        return none
    try:
        found = json.loads(text)
        assert isinstance(found, dict) and found.keys() == none.keys()
        pl.Series([found], dtype=FREQUENCY)
    except (ValueError, AssertionError, TypeError, RecursionError, pl.exceptions.PolarsError):
        raise InputError(f"edge_frequency is not as kgpaths writes it: {text[:80]}", where=file, mend="export the graph again") from None
    return found
