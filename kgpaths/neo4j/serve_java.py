"""Neo4j without an installation: its jars from Maven Central, once, and Java to run them."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from kgpaths.errors import ConfigError, ServerError
from kgpaths.neo4j.serve_settings import BROWSER_VERSION, VERSION

JAVAS = (17, 21)  # what Neo4j 5.26 runs on
COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
JARS = (("org.neo4j.app", "neo4j-server", VERSION), ("org.neo4j", "neo4j", VERSION), ("org.neo4j.client", "neo4j-browser", BROWSER_VERSION))
OPENS = tuple(f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in ("java.nio", "java.io", "sun.nio.ch", "java.lang"))
ADMIN = "org.neo4j.cli.AdminTool"

Progress = Callable[[str, int, int], None]  # what is being done, how many are done, of how many


def silent(what: str, done: int, total: int) -> None:
    """Show no progress."""


def missing() -> str:
    """Return in one line what this machine lacks to run the server, empty where it has all."""
    try:
        java()
        if not jar_folder().is_dir():
            maven()
    except ConfigError as error:
        return str(error)
    return ""


def java() -> str:
    """Return the program ``java``. Raises ConfigError where there is none of ``JAVAS``."""
    at = os.environ.get("JAVA_HOME", "")
    found = shutil.which("java", path=str(Path(at) / "bin")) if at else None
    found = found or shutil.which("java")
    needed = " or ".join(map(str, JAVAS))
    if not found:
        raise ConfigError("no Java", mend=f"Neo4j needs Java {needed}: install it (Debian: apt install openjdk-17-jre-headless), or set JAVA_HOME")
    told = subprocess.run([found, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', told)
    if not version or int(version[1]) not in JAVAS:
        is_one = f"is Java {version[1]}" if version else "tells no version"
        raise ConfigError(is_one, where=found, mend=f"Neo4j {VERSION} needs Java {needed}: install it, or set JAVA_HOME")
    return found


def maven() -> str:
    """Return the program ``mvn``. Raises ConfigError where there is none."""
    found = shutil.which("mvn")
    if not found:
        raise ConfigError("no Maven (mvn)", mend="it fetches Neo4j, once: install it (Debian: apt install maven), or use docker compose")
    return found


def jar_folder() -> Path:
    """Return where the jars of this version are kept."""
    from kgpaths.graph.embedded import home

    return home().absolute() / "neo4j" / f"jars-{VERSION}-{BROWSER_VERSION}"


def jars(progress: Progress = silent) -> Path:
    """Return the folder of the jars, fetched where they are not there yet: whole or not at all, and by one of several at a time.

    Raises ConfigError where Maven is missing, ServerError where they cannot be fetched.
    """
    folder = jar_folder()
    if folder.is_dir():
        return folder
    program = maven()
    with locked(folder.parent / "jars.lock"):
        if folder.is_dir():
            return folder
        for left in folder.parent.glob(".jars.*"):  # by one that was killed
            shutil.rmtree(left, ignore_errors=True)
        progress(f"fetching Neo4j {VERSION} from Maven Central, 137 MB, once", 0, 0)
        with tempfile.TemporaryDirectory(prefix=".jars.", dir=folder.parent) as half:
            pom = Path(half) / "pom.xml"
            pom.write_text(project(), encoding="utf-8")
            call = [program, "-q", "-B", "-C", "-f", str(pom), COPY, f"-DoutputDirectory={half}/lib", "-DincludeScope=runtime"]
            done = subprocess.run(call, cwd=half, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
            if done.returncode or not all((Path(half) / "lib" / f"{name}-{version}.jar").is_file() for _, name, version in JARS):
                raise ServerError(f"Maven cannot fetch Neo4j: {fault(done.stdout + done.stderr)}", mend="is Maven Central reached? try again")
            (Path(half) / "lib").replace(folder)
    return folder


def project() -> str:
    """Return a Maven project that depends on the server and nothing else."""
    depends = "".join(f"<dependency><groupId>{g}</groupId><artifactId>{a}</artifactId><version>{v}</version></dependency>" for g, a, v in JARS)
    return (
        '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
        f"<groupId>kgpaths</groupId><artifactId>neo4j</artifactId><version>1</version><dependencies>{depends}</dependencies></project>\n"
    )


def fault(printed: str) -> str:
    """Return what Maven says went wrong, in a line."""
    lines = [re.sub(r"\x1b\[[\d;]*m", "", line).strip() for line in printed.splitlines()]
    errors = [line.removeprefix("[ERROR]").strip() for line in lines if line.startswith("[ERROR]")] or [line for line in lines if line] or ["no word"]
    return errors[0].partition(" -> [Help")[0][:300].rstrip(".")


def call(main: str, heap: str) -> list[str]:
    """Return the words that run a class of the jars, which must be there."""
    return [java(), f"-Xmx{heap}", *OPENS, "-cp", f"{jar_folder()}/*", main]


def environment(folder: Path) -> dict[str, str]:
    """Return this process' environment without what it says of other servers, and with ``folder`` as Neo4j's home."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NEO4J_")}
    return kept | {"NEO4J_HOME": str(folder), "NEO4J_CONF": str(folder / "conf")}


def admin(
    arguments: Sequence[str],
    folder: Path,
    *,
    heap: str = "512m",
    cwd: Path | None = None,
    stdin: IO[bytes] | None = None,
    line: Callable[[str], None] = lambda text: None,
) -> subprocess.CompletedProcess[str]:
    """Run neo4j-admin on the server folder ``folder`` and return what became of it; ``line`` is told of each line as it is printed."""
    words = [*call(ADMIN, heap), *arguments]
    told: list[str] = []
    with subprocess.Popen(
        words,
        cwd=cwd or folder,
        env=environment(folder),
        stdin=stdin or subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    ) as process:
        assert process.stdout
        try:
            for text in process.stdout:
                told.append(text)
                line(text.rstrip())
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(words, process.returncode, "".join(told))


def last_words(text: str) -> str:
    """Return the line of a log that says why a program ended: the last cause, else the first fault, else the last line."""
    lines = [re.sub(r"^[\d-]{10} [\d:.+]+ ", "", line.strip()) for line in text.splitlines()]
    said = [line for line in lines if line and not re.match(r"at [\w.$/]+\(|\.\.\. \d+ more|Suppressed:|INFO |Error occurred during init", line)]
    causes = [line for line in said if line.startswith("Caused by: ")]
    faults = [line for line in said if re.search(r"ERROR|Exception|Error|failed|Invalid", line)]
    line = (causes[-1:] or faults[:1] or said[-1:] or ["it said nothing"])[0]
    return re.sub(r'^(Caused by: |ERROR +|Exception in thread "[^"]*" )|\b[\w.]+\.[\w$]*(Exception|Error): ', "", line)[:300].rstrip(".")


@contextmanager
def locked(path: Path, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold a lock that ends with this process; ``waiting`` is called where another holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            waiting()
            fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def as_conf(settings: Mapping[str, str]) -> str:
    """Return settings as neo4j.conf spells them."""
    return "".join(f"{name}={value}\n" for name, value in settings.items())
