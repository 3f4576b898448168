"""``kgpaths doctor``: what is installed, reachable and missing, one line each with how to mend it."""

from __future__ import annotations

import os
import platform
import shutil
import socket
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from urllib.parse import urlsplit

import click

Line = tuple[str, str, str]  # "ok", "missing" or "off"; what; how to mend it
SECONDS_TO_CONNECT = 0.5


@click.command()
def doctor() -> None:
    """Show what is installed, reachable and missing, and how to mend it. Exit code 1 where something needed is missing.

    \b
    Example:
      kgpaths doctor
    """
    lines = [line for part in (packages, tools, servers, keys, graphs) for line in part()]
    for state, what, mend in lines:
        click.echo(f"{state:<8}{what}" + (f"  ->  {mend}" if mend else ""))
    if any(state == "missing" for state, _, _ in lines):
        raise SystemExit(1)


def packages() -> Iterator[Line]:
    """Yield Python and each dependency; the extras are optional and so only off."""
    from packaging.requirements import Requirement

    yield "ok", f"python {platform.python_version()}", ""
    for text in requires("kgpaths") or ():
        requirement = Requirement(text)
        extra = "extra" in str(requirement.marker or "")
        if requirement.marker and not requirement.marker.evaluate({"extra": "dev" if extra else ""}):
            if requirement.name == "scispacy":
                yield "off", "scispacy: needs Python below 3.13; abbreviations defined in a text are not expanded", "use Python 3.11 or 3.12"
            continue
        try:
            found = version(requirement.name)
        except PackageNotFoundError:
            optional = extra or requirement.name == "scispacy"
            yield (
                ("off" if optional else "missing"),
                requirement.name,
                "pip install 'kgpaths[dev]'" if extra else f"pip install '{requirement.name}{requirement.specifier}'",
            )
            continue
        fits = requirement.specifier.contains(found, prereleases=True)
        yield ("ok" if fits else "missing"), f"{requirement.name} {found}", "" if fits else f"pip install '{requirement.name}{requirement.specifier}'"


def tools() -> Iterator[Line]:
    """Yield the programs that later stages can use."""
    for name, mend in (("java", "install a Java 17 runtime; needed for a local Neo4j only"), ("mvn", "install Maven; needed for a local Neo4j only")):
        found = shutil.which(name)
        yield ("ok" if found else "off"), f"{name} {found or 'not found'}", "" if found else mend


def servers() -> Iterator[Line]:
    """Yield whether Neo4j and a model server answer where the environment says they are."""
    for what, variable, default, mend in (
        ("Neo4j", "NEO4J_URI", "bolt://localhost:7687", "start it, or set NEO4J_URI; nothing needs it by default"),
        ("model server", "OPENAI_BASE_URL", "", "set OPENAI_BASE_URL; the template writer needs none"),
    ):
        uri = os.environ.get(variable, default)
        up = bool(uri) and reachable(uri)
        yield ("ok" if up else "off"), f"{what} {'answers' if up else 'does not answer'} at {host(uri) if uri else 'no address'}", "" if up else mend


def host(uri: str) -> str:
    """Return host and port of ``uri`` alone: an address may carry a password."""
    parts = urlsplit(uri)
    return f"{parts.hostname or uri}:{parts.port or {'https': 443, 'http': 80}.get(parts.scheme, 7687)}"


def reachable(uri: str) -> bool:
    """Tell whether something listens at ``uri``."""
    name, _, port = host(uri).rpartition(":")
    try:
        with socket.create_connection((name, int(port)), timeout=SECONDS_TO_CONNECT):
            return True
    except (OSError, ValueError):
        return False


def keys() -> Iterator[Line]:
    """Yield whether keys are present; never what they are."""
    for name in ("OPENAI_API_KEY", "HF_TOKEN"):
        present = bool(os.environ.get(name))
        yield (
            ("ok" if present else "off"),
            f"{name} {'present' if present else 'not set'}",
            "" if present else "only needed for a hosted model or the Hub",
        )


def graphs() -> Iterator[Line]:
    """Yield the graphs in the cache with their hashes."""
    from kgpaths.errors import GraphError
    from kgpaths.graph.embedded import default_graph_path
    from kgpaths.graph.store import Graph

    current = default_graph_path()
    folders = sorted(p for p in current.parent.iterdir() if p.is_dir() and not p.name.startswith(".")) if current.parent.is_dir() else []
    if current not in folders:
        yield "off", f"graph embedded: not built ({current})", "kgpaths kg build"
    for folder in folders:
        try:
            yield "ok", f"graph {Path(folder).name} {Graph.open(folder).hash}", ""
        except GraphError as error:
            yield "off", str(error), f"delete {folder}; kgpaths kg build makes it again"
