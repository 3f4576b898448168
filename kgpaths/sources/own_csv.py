"""Read a user's own tables: CSV or TSV files and a short YAML that says what their columns are.

A complete example, ``hospital.yaml`` beside its two tables::

    name: our-hospital-kg
    licence: internal use only
    restricted: true  # sent to no language model but those on hosts you allow
    release: 2026-01                # optional, as are url and prefix
    prefix: LOCAL                   # goes before ids that have none: 4711 becomes LOCAL:4711

    nodes:                          # one table, or a list of several
      file: nodes.csv               # within this file's folder; .csv, .tsv, also .gz
      id: code
      name: label
      category: {column: kind, map: {Krankheit: Disease, Medikament: Drug}, default: NamedThing}
      definition: text
      synonyms:
        - {column: synonyms, separator: ";"}
        - {column: abbreviations, separator: ";", scope: related}
      xrefs: {column: mondo, prefix: MONDO, exact: true}

    edges:
      file: edges.csv
      separator: semicolon          # comma, tab, semicolon, pipe, or the character itself
      subject: from
      predicate: {column: rel, map: {TREATS: treats, NO_EFFECT: not treats, TREATED_BY: treated_by, UNCLEAR: leave out}}
      object: to
      negated: denied               # true, false, yes, no, 1, 0 or empty
      publications: {column: pmids, separator: "|", prefix: PMID}
      citation: guideline
      confidence: score             # 0 to 1
      date: checked
      note: remark
      frequency: how_often          # 3/10, 45%, occasional, HP:0040283
      onset: onset
      sex: sex
      qualifiers: {population_context_qualifier: population, stage_qualifier: stage}

Where a ``category`` or ``predicate`` is the same for all rows, it stands there itself (``category: Disease``); any other word
is a column, and a column's values are Biolink's terms unless ``map`` says what they mean. A predicate that neither Biolink nor
kgpaths has is kept under the prefix (``LOCAL:referred_to``): it is in the graph, but not walked.

A table of names without ids needs no table of nodes; ids are made of the names, letter by letter, under the prefix. One name
with two categories is two things::

    name: triples
    licence: CC-BY-4.0
    prefix: LOCAL
    edges:
      file: triples.tsv
      subject: {name: head, category: Drug}
      predicate: relation
      object: {name: tail, category: {column: tail_type}}

Tables are UTF-8. In CSV a field may stand in quotation marks and hold line ends; in TSV a quotation mark is a character like
any other unless ``quoted: true`` says otherwise.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import quote

import polars as pl

from kgpaths.sources import tables
from kgpaths.sources.curies import is_known, normalise
from kgpaths.sources.files import ROW
from kgpaths.sources.kgx_doubt import Kinds
from kgpaths.sources.kgx_edges import Edges, Rows
from kgpaths.sources.kgx_nodes import ANYTHING, Nodes, rejects
from kgpaths.sources.kgx_rows import trimmed
from kgpaths.sources.own_spec import LEAVE_OUT, NOT, EdgeTable, End, Ids, Items, NodeTable, Term, read_spec
from kgpaths.sources.tables import Batches, SourceInfo, SourceTables
from kgpaths.vocabulary import CATEGORIES

Homonyms = dict[tuple[str, str], str]
"""Id made of a name and a category that is not its first -> the id of that other thing: MCC is a drug and a gene."""

_LONGEST = 100  # characters of a name that an id made of it shows


def read_own_csv(path: Path, *, limit: int | None = None) -> SourceTables:
    """Read the tables that the YAML at ``path`` names, edges block by block.

    Rows that cannot be used are rejected with their reason. Raises InputError for a fault of the YAML, which names the key and
    the nearest right one, and for a fault of a table's format, one of an edge table while its edges are gone through.
    """
    spec = read_spec(path)
    files = {path.name: tables.sha256(path)}
    for table in [*(n.table for n in spec.nodes), *(e.table for e in spec.edges)]:
        files |= {str(PurePosixPath(table.file).with_name(part.name)): tables.sha256(part) for part in table.text.paths}
    info = SourceInfo(spec.name, spec.release, spec.licence, spec.url, files, spec.restricted)
    read, homonyms = Nodes(), Homonyms()
    for node_table in spec.nodes:
        for block in node_table.table.blocks(limit):
            read.add(node_rows(block, node_table, spec.prefix), node_table.table.file)
    for edge_table in spec.edges:
        for rows in end_rows(edge_table, spec.prefix, read, homonyms, limit):
            read.add(rows, edge_table.table.file)
    nodes, aliases, xrefs, rejected = read.tables()
    state = Edges(spec.prefix or made_id(spec.name), kinds=Kinds.of(nodes.filter(pl.col("category") != ANYTHING)))  # a thing of any kind fits

    def edge_rows_of_all() -> Rows:
        for edge_table in spec.edges:
            for block in edge_table.table.blocks(limit):
                yield edge_rows(block, edge_table, spec.prefix, homonyms, state), edge_table.table.file

    all_rejected = Batches(lambda: iter([rejected, *state.rejected]))
    return SourceTables(info, nodes, state.batches(edge_rows_of_all, read.left_out), aliases, xrefs, all_rejected, state.left_out)


def node_rows(block: pl.DataFrame, spec: NodeTable, prefix: str) -> pl.DataFrame:
    """Return rows of nodes under KGX's names."""
    texts = {field: pl.col(column).str.strip_chars() for field, column in (("name", spec.name), ("description", spec.definition)) if column}
    lists: dict[str, list[pl.Expr]] = {}
    for synonyms in spec.synonyms:
        lists.setdefault(f"{synonyms.kind}_synonym", []).append(several(synonyms))
    for xrefs in spec.xrefs:
        lists.setdefault(xrefs.kind, []).append(several(xrefs))
    return block.select(
        ROW,
        ids(block, spec.ids, prefix).alias("id"),
        pl.concat_list(categories(block, spec.category)).alias("category"),
        **texts,
        **{field: pl.concat_list(found) for field, found in lists.items()},
    )


