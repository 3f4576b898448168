"""Read the UMLS Metathesaurus and RxNorm from their Rich Release Format (RRF)."""

from kgpaths.sources.umls.read import read_umls

__all__ = ["read_umls"]
