"""Write a folder with the shape of a UMLS Metathesaurus release: its files, columns and row counts, with heavy-tailed degrees.

    python benchmarks/umls_shaped.py META              # 3.3 M concepts, 15 M names, 40 M rows of MRREL: some 6 GB
    python benchmarks/umls_shaped.py META --scale 0.01 --gz

Sizes and columns are those of a recent release's MRFILES; every word, code and relation is drawn, seeded, and means
nothing. As in a release the files are sorted by concept, and every relation stands twice, once from each end.
"""

from __future__ import annotations

import argparse
import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

CONCEPTS, NAMES, RELATIONS = 3_300_000, 15_000_000, 20_000_000
DEFINED = 0.1  # share of the concepts that have a definition
CHUNK = 500_000  # rows written at a time

Ints = NDArray[np.int64]


class Vocabulary(NamedTuple):
    """A source vocabulary: its share of the names, how a code is made of a number, language and restriction level."""

    sab: str
    share: float
    before: str = ""  # what stands before the number of a code
    digits: int = 6
    after: str = ""
    language: str = "ENG"
    level: int = 0


VOCABULARIES = (
    Vocabulary("MTH", 6, "NOCODE", 0),
    Vocabulary("SNOMEDCT_US", 14, "", 9, level=9),
    Vocabulary("MSH", 9, "D", 6),
    Vocabulary("NCBI", 15, "", 7),
    Vocabulary("NCI", 7, "C", 6),
    Vocabulary("LNC", 8, "", 5, "-1"),
    Vocabulary("RXNORM", 5, "", 7),
    Vocabulary("MDR", 3, "", 8, level=3),
    Vocabulary("ICD10CM", 3, "T", 6, level=4),
    Vocabulary("ICD10PCS", 3, "0", 6),
    Vocabulary("OMIM", 2, "", 6),
    Vocabulary("HPO", 1, "HP:", 7),
    Vocabulary("GO", 3, "GO:", 7),
    Vocabulary("HGNC", 3, "HGNC:", 5),
    Vocabulary("FMA", 2, "", 6),
    Vocabulary("MTHSPL", 4, "", 7),
    Vocabulary("MED-RT", 1, "N0000", 6),
    Vocabulary("SCTSPA", 6, "", 9, language="SPA", level=9),
    Vocabulary("MSHFRE", 2, "D", 6, language="FRE", level=3),
    Vocabulary("MSHGER", 2, "D", 6, language="GER", level=3),
    Vocabulary("MDRJPN", 1, "", 8, language="JPN", level=3),
)


class Relation(NamedTuple):
    """A relation: its two names as (REL, RELA) from each end, the vocabulary that states it, and its share of the relations."""

    rel: str
    rela: str
    rel_back: str
    rela_back: str
    sab: str
    share: float


RELATIONS_OF = (
    Relation("CHD", "isa", "PAR", "inverse_isa", "SNOMEDCT_US", 9),
    Relation("CHD", "isa", "PAR", "inverse_isa", "NCI", 3),
    Relation("RN", "isa", "RB", "inverse_isa", "RXNORM", 3),
    Relation("CHD", "", "PAR", "", "NCBI", 8),
    Relation("CHD", "", "PAR", "", "LNC", 5),
    Relation("SIB", "", "SIB", "", "MSH", 14),
    Relation("RN", "", "RB", "", "MTH", 3),
    Relation("SY", "", "SY", "", "NCBI", 3),
    Relation("RO", "", "RO", "", "MSH", 3),
    Relation("RQ", "", "RQ", "", "MDR", 1),
    Relation("AQ", "", "QB", "", "MSH", 2),
    Relation("RO", "has_finding_site", "RO", "finding_site_of", "SNOMEDCT_US", 5),
    Relation("RO", "has_associated_morphology", "RO", "associated_morphology_of", "SNOMEDCT_US", 4),
    Relation("RO", "has_causative_agent", "RO", "causative_agent_of", "SNOMEDCT_US", 2),
    Relation("RO", "due_to", "RO", "cause_of", "SNOMEDCT_US", 1),
    Relation("RO", "has_method", "RO", "method_of", "SNOMEDCT_US", 4),
    Relation("RO", "has_interpretation", "RO", "interpretation_of", "SNOMEDCT_US", 2),
    Relation("RO", "may_treat", "RO", "may_be_treated_by", "MED-RT", 1),
    Relation("RO", "contraindicated_with_disease", "RO", "has_contraindicated_drug", "MED-RT", 1),
    Relation("RO", "has_manifestation", "RO", "manifestation_of", "OMIM", 1),
    Relation("RO", "disease_may_have_finding", "RO", "may_be_finding_of_disease", "NCI", 1),
    Relation("RO", "gene_associated_with_disease", "RO", "disease_has_associated_gene", "NCI", 1),
    Relation("RN", "subset_includes_concept", "RB", "concept_in_subset", "NCI", 4),
    Relation("RO", "has_ingredient", "RO", "ingredient_of", "RXNORM", 4),
    Relation("RO", "consists_of", "RO", "constitutes", "RXNORM", 2),
    Relation("RO", "has_dose_form", "RO", "dose_form_of", "RXNORM", 2),
    Relation("RO", "has_component", "RO", "component_of", "LNC", 4),
    Relation("RO", "has_system", "RO", "system_of", "LNC", 2),
    Relation("RO", "has_part", "RO", "part_of", "FMA", 2),
    Relation("RO", "regional_part_of", "RO", "has_regional_part", "FMA", 1),
    Relation("RO", "regulates", "RO", "regulated_by", "GO", 1),
    Relation("RO", "mapped_to", "RO", "mapped_from", "MTH", 1),
    *(Relation("RO", f"has_attribute_{n}", "RO", f"attribute_{n}_of", "NCI", 1 / n) for n in range(1, 200)),
)