def end_rows(spec: EdgeTable, prefix: str, read: Nodes, homonyms: Homonyms, limit: int | None) -> Iterator[pl.DataFrame]:
    """Yield the nodes that an edge table's ends are by themselves and no earlier table has.

    An id's first name is its name and further ones are synonyms. Its first category holds: a name that comes with another
    one is another thing (``homonyms``), an id that does is a row that contradicts an earlier one.
    """
    ends = [(end, end.category) for end in (spec.subject, spec.object) if end.category]
    parts = []
    for block in spec.table.blocks(limit) if ends else ():
        for end, category in ends:
            named = block.select(ROW, ids(block, end.ids, prefix).alias("id"), pl.col(end.name).str.strip_chars().alias("name"))
            given = categories(block, category).alias("category")
            named = named.with_columns(given, kinds(given).alias("kind"), pl.lit(end.ids.of_names).alias("of_name"))
            parts.append(named.unique(["id", "name", "category"], keep="first", maintain_order=True))
    if not parts:
        return
    listed = pl.concat([tables.empty(tables.NODES), *read.nodes]).select("id", pl.col("category").alias("listed"))
    stated = pl.concat(parts).filter(pl.col("id") != "").join(listed.unique("id"), on="id", how="left", maintain_order="left")
    stated = stated.with_columns(pl.coalesce("listed", pl.col("kind").first().over("id")).alias("first"))
    other = pl.col("kind") != pl.col("first")
    for made, kind in stated.filter(other & pl.col("of_name")).select("id", "kind").unique(maintain_order=True).iter_rows():
        homonyms[made, kind] = f"{made}({kind})"
    twice = stated.filter(other & ~pl.col("of_name") & pl.col("listed").is_null())
    detail = pl.format("{} {}: {} before, {} here", "id", "name", "first", "category")
    twice = twice.unique(["id", "category"], keep="first", maintain_order=True)
    read.rejected.append(rejects(twice, spec.table.file, pl.lit("other_category"), detail))
    stated = stated.with_columns(told_apart(stated["id"], stated["kind"], homonyms))
    stated = stated.join(listed, on="id", how="anti", maintain_order="left")
    names = pl.col("name").filter(pl.col("name") != "").unique(maintain_order=True).alias("exact_synonym")
    nodes = stated.group_by("id", maintain_order=True).agg(pl.col(ROW, "category").first(), names)
    yield nodes.with_columns(pl.col("exact_synonym").list.first().fill_null("").alias("name"), pl.concat_list("category"))


def told_apart(made: pl.Series, kind: pl.Series, homonyms: Homonyms) -> pl.Series:
    """Return ids made of names, those of a name's further categories in place of its own."""
    if not homonyms:
        return made
    table = pl.DataFrame([(*key, other) for key, other in homonyms.items()], schema=["id", "kind", "other"], orient="row")
    found = pl.DataFrame([made.alias("id"), kind.alias("kind")]).join(table, on=["id", "kind"], how="left", maintain_order="left")
    return found.select(pl.coalesce("other", "id").alias("id")).to_series()


