"""Which server ``kgpaths neo4j serve`` runs: a small file beside its data, believed only while its process lives."""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from kgpaths.neo4j.serve_settings import BOLT_PORT, HOST

ENTRY = "org.neo4j.server.CommunityEntryPoint"
STATE, PASSWORD = "server.json", "password"
LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Served:
    """A server that runs: its process, where it answers, and the file that holds the password of its user ``neo4j``."""

    pid: int
    uri: str
    browser: str
    password_file: str

    def is_at(self, uri: str) -> bool:
        """Tell whether a URI leads to this server, however it spells this machine; an encrypted one does not."""
        return place(uri) == place(self.uri)


def place(uri: str) -> tuple[str, int] | str:
    """Return host and port of a plain Bolt URI, this machine under one name; another URI as it is."""
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname or "", parts.port or BOLT_PORT
    except ValueError:
        return uri
    return (HOST if host in LOOPBACK else host, port) if parts.scheme in ("bolt", "neo4j") else uri


def server_folder() -> Path:
    """Return where the server's data, settings, log and password are: below ``$KGPATHS_HOME`` or the platform's cache folder."""
    from kgpaths.graph.embedded import home

    return home().absolute() / "neo4j" / "server"


def serving(folder: Path | None = None) -> Served | None:
    """Return the server that runs on this data folder, None where none does: a file that outlived its process says nothing."""
    folder = folder or server_folder()
    try:
        served = Served(**json.loads((folder / STATE).read_text(encoding="utf-8")))
        return served if runs(served.pid, folder) else None
    except (OSError, ValueError, TypeError):
        return None


def runs(pid: int, folder: Path) -> bool:
    """Tell whether this process is the server of ``folder``; by now its number may be another program's."""
    words = arguments(pid)
    return ENTRY in words and f" --home-dir={folder} " in words


def arguments(pid: int) -> str:
    """Return how a process was called; empty where it is none, or has ended."""
    if Path("/proc/self/cmdline").exists():
        with suppress(OSError):
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="surrogateescape")
        return ""
    found = subprocess.run(["ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return found.stdout


def write(served: Served, folder: Path) -> None:
    """Note which server runs, whole or not at all."""
    half = folder / f".{STATE}.{os.getpid()}"
    half.write_text(json.dumps(asdict(served), indent=1) + "\n", encoding="utf-8")
    half.replace(folder / STATE)


def forget(folder: Path) -> None:
    """Note that no server runs."""
    (folder / STATE).unlink(missing_ok=True)
