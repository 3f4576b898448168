"""Run a Neo4j server for those with Java and Maven and no Docker: the real one, for this machine alone.

Everything of it is in one folder: settings, data, log, the password (a file that only its owner reads), and a note of the
process while it runs. ``start`` returns when it answers, ``stop`` when it has ended.
"""

from __future__ import annotations

import os
import re
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from neo4j.exceptions import AuthError

from kgpaths.errors import ConfigError, ServerError
from kgpaths.neo4j.connection import Address, connected
from kgpaths.neo4j.serve_java import Progress, admin, as_conf, call, environment, jars, java, last_words, locked, missing, silent
from kgpaths.neo4j.serve_settings import BOLT_PORT, GUIDE_PORT, HOST, HTTP_PORT, VERSION, Memory, addresses, settings
from kgpaths.neo4j.serve_state import ENTRY, PASSWORD, Served, forget, runs, server_folder, serving, write

__all__ = ["Memory", "address_of", "admin", "answers", "any_port", "missing", "prepare", "server_folder", "serving", "start", "stop"]

SECONDS_TO_ANSWER = 180.0
SECONDS_TO_STOP = 90.0
BETWEEN_LOOKS = 0.25
LOG = "logs/server.log"
DATABASE, LOGINS = "data/databases/neo4j", "data/databases/system"

STARTED: dict[int, subprocess.Popen[bytes]] = {}  # by this very process, which must bury them


def start(
    *,
    bolt_port: int = 0,
    http_port: int = 0,
    guide_port: int = GUIDE_PORT,
    memory: Memory | None = None,
    more: Mapping[str, str] | None = None,
    folder: Path | None = None,
    progress: Progress = silent,
) -> tuple[Served, bool]:
    """Start the server of ``folder``, wait until it answers, and return it with whether it is new: one that runs already stays.

    A port left at 0 is the usual one, or another where that is taken. ``more`` are lines of neo4j.conf. Raises ConfigError
    where Java or Maven is missing or a given port is taken, ServerError where the server does not come up; none is left behind then.
    """
    folder, memory = folder or server_folder(), memory or Memory()
    with locked(folder / "lock", lambda: progress("waiting for another 'kgpaths neo4j serve'", 0, 0)):
        if served := serving(folder):
            await_answer(served, folder, progress)
            return served, False
        java()
        jars(progress)
        while True:
            bolt, http = port(bolt_port, BOLT_PORT, "--bolt-port"), port(http_port, HTTP_PORT, "--http-port")
            prepare(folder, settings(memory, guide_port) | addresses(bolt, http) | dict(more or {}))
            try:
                return launch(folder, memory, bolt, http, progress), True
            except ServerError:
                snatched = [not given and not free(number) for given, number in ((bolt_port, bolt), (http_port, http))]
                if not any(snatched):  # else another program took, in between, what was free
                    raise


def launch(folder: Path, memory: Memory, bolt: int, http: int, progress: Progress) -> Served:
    """Start the server's process and return when it answers; none is left behind where it does not."""
    words = call(ENTRY, memory.heap)
    words[1:1] = [f"-Xms{memory.heap}"]
    with (folder / LOG).open("wb") as log:
        process = subprocess.Popen(
            [*words, f"--home-dir={folder}", f"--config-dir={folder / 'conf'}", "--console-mode"],
            cwd=folder,
            env=environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # the terminal's Ctrl-C and hang-up are not for it
        )
    STARTED[process.pid] = process
    served = Served(process.pid, f"bolt://{HOST}:{bolt}", f"http://{HOST}:{http}/browser/", str(folder / PASSWORD))
    try:
        write(served, folder)
        await_answer(served, folder, progress)
    except BaseException:
        end(served.pid, folder)
        forget(folder)
        raise
    return served


