"""Parse ClaML, the markup of classifications, into its classes and modifiers: what the file says, before it is a graph.

Read as a stream, one class at a time, from XML, ``.xml.gz`` or a ``.zip`` that holds one XML file. A label is kept twice:
as text with its references in parentheses, and as a name without them, as "abscess of liver <K77.0>" names no code.
"""

from __future__ import annotations

import lzma
import re
import xml.etree.ElementTree as ET
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from kgpaths.errors import InputError
from kgpaths.sources import files, safexml
from kgpaths.sources.files import inside

LANG = "{http://www.w3.org/XML/1998/namespace}lang"
BLOCKS = {"Fragment", "Para", "List", "ListItem", "Table", "Caption", "Row", "Cell"}  # set apart from what stands beside them

END = "\x1f"  # of a fragment; XML cannot hold it

_WORD = re.compile(r"\w")
_HEADER = re.compile(rf":\s*{END}")  # "Diabetic:", continued by the next fragment


@dataclass(frozen=True)
class Reference:
    """A mention of a class in a label: as printed ("F10-F19"), the code it is filed under ("F10"), and its usage ("aster")."""

    text: str
    code: str
    usage: str
    bracketed: bool  # printed in parentheses that the label does not write

    @property
    def printed(self) -> str:
        """How it reads within its label."""
        return f" ({self.text})" if self.bracketed else self.text


@dataclass(frozen=True)
class Rubric:
    """A text of a class. ``name`` is empty where a reference stands within it, as what remains is no name."""

    kind: str
    text: str
    name: str
    references: tuple[Reference, ...]


@dataclass(frozen=True)
class ModifiedBy:
    """A class's use of a modifier, and which of its characters are valid, all where none is named."""

    modifier: str
    valid: tuple[str, ...] | None


@dataclass
class Class:
    """A chapter, block or category, or a character of a modifier (``modifier`` not empty)."""

    code: str
    kind: str
    usage: str
    modifier: str = ""
    above: list[str] = field(default_factory=list)
    below: list[str] = field(default_factory=list)
    modified: list[ModifiedBy] = field(default_factory=list)
    excluded: set[str] = field(default_factory=set)  # modifiers it does not inherit
    not_after: set[str] = field(default_factory=set)  # "modifier character": does not follow this one
    rubrics: list[Rubric] = field(default_factory=list)

    def first(self, kind: str) -> str:
        """Return the name in the first rubric of a kind, or its text where that is no name; empty where there is none."""
        return next((r.name or r.text for r in self.rubrics if r.kind == kind), "")


@dataclass
class Document:
    """All of a file. ``languages`` counts the labels of each, ``unread`` those in another language than was asked for."""

    name: str = ""
    version: str = ""
    date: str = ""
    copyright: str = ""
    language: str = ""
    classes: list[Class] = field(default_factory=list)
    characters: dict[str, list[Class]] = field(default_factory=dict)  # modifier -> its characters, in order
    languages: Counter[str] = field(default_factory=Counter)
    unread: int = 0

    @property
    def release(self) -> str:
        """The version with its date, as far as stated."""
        return f"{self.version} ({self.date})" if self.version and self.date else self.version or self.date


def read_document(path: Path, language: str, limit: int | None) -> Document:
    """Read a file, at most ``limit`` classes of it; ``language`` picks among labels. Raises InputError for what is no ClaML 2 or 3."""
    document = Document(language=language)
    elements = safexml.children(path, xml_chunks(path))
    root = next(elements)
    if root.tag != "ClaML" or root.get("version", "")[:1] not in ("2", "3"):
        raise InputError(f"is no ClaML 2 or 3: it begins <{root.tag} version={root.get('version', '')!r}>", where=str(path))
    for element in elements:
        if element.tag == "Title":
            document.name, document.version, document.date = (element.get(key, "").strip() for key in ("name", "version", "date"))
        elif element.tag == "Meta":
            note_meta(document, element)
        elif element.tag == "ModifierClass":
            character = parsed(element, document)
            document.characters.setdefault(character.modifier, []).append(character)
        elif element.tag == "Class":
            document.classes.append(parsed(element, document))
            if len(document.classes) == limit:
                return document
    if not document.classes:
        raise InputError("holds no Class", where=str(path), mend="is it complete?")
    return document


def note_meta(document: Document, element: ET.Element) -> None:
    """Keep what a file states of itself: its copyright, and its language where none was asked for."""
    if element.get("name") == "copyright":
        document.copyright = element.get("value", "")
    elif element.get("name") == "lang" and not document.language:
        document.language = element.get("value", "")


