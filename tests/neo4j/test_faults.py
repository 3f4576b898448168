"""What goes wrong on the way to a server: one clear line each, and the next load finishes the work to the last edge."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from click.testing import CliRunner

from kgpaths import cli
from kgpaths.errors import ServerError
from kgpaths.graph.store import Graph
from kgpaths.neo4j.connection import Address, Server, connected
from kgpaths.neo4j.load import listed, load, unload
from kgpaths.neo4j.serve import Memory, address_of, any_port, start, stop
from tests.graphs import graph_of, line
from tests.neo4j.bad_network import Proxy, closed_port, no_server, old_server
from tests.neo4j.places import without

EDGES = 3_000


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    lines = (line(f"drug {i % 50}", "treats", f"disease {i // 50}", publications=(f"PMID:{i}",), negated=i % 7 == 0) for i in range(EDGES))
    return graph_of(tmp_path_factory.mktemp("graph"), *lines)


@pytest.fixture
def name(server: Server) -> Iterator[str]:
    given = f"faults {uuid4().hex[:8]}"
    yield given
    without(server, given)


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a small graph take many transactions."""
    monkeypatch.setattr("kgpaths.neo4j.load.CONCEPTS", 20)
    monkeypatch.setattr("kgpaths.neo4j.load.EDGES", 60)


def assert_whole(server: Server, graph: Graph, name: str) -> None:
    """Assert that all is there, once."""
    query = "MATCH (c:Concept {graph: $graph}) RETURN count(c) AS n, count(DISTINCT c.curie) AS curies"
    assert server.read(query, graph=name) == [{"n": graph.n_concepts, "curies": graph.n_concepts}]
    query = """MATCH (:Concept {graph: $graph})-[r]->(:Concept) WHERE r.graph = $graph
    RETURN count(r) AS n, count(DISTINCT r.id) AS ids, count(DISTINCT r.content_hash) AS hashes, sum(toInteger(r.negated)) AS negated"""
    n = graph.n_edges
    assert server.read(query, graph=name) == [{"n": n, "ids": n, "hashes": n, "negated": int(graph.edge_negated.sum())}]
    assert next(row["state"] for row in listed(server) if row["name"] == name) == "complete"


def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], address: Address, *arguments: str) -> tuple[int, str, list[str]]:
    """Run the command line in this process; return exit code, output and the lines on stderr."""
    monkeypatch.setattr(sys, "argv", ["kgpaths", "neo4j", *arguments])
    for key, value in (("NEO4J_URI", address.uri), ("NEO4J_USERNAME", address.user), ("NEO4J_PASSWORD", address.password)):
        monkeypatch.setenv(key, value)
    monkeypatch.delenv("NEO4J_DATABASE", raising=False)
    code = 0
    capsys.readouterr()
    try:
        cli.main()
    except SystemExit as end:
        code = int(end.code or 0)
    told = capsys.readouterr()
    assert "Traceback" not in told.err and (not address.password or address.password not in told.out + told.err)
    return code, told.out, told.err.splitlines()


