"""Import an export folder offline into the server of ``kgpaths neo4j serve``: for graphs that take too long to load."""

from __future__ import annotations

import re
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

from kgpaths.errors import InputError, ServerError
from kgpaths.graph.export import README
from kgpaths.graph.export_neo4j import DELIMITERS, FILES, command
from kgpaths.neo4j.serve import DATABASE, prepare
from kgpaths.neo4j.serve_java import Progress, admin, jars, last_words, locked, silent
from kgpaths.neo4j.serve_settings import BOLT_PORT, HTTP_PORT, Memory, addresses, settings
from kgpaths.neo4j.serve_state import server_folder, serving

HEAP = "2g"
STAGE, DONE, COUNT, CAUSE = (
    re.compile(pattern)
    for pattern in (
        r"(\S.*), started \d{4}-",
        r"IMPORT DONE in (.+?)\.? *$",
        r" +(\d+) (nodes|relationships|properties)$",
        r"Caused by: [\w.$]+: (?:[\w.$]+Exception: )?(.+)",
    )
)
"""Lines of neo4j-admin: a stage begins, all is done, how much it was, and the reason behind a fault."""


@dataclass(frozen=True)
class Imported:
    """What neo4j-admin says it did."""

    nodes: int
    relationships: int
    properties: int
    took: str
    command: str


def command_of(export: Path) -> str:
    """Return the command that imports an export. Raises InputError where the folder is no export for neo4j-admin."""
    try:
        about = (export / README).read_text(encoding="utf-8", errors="replace")
    except OSError:
        about = ""
    delimiter = re.search(r"--array-delimiter=U\+([\dA-F]{4}) ", about)
    if not about.startswith("neo4j-admin export of the graph ") or not delimiter or chr(int(delimiter[1], 16)) not in DELIMITERS:
        mend = f"make one: kgpaths kg export GRAPH --format neo4j-admin --out {export}"
        raise InputError("is no export for neo4j-admin", where=str(export), mend=mend)
    for name in FILES:
        if not (export / name).is_file():
            raise InputError("is missing", where=str(export / name), mend="export the graph again")
    return command(chr(int(delimiter[1], 16)))


def import_export(export: Path, *, replace: bool = False, heap: str = HEAP, folder: Path | None = None, progress: Progress = silent) -> Imported:
    """Import an export into the server's database, which must be stopped, and return what was imported.

    All that the database held is gone then, pushed runs too: it must be empty, or ``replace`` say so. Raises InputError for a
    folder that is no export, ServerError where the server runs, the database is there already, or neo4j-admin refuses a row.
    """
    folder = folder or server_folder()
    line = command_of(export)
    with locked(folder / "lock"):
        if serving(folder):
            raise ServerError("the server runs, and an import needs it stopped", mend="kgpaths neo4j serve --stop")
        if (folder / DATABASE).exists() and not replace:
            raise ServerError("holds a database, which an import replaces with all that is in it", where=str(folder), mend="--replace does so")
        jars(progress)
        prepare(folder, settings(Memory()) | addresses(BOLT_PORT, HTTP_PORT))
        watch = Watch(progress)
        try:
            # --verbose is what makes it name the row it refuses
            done = admin([*shlex.split(line)[1:], "--verbose"], folder, heap=heap, cwd=export, line=watch.line)
        finally:
            if not watch.took:  # half a database would keep the server from starting
                drop_database(folder)
    if done.returncode or not watch.took:
        raise ServerError(f"neo4j-admin refuses it: {watch.fault or last_words(done.stdout)}", where=str(export), mend="export the graph again")
    nodes, relationships, properties = (watch.counts.get(name, 0) for name in ("nodes", "relationships", "properties"))
    return Imported(nodes, relationships, properties, watch.took, line)


def drop_database(folder: Path) -> None:
    """Remove what was loaded, and nothing of the logins; the server makes an empty database when it starts."""
    for part in (DATABASE, DATABASE.replace("databases", "transactions")):
        shutil.rmtree(folder / part, ignore_errors=True)


class Watch:
    """Read what neo4j-admin prints as it works."""

    def __init__(self, progress: Progress) -> None:
        self.progress, self.took, self.fault = progress, "", ""
        self.counts: dict[str, int] = {}

    def line(self, text: str) -> None:
        """Tell progress, and keep counts and faults."""
        if found := STAGE.match(text):
            self.progress(f"importing: {found[1].lower()}", 0, 0)
        elif found := DONE.match(text):
            self.took = found[1]
        elif found := COUNT.match(text):
            self.counts[found[2]] = int(found[1])
        elif found := CAUSE.match(text):
            self.fault = found[1]
