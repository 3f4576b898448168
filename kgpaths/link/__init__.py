"""Find the concepts a question names, with what the text says of them: present, denied, of the family, past or only thought of."""

from kgpaths.link.linker import Linker

__all__ = ["Linker"]