def prepare(folder: Path, conf: Mapping[str, str]) -> None:
    """Write neo4j.conf, and before the first start a random password. Raises ServerError where the password is lost."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    for name in ("conf", "logs"):
        (folder / name).mkdir(exist_ok=True)
    (folder / "conf" / "neo4j.conf").write_text(as_conf(conf), encoding="utf-8")
    if (folder / PASSWORD).exists():
        return
    if (folder / LOGINS).exists():
        mend = f"put it back, or begin anew without what was loaded: remove {folder / 'data'}"
        raise ServerError("is gone, and the server knows only its hash", where=str(folder / PASSWORD), mend=mend)
    set_password(folder)


def set_password(folder: Path) -> None:
    """Make a random password and tell it to the server that has not started yet.

    neo4j-admin takes it as an argument, which every user of the machine could read. It also takes ``@FILE`` for arguments that
    stand in a file, and its standard input is one: so the password is in no argument, no output and no other file.
    """
    half = folder / f"{PASSWORD}.new"
    half.unlink(missing_ok=True)
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(secrets.token_hex(20) + "\n")  # letters and digits: nothing that an argument file reads otherwise
    with half.open("rb") as stream:
        done = admin(["dbms", "set-initial-password", "@/dev/stdin"], folder, stdin=stream)
    if done.returncode:
        raise ServerError(f"no password can be set: {last_words(done.stdout)}", where=str(folder))
    half.replace(folder / PASSWORD)


def port(given: int, usual: int, flag: str) -> int:
    """Return the port given, which must be free, else the usual one, else any free one."""
    if given and not free(given):
        raise ConfigError(f"port {given} is taken", where=flag, mend="choose another, or leave it away")
    if given or free(usual):
        return given or usual
    return any_port()


def any_port() -> int:
    """Return a port where nothing listens."""
    with socket.socket() as found:
        found.bind((HOST, 0))
        return int(found.getsockname()[1])


def free(number: int) -> bool:
    """Tell whether nothing listens at a port."""
    with socket.socket() as tried:
        tried.settimeout(1)
        if tried.connect_ex((HOST, number)) == 0:
            return False
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((HOST, number))
        except OSError:
            return False
    return True


def address_of(served: Served) -> Address:
    """Return how to log in to a server of ours. Raises ConfigError where its password file cannot be read."""
    return Address.of({"NEO4J_URI": served.uri, "NEO4J_PASSWORD_FILE": served.password_file})


def answers(served: Served) -> bool:
    """Tell whether a server of ours takes queries. Raises ServerError where it refuses its own password."""
    if any(free(int(number)) for number in re.findall(r":(\d+)", served.uri + served.browser)):
        return False  # the Browser comes up after Bolt
    try:
        with connected(address_of(served), patience=0):
            return True
    except ServerError as error:
        if isinstance(error.__cause__, AuthError):
            raise
        return False


def await_answer(served: Served, folder: Path, progress: Progress) -> None:
    """Return when the server answers. Raises ServerError, with its log's last line, where it ends before or takes too long."""
    log, begun = folder / LOG, time.monotonic()
    while time.monotonic() - begun < SECONDS_TO_ANSWER:
        if not alive(served.pid, folder):
            raise ServerError(f"the server ended: {last_words(read(log))}", where=str(log))
        if answers(served):
            return
        progress(f"starting Neo4j {VERSION}", 0, 0)
        time.sleep(BETWEEN_LOOKS)
    raise ServerError(f"the server does not answer after {SECONDS_TO_ANSWER:.0f} s: {last_words(read(log))}", where=str(log))


def read(log: Path) -> str:
    """Return the end of a log."""
    with log.open("rb") as stream:
        stream.seek(max(0, log.stat().st_size - 1_000_000))
        return stream.read().decode(errors="replace")


def stop(folder: Path | None = None, progress: Progress = silent) -> bool:
    """Stop the server of ``folder`` and return whether one ran; its data is whole when this returns."""
    folder = folder or server_folder()
    served = serving(folder)
    if served:
        progress(f"stopping Neo4j {VERSION}", 0, 0)
        end(served.pid, folder)
    forget(folder)
    return bool(served)


def end(pid: int, folder: Path) -> None:
    """End the server's process: let it finish what it writes, and kill it only when that takes too long."""
    for sign, seconds in ((signal.SIGTERM, SECONDS_TO_STOP), (signal.SIGKILL, 10.0)):
        if not alive(pid, folder):
            break
        with suppress(ProcessLookupError):
            os.kill(pid, sign)
        begun = time.monotonic()
        while alive(pid, folder) and time.monotonic() - begun < seconds:
            time.sleep(0.1)
    STARTED.pop(pid, None)


def alive(pid: int, folder: Path) -> bool:
    """Tell whether the server's process lives: one of this very process must be asked for, or it stays as a zombie."""
    return STARTED[pid].poll() is None if pid in STARTED else runs(pid, folder)