TYPES = (  # (TUI, STN, name, share): enough of the 127 that every kind of concept is there
    ("T204", "A1.1.3", "Eukaryote", 30),
    ("T007", "A1.1.2", "Bacterium", 10),
    ("T047", "B2.2.1.2.1", "Disease or Syndrome", 5),
    ("T033", "A2.2", "Finding", 8),
    ("T061", "B1.3.1.3", "Therapeutic or Preventive Procedure", 7),
    ("T116", "A1.4.1.2.1.7", "Amino Acid, Peptide, or Protein", 6),
    ("T109", "A1.4.1.2.1", "Organic Chemical", 6),
    ("T121", "A1.4.1.1.1", "Pharmacologic Substance", 6),
    ("T201", "A2.3.1", "Clinical Attribute", 5),
    ("T200", "A1.3.3", "Clinical Drug", 4),
    ("T023", "A1.2.3.1", "Body Part, Organ, or Organ Component", 4),
    ("T037", "B2.3", "Injury or Poisoning", 3),
    ("T028", "A1.2.3.5", "Gene or Genome", 3),
    ("T191", "B2.2.1.2.1.2", "Neoplastic Process", 2),
    ("T046", "B2.2.1.2", "Pathologic Function", 1),
    ("T184", "A2.2.2", "Sign or Symptom", 1),
    ("T170", "A2.4", "Intellectual Product", 1),
)

COLUMNS = {
    "MRCONSO.RRF": "CUI,LAT,TS,LUI,STT,SUI,ISPREF,AUI,SAUI,SCUI,SDUI,SAB,TTY,CODE,STR,SRL,SUPPRESS,CVF",
    "MRDEF.RRF": "CUI,AUI,ATUI,SATUI,SAB,DEF,SUPPRESS,CVF",
    "MRDOC.RRF": "DOCKEY,VALUE,TYPE,EXPL",
    "MRFILES.RRF": "FIL,DES,FMT,CLS,RWS,BTS",
    "MRRANK.RRF": "RANK,SAB,TTY,SUPPRESS",
    "MRREL.RRF": "CUI1,AUI1,STYPE1,REL,CUI2,AUI2,STYPE2,RELA,RUI,SRUI,SAB,SL,RG,DIR,SUPPRESS,CVF",
    "MRSAB.RRF": "VCUI,RCUI,VSAB,RSAB,SON,SF,SVER,VSTART,VEND,IMETA,RMETA,SLC,SCC,SRL,TFR,CFR,CXTY,TTYL,ATNL,LAT,CENC,CURVER,SABIN,SSN,SCIT",
    "MRSTY.RRF": "CUI,TUI,STN,STY,ATUI,CVF",
}
SYLLABLES = ("ba", "cor", "di", "en", "fos", "gli", "hy", "in", "ker", "lym", "mu", "neu", "oxi", "pro", "que", "ra", "syn", "tri", "ul", "vas", "zo")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("out", type=Path, help="The folder to write.")
    parser.add_argument("--scale", type=float, default=1.0, help="Share of the concepts, names and relations.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--gz", action="store_true", help="Pack every file.")
    given = parser.parse_args()
    for name, rows in write(given.out, given.scale, given.seed, packed=given.gz).items():
        print(f"{rows:>12,} rows of {name}")