def impatient(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Let the command line give up after so many seconds of retries."""
    monkeypatch.setitem(connected.__wrapped__.__kwdefaults__, "patience", seconds)  # type: ignore[attr-defined]


# nothing there, or something else


def assert_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], graph: Graph, address: Address, line: str, *options: str
) -> None:
    """Assert that the library and the command line tell a fault in this one line."""
    with pytest.raises(ServerError) as caught, connected(address, patience=0.1) as server:
        load(graph, server, name="never")
    assert str(caught.value) == line and "\n" not in line
    assert run(monkeypatch, capsys, address, "load", str(graph.path), "-q", "--name", "never", *options) == (2, "", [f"error: {line}"])


def test_server_down(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], graph: Graph) -> None:
    uri = closed_port()
    mend = "does it run? kgpaths neo4j serve, or docker compose up"
    assert_told(monkeypatch, capsys, graph, Address(uri, password="x1y2z3"), f"{uri}: does not answer: connection refused ({mend})")
    uri = "neo4j://no-such-host.invalid:7687"
    assert_told(monkeypatch, capsys, graph, Address(uri, password="x1y2z3"), f"{uri}: does not answer: no such host ({mend})")


def test_no_neo4j_at_all(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], graph: Graph, browser_address: str) -> None:
    http = browser_address.replace("http://", "bolt://").removesuffix("/browser/")
    mend = "does it run? kgpaths neo4j serve, or docker compose up"
    told = f"{http}: does not answer: HTTP is spoken there; Bolt has another port, usually 7687 ({mend})"
    assert_told(monkeypatch, capsys, graph, Address(http, password="x1y2z3"), told)
    with no_server() as uri:
        told = f"{uri}: does not answer: what listens there speaks no Bolt, or hangs up ({mend})"
        assert_told(monkeypatch, capsys, graph, Address(uri, password="x1y2z3"), told)


@pytest.mark.parametrize(
    "version,bolt,told",
    [
        ("5.12.0", (5, 4), "is Neo4j 5.12.0 (Neo4j 5.26 or later is needed)"),
        ("4.4.30", (4, 4), "is too old, or no Neo4j (Neo4j 5.26 or later is needed; check --uri)"),
        ("3.5.35", (0, 0), "is too old, or no Neo4j (Neo4j 5.26 or later is needed; check --uri)"),
    ],
)
def test_a_server_that_is_too_old(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], graph: Graph, version: str, bolt: tuple[int, int], told: str
) -> None:
    with old_server(version, bolt) as uri:
        assert_told(monkeypatch, capsys, graph, Address(uri, password="x1y2z3"), f"{uri}: {told}")


def test_a_database_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], graph: Graph, server_address: Address
) -> None:
    address = replace(server_address, database="nosuch")
    told = f"{address.uri}: has no database 'nosuch' (Community has but one: leave --database away)"
    assert_told(monkeypatch, capsys, graph, address, told, "--database", "nosuch")


# a line that is cut


@pytest.mark.usefixtures("small_steps")
def test_a_cut_shorter_than_the_patience_is_told_and_waited_for(server: Server, server_address: Address, graph: Graph, name: str) -> None:
    told: list[str] = []
    with Proxy(server_address) as proxy:

        def say(line: str) -> None:
            told.append(line)
            if len(told) == 3:
                proxy.mend()

        proxy.cut_after = 30
        with connected(proxy.address, say=say, patience=60) as through:
            done = load(graph, through, name=name)
    assert (done.concepts, done.edges) == (graph.n_concepts, graph.n_edges)
    assert told[0].endswith("s") and "trying again for" in told[0] and told[-1] == "Neo4j answers again"
    assert_whole(server, graph, name)


@pytest.mark.usefixtures("small_steps")
def test_a_cut_longer_than_the_patience_is_one_line_and_the_next_load_finishes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], server: Server, server_address: Address, graph: Graph, name: str
) -> None:
    impatient(monkeypatch, 1.0)
    with Proxy(server_address) as proxy:
        proxy.cut_after = 30
        code, out, err = run(monkeypatch, capsys, proxy.address, "load", str(graph.path), "--name", name)
        assert (code, out) == (2, "")
        faults = [line for line in err if line.startswith("error: ")]
        assert len(faults) == 1 and faults[0].startswith(f"error: {proxy.address.uri}: does not answer: ")
        assert any("trying again for 1 s" in line for line in err)
        proxy.mend()
        proxy.cut_after = proxy.commits + 20
        with pytest.raises(ServerError, match="does not answer"), connected(proxy.address, patience=0.5) as through:
            load(graph, through, name=name)
        proxy.mend()
        code, out, _ = run(monkeypatch, capsys, proxy.address, "load", str(graph.path), "--name", name)
    assert code == 0 and f"{graph.n_edges:,} edges in" in out
    assert_whole(server, graph, name)


@pytest.mark.usefixtures("small_steps")
def test_lost_answers_to_commits_write_nothing_twice(server: Server, server_address: Address, graph: Graph, name: str) -> None:
    """The server has committed, the client does not know, and writes the same again."""
    lost = 0
    with Proxy(server_address) as proxy:
        proxy.lose_every = 5

        def say(line: str) -> None:
            nonlocal lost
            lost += "trying again" in line

        with connected(proxy.address, say=say) as through:
            load(graph, through, name=name)
    assert lost >= 10
    assert_whole(server, graph, name)


@pytest.mark.usefixtures("small_steps")
def test_interrupted_by_the_user(tmp_path: Path, server: Server, server_address: Address, graph: Graph, name: str) -> None:
    with Proxy(server_address) as proxy:
        proxy.hold_after = 8
        environment = os.environ | {"NEO4J_URI": proxy.address.uri, "NEO4J_USERNAME": server_address.user, "NEO4J_PASSWORD": server_address.password}
        command = [sys.executable, "-m", "kgpaths", "neo4j", "load", str(graph.path), "--name", name]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert proxy.held.wait(60)
        process.send_signal(signal.SIGINT)
        proxy.mend()  # the driver still rolls back
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130 and out == "" and "Traceback" not in err
    assert err.splitlines()[-1] == "interrupted; the same command resumes"
    assert load(graph, server, name=name).changed
    assert_whole(server, graph, name)


def test_the_driver_is_missing(graph: Graph) -> None:
    code = "import sys; sys.modules['neo4j'] = None; sys.argv[1:] = ['neo4j', 'load', 'embedded']; from kgpaths.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == ["error: Neo4j's driver is not installed (pip install 'kgpaths[neo4j]')"]


# a server of the test's own: what harms it would harm other tests


@pytest.fixture(scope="module")
def own_folder(tmp_path_factory: pytest.TempPathFactory, neo4j_jars: Path) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("server") / "neo4j"
    yield folder
    stop(folder)


def started(folder: Path, **settings: str) -> tuple[Address, int]:
    """Start the test's own server, after stopping the one that may run; return how to log in, and its process."""
    stop(folder)
    ports = {port: any_port() for port in ("bolt_port", "http_port", "guide_port")}
    more = {"db.tx_log.preallocate": "false", **{key.replace("__", "."): value for key, value in settings.items()}}
    served, _ = start(folder=folder, memory=Memory("512m", "128m"), more=more, **ports)
    return address_of(served), served.pid


def test_wrong_password_full_disk_and_a_database_that_may_only_be_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], graph: Graph, own_folder: Path, small_steps: None
) -> None:
    """One server after the other on the same data, as starting one takes long."""
    address, pid = started(own_folder)
    wrong = replace(address, password="wrong-password")
    told = f"{address.uri}: refuses user 'neo4j': wrong user or password (see NEO4J_USERNAME and NEO4J_PASSWORD)"
    assert_told(monkeypatch, capsys, graph, wrong, told)  # twice
    for _ in range(2):
        with pytest.raises(ServerError) as caught, connected(wrong, patience=0):
            pass
    assert str(caught.value) == f"{address.uri}: refuses the login for a while after several wrong passwords (wait a minute; see NEO4J_PASSWORD)"
    code, _, err = run(monkeypatch, capsys, wrong, "graphs")
    assert code == 2 and err == [f"error: {caught.value}"]

    address, pid = started(own_folder)  # it forgets the wrong passwords
    log = next((own_folder / "data" / "transactions" / "neo4j").glob("neostore.transaction.db.*"))
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (log.stat().st_size + 400_000, resource.RLIM_INFINITY))
    full = [f"error: {address.uri}: takes no transaction: {why} (is its disk full? mend it, then restart the server)" for why in FULL]
    for why in full:
        code, out, err = run(monkeypatch, capsys, address, "load", str(graph.path), "--name", "own", "-q")
        assert (code, out, err) == (2, "", [why])

    address, pid = started(own_folder)
    with connected(address) as server:
        assert 0 < server.read("MATCH (:Concept {graph: 'own'})-[r]->() WHERE r.graph = 'own' RETURN count(r) AS n")[0]["n"] < graph.n_edges
        load(graph, server, name="own")
        assert_whole(server, graph, "own")

    address, pid = started(own_folder, server__databases__default_to_read_only="true")
    told = f"{address.uri}: is read-only: nothing can be written (load into a database that may be written)"
    assert_told(monkeypatch, capsys, graph, address, told)
    with connected(address) as server:
        assert not load(graph, server, name="own").changed
        with pytest.raises(ServerError, match="is read-only"):
            unload(server, "own")
        assert_whole(server, graph, "own")