def kinds(category: pl.Series) -> pl.Series:
    """Return categories, those that Biolink lacks as what the graph makes of them."""
    return category.to_frame().select(pl.when(category.is_in(list(CATEGORIES))).then(category).otherwise(pl.lit(ANYTHING))).to_series()


def edge_rows(block: pl.DataFrame, spec: EdgeTable, prefix: str, homonyms: Homonyms, state: Edges) -> pl.DataFrame:
    """Return rows of edges under KGX's names; those whose predicate the YAML leaves out are counted."""
    fixed, column = spec.predicate.constant, spec.predicate.column
    given = block[column].str.strip_chars() if column else pl.repeat(fixed, block.height, eager=True)
    meaning = {fixed: fixed} if fixed else spec.predicate.meaning or {}
    predicate = given.replace({value: meant.removeprefix(NOT).strip() for value, meant in meaning.items()})
    denied = given.is_in([value for value, meant in meaning.items() if meant.startswith(NOT)])
    left_out = given.is_in([value for value, meant in meaning.items() if meant == LEAVE_OUT])
    rows = block.select(
        ROW,
        end_ids(block, spec.subject, prefix, homonyms).alias("subject"),
        end_ids(block, spec.object, prefix, homonyms).alias("object"),
        predicate.alias("predicate"),
        left_out.alias("_left_out"),
        *(pl.col(column).str.strip_chars().alias(field) for field, column in spec.texts.items()),
        *([pl.concat_list(several(one) for one in spec.publications).alias("publications")] if spec.publications else []),
    )
    negated = pl.col("negated") if "negated" in rows.columns else pl.lit("")
    rows = rows.with_columns(pl.when(denied).then(pl.lit("true")).otherwise(negated).alias("negated"))
    return state.without(rows, pl.col("_left_out"), "left_out_predicate").drop("_left_out")


def end_ids(block: pl.DataFrame, end: End, prefix: str, homonyms: Homonyms) -> pl.Series:
    """Return the ids of an edge table's end."""
    made = ids(block, end.ids, prefix)
    return told_apart(made, kinds(categories(block, end.category)), homonyms) if end.ids.of_names and end.category else made


def categories(block: pl.DataFrame, term: Term) -> pl.Series:
    """Return each row's category."""
    if term.constant:
        return pl.repeat(term.constant, block.height, eager=True)
    given = block[term.column].str.strip_chars()
    meant = {value: (term.meaning or {}).get(value, value) for value in given.unique()}
    plain = {value: name.removeprefix("biolink:") for value, name in meant.items()}
    known = {value: name if name in CATEGORIES or not term.default else term.default for value, name in plain.items()}
    return given.replace_strict(known, return_dtype=pl.String)


def several(spec: Items) -> pl.Expr:
    """Return a column's values as lists, with their prefix where they lack it."""
    column = pl.col(spec.column)
    values = trimmed(column.str.split(spec.separator) if spec.separator else pl.concat_list(column))
    if not spec.prefix:
        return values
    value = pl.element()
    return values.list.eval(pl.when(value.str.contains(r"^[^\s:]+:\S")).then(value).otherwise(pl.concat_str([pl.lit(f"{spec.prefix}:"), value])))


def ids(block: pl.DataFrame, spec: Ids, prefix: str) -> pl.Series:
    """Return a column's ids as CURIEs where they are some or can be made some; an empty text where the field is empty."""
    given = block[spec.column].str.strip_chars()
    return given.replace_strict({text: id_of(text, spec, prefix) for text in given.unique()}, return_dtype=pl.String)


def id_of(text: str, spec: Ids, prefix: str) -> str:
    """Return one id: as given where it is a CURIE, of the column's prefix or a known one if the column has a prefix; else made."""
    own = spec.prefix or prefix
    curie = None if spec.of_names else normalise(text)
    if curie and (not spec.prefix or is_known(curie) or curie.startswith(f"{spec.prefix}:")):
        return curie
    return f"{own}:{made_id(text)}" if own and text else text


def made_id(text: str) -> str:
    """Return a text as the part of an id behind the colon: letters and digits as they are, spaces as hyphens, the rest encoded.

    "Na+" and "Na-", "CAT" and "cat" stay apart; a long text is cut and told apart by its hash.
    """
    plain = "-".join(unicodedata.normalize("NFC", text).split())
    made = re.sub(r"[^\w.\-]", lambda found: quote(found[0], safe=""), plain)
    return made if len(made) <= _LONGEST else f"{made[:_LONGEST].rstrip('%')}-{hashlib.sha256(plain.encode()).hexdigest()[:12]}"