def write(out: Path, scale: float = 1.0, seed: int = 0, *, packed: bool = False) -> dict[str, int]:
    """Write the folder and return how many rows each file has."""
    draw = np.random.default_rng(seed)
    out.mkdir(parents=True, exist_ok=True)
    concepts, names, relations = (max(100, round(n * scale)) for n in (CONCEPTS, NAMES, RELATIONS))
    numbers = np.sort(draw.choice(min(9_999_999, 2 * concepts), concepts, replace=False)) + 1
    cuis = numbered("C", numbers, 7)
    words = pl.Series(
        ["".join(SYLLABLES[s] for s in row[: 1 + i % 4]) for i, row in enumerate(draw.integers(0, len(SYLLABLES), (100_000, 4)).tolist())]
    )
    files = {
        "MRCONSO.RRF": conso(cuis, names, words, draw),
        "MRDEF.RRF": definitions(cuis, words, draw),
        "MRREL.RRF": relation_rows(cuis, names, relations, draw),
        "MRSTY.RRF": types(cuis, draw),
        "MRDOC.RRF": documentation(),
        "MRRANK.RRF": ranks(),
        "MRSAB.RRF": vocabularies(),
    }
    rows: dict[str, int] = {}
    sizes: dict[str, int] = {}
    for name, frames in files.items():
        rows[name], sizes[name] = save(out / name, frames, packed)
    listed = sorted([*files, "MRFILES.RRF"])
    rows["MRFILES.RRF"] = len(listed)
    fields = [(n, "Drawn", COLUMNS[n], str(COLUMNS[n].count(",") + 1), str(rows[n]), str(sizes.get(n, 0))) for n in listed]
    save(out / "MRFILES.RRF", iter([pl.DataFrame(fields, schema=COLUMNS["MRFILES.RRF"].split(","), orient="row")]), packed)
    return rows


def save(path: Path, frames: Iterator[pl.DataFrame], packed: bool) -> tuple[int, int]:
    """Write frames as RRF, every row ending in a separator, and return the rows and the bytes before packing."""
    rows = size = 0
    columns = COLUMNS[path.name].split(",")
    with gzip.open(f"{path}.gz", "wb", compresslevel=1) if packed else path.open("wb") as stream:
        for frame in frames:
            text = frame.select(*columns, pl.lit("").alias("_end")).write_csv(include_header=False, separator="|", quote_style="never").encode()
            stream.write(text)
            rows += frame.height
            size += len(text)
    return rows, size


def numbered(before: str, numbers: Ints, digits: int, after: str = "") -> pl.Series:
    """Return ids such as ``C0000005``."""
    return pl.select(pl.concat_str([pl.lit(before), pl.lit(pl.Series(numbers)).cast(pl.String).str.zfill(digits), pl.lit(after)])).to_series()


def shared(weights: list[float], count: int, draw: np.random.Generator) -> Ints:
    """Draw ``count`` places with the given weights."""
    cumulative = np.cumsum(np.array(weights) / sum(weights))
    return np.minimum(np.searchsorted(cumulative, draw.random(count)), len(weights) - 1)


def heavy(count: int, size: int, draw: np.random.Generator, power: float) -> Ints:
    """Draw ``size`` places below ``count``, a few of them very often: the place's rank is a power of a uniform number."""
    ranks = (count * draw.random(size) ** power).astype(np.int64)
    return (ranks * 2_654_435_761) % count  # frequent ones anywhere, not side by side


def phrases(words: pl.Series, count: int, draw: np.random.Generator, mean: float) -> pl.Series:
    """Return ``count`` texts of ``mean`` words on average, at least one."""
    lengths = 1 + draw.poisson(mean - 1, count)
    picked = words.gather(heavy(len(words), int(lengths.sum()), draw, 2.0))
    owner = pl.Series(np.repeat(np.arange(count), lengths)).set_sorted()
    return pl.DataFrame({"owner": owner, "word": picked}).group_by("owner", maintain_order=True).agg(pl.col("word").str.join(" "))["word"]