FULL = (
    "its log cannot be written",
    "The database has encountered a critical error, and needs to be restarted. Please see database logs for more details",
)


# the command line


def test_load_tells_what_it_does_and_did(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, server_address: Address, name: str
) -> None:
    old = graph_of(tmp_path, line("a", "treats", "b"), line("a", "X:n\0x", "c"), folder="old")
    new = graph_of(tmp_path, line("a", "treats", "b"), folder="new")
    code, out, err = run(monkeypatch, capsys, server_address, "load", str(old.path), "--name", name)
    assert code == 0
    assert "loading concepts: 3/3" in err and "loading edges: 2/2" in err
    lines = out.splitlines()
    assert lines[0] == f"{name}  3 concepts, 2 edges in {server_address.uri}"
    assert lines[1].startswith("  3 concepts written, 2 edges written, ") and lines[1].endswith(" s")
    assert lines[2] == "  note: predicate 'X:n\\x00x': no label or type holds a NUL; ␀ stands for it"
    assert lines[3].startswith("look at it: kgpaths neo4j guide, or in Neo4j Browser: MATCH ")
    assert f"graph: '{name}'" in lines[3]
    code, out, err = run(monkeypatch, capsys, server_address, "load", str(old.path), "--name", "")
    assert (code, out, err) == (2, "", ["error: --name: the graph's name is empty (give one of at most 100 bytes)"])
    code, out, err = run(monkeypatch, capsys, server_address, "load", str(old.path), "--database", "system")
    assert (code, out, err) == (2, "", ["error: --database: the database 'system' holds no graphs (leave it away, or name another)"])
    code, out, err = run(monkeypatch, capsys, server_address, "load", str(old.path), "--name", name, "-q")
    assert (code, err) == (0, []) and "nothing changed: all is there" in out
    code, out, _ = run(monkeypatch, capsys, server_address, "load", str(new.path), "--name", name, "--check")
    assert code == 0 and "1 concept removed, 1 edge removed" in out
    code, out, _ = run(monkeypatch, capsys, server_address, "graphs")
    lines = out.splitlines()
    at = lines.index(next(line for line in lines if line.startswith(name)))
    assert lines[at + 1 : at + 3] == [f"  2 concepts, 1 edge, hash {new.hash[:12]}", "  licence   test: CC0-1.0"]
    code, out, _ = run(monkeypatch, capsys, server_address, "graphs", "--remove", name, "-q")
    assert (code, out) == (0, f"{name}  2 concepts removed, 1 edge removed\n")
    code, out, err = run(monkeypatch, capsys, server_address, "graphs", "--remove", name, "-q")
    assert code == 2 and out == "" and len(err) == 1 and err[0].startswith(f"error: {server_address.uri}: has no graph '{name}' (loaded: ")


def test_help_says_what_a_newer_build_and_an_import_replace() -> None:
    told = {name: " ".join(CliRunner().invoke(cli.cli, ["neo4j", name, "--help"]).output.split()) for name in ("load", "import")}
    assert "all of it is written anew, and what is gone is taken out" in told["load"]
    assert "kgpaths neo4j import export --replace" in told["import"]


@pytest.mark.usefixtures("small_steps")
def test_a_load_that_was_not_finished_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], server: Server, server_address: Address, graph: Graph, name: str
) -> None:
    with Proxy(server_address) as proxy:
        proxy.cut_after = 20
        with pytest.raises(ServerError), connected(proxy.address, patience=0.1) as through:
            load(graph, through, name=name)
    _, out, _ = run(monkeypatch, capsys, server_address, "graphs")
    lines = out.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith(name))
    assert lines[at].endswith("loading: not finished, load it again")
    assert lines[at + 1] == f"  hash {graph.hash[:12]}"  # no counts of what is to be
