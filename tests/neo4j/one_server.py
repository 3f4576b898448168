"""One server for all workers of a test session: the first to come starts it, and it ends when the last is gone, however it went.

Each worker holds a shared lock on a file for as long as it may use the server. The system takes the lock back when a worker
ends, or is killed. A keeper (this file, run as a program) waits for that file alone: when it gets it, nobody is left.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kgpaths.neo4j.connection import Address
from kgpaths.neo4j.serve import Memory, address_of, any_port, serving, start
from kgpaths.neo4j.serve_java import locked
from kgpaths.neo4j.serve_state import ENTRY, arguments

ROOT = Path(__file__).parents[2]
SMALL = {"db.tx_log.preallocate": "false"}  # else 512 MB of disk for nothing
MEMORY = Memory(heap="768m", page_cache="256m")
KEEPERS: list[subprocess.Popen[bytes]] = []


@contextmanager
def joined(shared: Path) -> Iterator[Address]:
    """Yield the address of the one server whose files are in the folder ``shared``."""
    with (shared / "neo4j.users").open("w") as users:
        with locked(shared / "neo4j.lock"):
            fcntl.flock(users, fcntl.LOCK_SH)  # waits where a keeper is just clearing up
            folder = shared / "neo4j"
            served = serving(folder)
            if served is None:
                KEEPERS.append(keeper(shared))
                ports = {name: any_port() for name in ("bolt_port", "http_port", "guide_port")}
                served, _ = start(folder=folder, memory=MEMORY, more=SMALL, **ports)
        yield address_of(served)


def running(folder: Path) -> list[int]:
    """Return the processes that are a server of ``folder``."""
    numbers = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [pid for pid in numbers if ENTRY in arguments(pid) and f"--home-dir={folder} " in arguments(pid)]


def without_neo4j(home: Path, **more: str) -> dict[str, str]:
    """Return an environment that says nothing of a server, with ``home`` as the user's cache folder."""
    return {name: value for name, value in os.environ.items() if not name.startswith("NEO4J_")} | {"KGPATHS_HOME": str(home)} | more


def keeper(shared: Path) -> subprocess.Popen[bytes]:
    """Start the keeper in a session of its own, so that what ends the tests does not end it."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    silent = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen([sys.executable, __file__, str(shared)], cwd=ROOT, env=environment, start_new_session=True, **silent)


def keep(shared: Path) -> None:
    """Wait until nobody uses the server, then end it and remove its files: they are for no one, so it need not finish them."""
    with (shared / "neo4j.users").open() as users:
        fcntl.flock(users, fcntl.LOCK_EX)
        if served := serving(shared / "neo4j"):
            with suppress(ProcessLookupError):
                os.kill(served.pid, signal.SIGKILL)
        shutil.rmtree(shared / "neo4j", ignore_errors=True)


if __name__ == "__main__":
    keep(Path(sys.argv[1]))