def conso(cuis: pl.Series, names: int, words: pl.Series, draw: np.random.Generator) -> Iterator[pl.DataFrame]:
    """Yield names: each concept has one at least, most a few, some hundreds; every third repeats the one before in another vocabulary."""
    count = len(cuis)
    more = np.bincount(heavy(count, names - count, draw, 1.6), minlength=count)
    concept = np.repeat(np.arange(count), 1 + more)
    first = np.concatenate([[True], concept[1:] != concept[:-1]])
    language = pl.Series([v.language for v in VOCABULARIES])
    english = [v.share if v.language == "ENG" else 0.0 for v in VOCABULARIES]
    for start in range(0, names, CHUNK):
        owner, is_first = concept[start : start + CHUNK], first[start : start + CHUNK]
        size = len(owner)
        place = np.where(is_first, shared(english, size, draw), shared([v.share for v in VOCABULARIES], size, draw))
        fresh = is_first | (draw.random(size) > 1 / 3)
        fresh[0] = True
        text = np.cumsum(fresh) - 1
        atoms = np.arange(start + 1, start + size + 1)
        preferred = pl.Series(is_first)
        yield pl.DataFrame(
            {
                "CUI": cuis.gather(owner),
                "LAT": language.gather(place),
                "TS": pl.select(pl.when(pl.lit(preferred)).then(pl.lit("P")).otherwise(pl.lit("S"))).to_series(),
                "LUI": numbered("L", start + text + 1, 7),
                "STT": pl.Series(["PF", "VO", "VC", "VCW"]).gather(np.where(is_first, 0, shared([6, 2, 1, 1], size, draw))),
                "SUI": numbered("S", start + text + 1, 7),
                "ISPREF": pl.select(pl.when(pl.lit(pl.Series(fresh))).then(pl.lit("Y")).otherwise(pl.lit("N"))).to_series(),
                "AUI": numbered("A", atoms, 8),
                "SAUI": pl.Series([""]).gather(np.zeros(size, dtype=np.int64)),
                "SAB": pl.Series([v.sab for v in VOCABULARIES]).gather(place),
                "TTY": pl.Series(["PT", "SY", "ET", "AB"]).gather(np.where(is_first, 0, shared([4, 4, 1, 1], size, draw))),
                "CODE": codes(owner, place),
                "STR": phrases(words, int(text[-1]) + 1, draw, 5.0).gather(text),
                "SRL": pl.Series([str(v.level) for v in VOCABULARIES]).gather(place),
                "SUPPRESS": pl.Series(["N", "O", "Y", "E"]).gather(np.where(is_first, 0, shared([92, 6, 1, 1], size, draw))),
                "CVF": pl.Series(["", "256"]).gather(shared([1, 1], size, draw)),
            }
        ).with_columns(SCUI="CODE", SDUI=pl.lit(""))


def codes(owner: Ints, place: Ints) -> pl.Series:
    """Return the code a concept has in a vocabulary: one per concept and vocabulary, as its ids are shaped."""
    frame = pl.DataFrame({"owner": owner, "place": place})
    code = pl.lit("NOCODE")
    for n, vocabulary in enumerate(VOCABULARIES):
        if vocabulary.digits:
            number = ((pl.col("owner") * 7 + 10) % 10**vocabulary.digits).cast(pl.String).str.zfill(vocabulary.digits)
            made = pl.concat_str([pl.lit(vocabulary.before), number, pl.lit(vocabulary.after)])
            code = pl.when(pl.col("place") == n).then(made).otherwise(code)
    return frame.select(code.alias("CODE")).to_series()