def parsed(element: ET.Element, document: Document) -> Class:
    """Return a class or a modifier's character. Raises InputError for one without a usable code."""
    code = element.get("code", "")
    if not code or any(c.isspace() for c in code):
        raise InputError(f"a {element.tag} has no usable code: {code!r}", where="ClaML", mend="codes are names without blanks")
    found = Class(code, element.get("kind", ""), element.get("usage", ""), element.get("modifier", ""))
    for child in element:
        target = child.get("code", "")
        if child.tag == "SuperClass":
            found.above.append(target)
        elif child.tag == "SubClass":
            found.below.append(target)
        elif child.tag == "ModifiedBy":
            valid = tuple(v.get("code", "") for v in child.iter() if v.tag == "ValidModifierClass")
            found.modified.append(ModifiedBy(target, valid if valid or child.get("all") == "false" else None))
        elif child.tag == "ExcludeModifier":
            found.excluded.add(target)
        elif child.tag == "Meta" and child.get("name") == "excludeOnPrecedingModifier":
            found.not_after.add(" ".join(child.get("value", "").split()))
        elif child.tag == "Rubric" and (label := chosen(child, document)) is not None:
            found.rubrics.append(rubric(child.get("kind", ""), label))
    return found


def chosen(element: ET.Element, document: Document) -> ET.Element | None:
    """Return a rubric's label in the document's language, a title in any where it has no other, else None."""
    labels = [child for child in element if child.tag == "Label"]
    document.languages.update(label.get(LANG, "") for label in labels)
    wanted = document.language.lower()
    fits = [label for label in labels if label.get(LANG, "").lower().split("-")[0] in ("", wanted.split("-")[0])] if wanted else labels
    exact = [label for label in fits if label.get(LANG, "").lower() == wanted]
    kept = (exact or fits or (labels if element.get("kind") == "preferred" else []))[:1]
    document.unread += len(labels) - len(kept)
    return kept[0] if kept else None


def rubric(kind: str, label: ET.Element) -> Rubric:
    """Return a rubric of what stands in its label."""
    parts = list(pieces(label))
    references = tuple(part for part in parts if isinstance(part, Reference))
    text = "".join(part if isinstance(part, str) else part.printed for part in parts).replace(END, " ")
    last = max((i for i, part in enumerate(parts) if isinstance(part, str) and _WORD.search(part)), default=-1)
    named = parts[: last + 1] if references else parts  # references at the end are no part of the name
    name = "" if references and any(isinstance(part, Reference) for part in named) else "".join(part for part in named if isinstance(part, str))
    name = _HEADER.sub(" ", name).replace(END, " ")
    return Rubric(kind, " ".join(text.split()), " ".join(name.split()).rstrip(" ([,;" if references else ""), references)


def pieces(element: ET.Element) -> Iterator[str | Reference]:
    """Yield what an element says, in order; blocks are set apart by blanks, and a fragment ends in ``END``."""
    yield element.text or ""
    for child in element:
        if child.tag == "Reference":
            text = " ".join("".join(child.itertext()).split())
            yield Reference(text, child.get("code", ""), child.get("usage", ""), child.get("class") == "in brackets")
        else:
            yield " " if child.tag in BLOCKS else ""
            yield from pieces(child)
            yield END if child.tag == "Fragment" else " " if child.tag in BLOCKS else ""
        yield child.tail or ""


def xml_chunks(path: Path) -> Iterator[bytes]:
    """Yield the bytes of an XML file, plain, ``.gz``, or the one in a ``.zip``. Raises InputError for what cannot be read, and a bomb."""
    if path.suffix.lower() != ".zip":
        yield from files.chunks(path)
        return
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member.filename for member in archive.infolist() if not member.is_dir()]
            for member in members:
                inside(path.parent, member)  # nothing is unpacked to disk, but who writes such a name means harm
            found = [member for member in members if member.lower().endswith(".xml")]
            if len(found) != 1:
                raise InputError(f"holds {len(found)} XML files, one is needed", where=str(path), mend="unpack it and give the file")
            allowed = max(files.BOMB_BYTES, files.BOMB_RATIO * path.stat().st_size)
            with archive.open(found[0]) as stream:
                while chunk := stream.read(files.BLOCK):
                    allowed -= len(chunk)
                    if allowed < 0:
                        what = f"unpacks to more than {files.BOMB_RATIO} times its size: not read any further"
                        raise InputError(what, where=str(path), mend="unpack it yourself if it is sound")
                    yield chunk
    except FileNotFoundError:
        raise InputError("no such file", where=str(path)) from None
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, RuntimeError) as error:  # RuntimeError: it wants a password
        raise InputError(f"cannot be read: {error}", where=str(path), mend="is it complete?") from error