def definitions(cuis: pl.Series, words: pl.Series, draw: np.random.Generator) -> Iterator[pl.DataFrame]:
    """Yield a definition for every tenth concept or so, some 230 characters long."""
    owner = np.flatnonzero(draw.random(len(cuis)) < DEFINED)
    for start in range(0, len(owner), CHUNK // 10):
        part = owner[start : start + CHUNK // 10]
        yield pl.DataFrame(
            {
                "CUI": cuis.gather(part),
                "AUI": numbered("A", part, 8),
                "ATUI": numbered("AT", start + np.arange(len(part)), 8),
                "SATUI": [""] * len(part),
                "SAB": pl.Series(["MSH", "NCI", "GO", "HPO"]).gather(shared([3, 4, 2, 1], len(part), draw)),
                "DEF": phrases(words, len(part), draw, 30.0),
                "SUPPRESS": ["N"] * len(part),
                "CVF": [""] * len(part),
            }
        )


def relation_rows(cuis: pl.Series, names: int, relations: int, draw: np.random.Generator) -> Iterator[pl.DataFrame]:
    """Yield both rows of each relation, sorted by the first concept. A row says what the *second* concept is to the first."""
    count = len(cuis)
    subject = heavy(count, relations, draw, 1.2).astype(np.int32)
    target = heavy(count, relations, draw, 3.0).astype(np.int32)
    target = np.where(target == subject, (target + 1) % count, target).astype(np.int32)
    kind = shared([r.share for r in RELATIONS_OF], relations, draw).astype(np.int16)
    first = np.concatenate([target, subject])  # subject --rela--> target stands as (target, rela, subject)
    order = np.argsort(first, kind="stable")
    tables = {
        "REL": pl.Series([r.rel for r in RELATIONS_OF] + [r.rel_back for r in RELATIONS_OF]),
        "RELA": pl.Series([r.rela for r in RELATIONS_OF] + [r.rela_back for r in RELATIONS_OF]),
        "SAB": pl.Series([r.sab for r in RELATIONS_OF] * 2),
    }
    for start in range(0, len(order), CHUNK):
        rows = order[start : start + CHUNK]
        size, back = len(rows), rows >= relations
        relation = rows % relations
        at = kind[relation].astype(np.int64) + np.where(back, len(RELATIONS_OF), 0)
        sab = tables["SAB"].gather(at)
        nothing = pl.Series([""]).gather(np.zeros(size, dtype=np.int64))
        yield pl.DataFrame(
            {
                "CUI1": cuis.gather(first[rows]),
                "AUI1": numbered("A", draw.integers(1, names + 1, size), 8),
                "STYPE1": pl.Series(["AUI", "SCUI", "CUI"]).gather(shared([2, 2, 1], size, draw)),
                "REL": tables["REL"].gather(at),
                "CUI2": cuis.gather(np.where(back, target[relation], subject[relation])),
                "AUI2": numbered("A", draw.integers(1, names + 1, size), 8),
                "STYPE2": pl.Series(["AUI", "SCUI", "CUI"]).gather(shared([2, 2, 1], size, draw)),
                "RELA": tables["RELA"].gather(at),
                "RUI": numbered("R", start + np.arange(size), 9),
                "SRUI": nothing,
                "SAB": sab,
                "SL": sab,
                "RG": pl.Series(["", "0", "1"]).gather(shared([6, 2, 1], size, draw)),
                "DIR": pl.Series(["", "Y", "N"]).gather(np.where(draw.random(size) < 0.8, 0, np.where(back, 2, 1))),
                "SUPPRESS": pl.Series(["N", "O"]).gather((relation % 50 == 0).astype(np.int64)),
                "CVF": nothing,
            }
        )


def types(cuis: pl.Series, draw: np.random.Generator) -> Iterator[pl.DataFrame]:
    """Yield semantic types: one for each concept, a second one for some."""
    count = len(cuis)
    one = shared([t[3] for t in TYPES], count, draw)
    chemical = np.flatnonzero(np.isin(one, [5, 6]) & (draw.random(count) < 0.4))  # substances are often drugs too
    owner = np.concatenate([np.arange(count), chemical])
    kind = np.concatenate([one, np.full(len(chemical), 7)])
    order = np.argsort(owner, kind="stable")
    for start in range(0, len(order), CHUNK):
        part = order[start : start + CHUNK]
        columns = {name: pl.Series([t[n] for t in TYPES]).gather(kind[part]) for n, name in enumerate(("TUI", "STN", "STY"))}
        yield pl.DataFrame({"CUI": cuis.gather(owner[part]), **columns, "ATUI": numbered("AT", part, 8), "CVF": [""] * len(part)})


def documentation() -> Iterator[pl.DataFrame]:
    """Yield what each RELA's inverse is."""
    pairs = dict.fromkeys(p for r in RELATIONS_OF if r.rela for p in ((r.rela, r.rela_back), (r.rela_back, r.rela)))
    rows = [("RELA", a, "rela_inverse", b) for a, b in pairs] + [("RELA", a, "expanded_form", a.replace("_", " ").capitalize()) for a, _ in pairs]
    yield pl.DataFrame(sorted(rows), schema=COLUMNS["MRDOC.RRF"].split(","), orient="row")


def ranks() -> Iterator[pl.DataFrame]:
    """Yield the ranking of names by vocabulary and term type."""
    rows = [(v.sab, tty, suppress) for suppress in ("Y", "N") for tty in ("AB", "ET", "SY", "PT") for v in reversed(VOCABULARIES)]
    yield pl.DataFrame([(f"{n:04}", *row) for n, row in enumerate(rows, 1)], schema=COLUMNS["MRRANK.RRF"].split(","), orient="row")


def vocabularies() -> Iterator[pl.DataFrame]:
    """Yield what the release says of its vocabularies."""
    columns = COLUMNS["MRSAB.RRF"].split(",")
    known = [
        {"RSAB": v.sab, "VSAB": f"{v.sab}_2000", "SON": v.sab, "SVER": "2000AA", "SRL": str(v.level), "LAT": v.language, "CURVER": "Y", "SABIN": "Y"}
        for v in VOCABULARIES
    ]
    yield pl.DataFrame([[row.get(c, "") for c in columns] for row in known], schema=columns, orient="row")


if __name__ == "__main__":
    main()
