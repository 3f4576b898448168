"""A server of the user's own: the real one, started, found, stopped and filled by the commands that users call."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from kgpaths.errors import ConfigError, InputError, ServerError
from kgpaths.graph.export import README, export
from kgpaths.graph.store import Graph
from kgpaths.neo4j import serve, serve_java
from kgpaths.neo4j.connection import Address, Server, connected
from kgpaths.neo4j.load import load
from kgpaths.neo4j.serve_import import command_of, import_export
from kgpaths.neo4j.serve_settings import GUIDE_PORT, VERSION, Memory, addresses, settings
from kgpaths.neo4j.serve_state import ENTRY, STATE, Served, arguments, write
from tests.graphs import Thing, graph_of, line
from tests.neo4j.one_server import running, without_neo4j

ROOT = Path(__file__).parents[2]
SMALL = Memory(heap="512m", page_cache="128m")
MORE = {"db.tx_log.preallocate": "false"}

HARD = (
    "a\nb",
    "a\r\nb",
    'say "no"',
    '"',
    "back\\slash",
    "\\",
    "nul\0here",
    "unit\x1fseparator",
    "it's `x`; \\u0060 {$y}",
    " lead",
    "\ttab",
    "🫀",
    "x" * 10_000,
)


# settings


def dotted(name: str) -> str:
    """Return a setting as neo4j.conf spells it, from an environment variable of the image."""
    return name.removeprefix("NEO4J_").replace("__", "\0").replace("_", ".").replace("\0", "_")


def test_compose_sets_what_serve_sets() -> None:
    service = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]["neo4j"]
    composed = {dotted(name): value for name, value in service["environment"].items() if name != "NEO4J_AUTH"}
    listening = {name for name in addresses(1, 2) if name.endswith("listen_address")}  # within the container, the image's own
    assert set(composed) == (set(settings(Memory())) | set(addresses(1, 2))) - listening
    assert {name: value for name, value in composed.items() if "address" not in name} == settings(Memory())
    assert composed["server.bolt.advertised_address"] == f"localhost:{serve.BOLT_PORT}"
    assert composed["server.http.advertised_address"] == f"localhost:{serve.HTTP_PORT}"
    assert f"http://localhost:{GUIDE_PORT}/guide.html" in composed["browser.post_connect_cmd"]


def test_compose_is_pinned_private_and_keeps_its_data() -> None:
    composed = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    service = composed["services"]["neo4j"]
    assert service["image"] == f"neo4j:{VERSION}-community"
    assert service["ports"] == [f"127.0.0.1:{port}:{port}" for port in (serve.BOLT_PORT, serve.HTTP_PORT)]
    assert service["volumes"] == ["data:/data", "logs:/logs"] and set(composed["volumes"]) == {"data", "logs"}
    assert service["healthcheck"]["test"][0] == "CMD-SHELL"
    assert re.fullmatch(r"neo4j/\$\{NEO4J_PASSWORD:\?.+\}", service["environment"]["NEO4J_AUTH"])  # empty or unset: Compose refuses
    assert "\nNEO4J_PASSWORD=\n" in (ROOT / ".env.example").read_text(encoding="utf-8")
    assert ".env" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()


def test_memory_is_a_size_and_a_transaction_takes_half_the_heap() -> None:
    assert [Memory(heap).transaction for heap in ("1g", "3g", "512m")] == ["512m", "1536m", "256m"]
    for wrong in ("1", "1x", "0g", "1g\nserver.default_listen_address=0.0.0.0", "-1g"):
        with pytest.raises(ConfigError, match="heap: is no size"):
            Memory(wrong)


# without a server


def test_a_note_that_outlived_its_server_is_not_believed(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    for pid in (ended.pid, os.getpid()):  # no process, and one that is another program's
        write(Served(pid, "bolt://127.0.0.1:7687", "http://127.0.0.1:7474/browser/", "x"), tmp_path)
        assert serve.serving(tmp_path) is None
    for text in ("", "{", "[]", '{"pid": 1}'):
        (tmp_path / STATE).write_text(text, encoding="utf-8")
        assert serve.serving(tmp_path) is None
    assert not serve.stop(tmp_path) and not (tmp_path / STATE).exists()


def test_stop_leaves_another_program_alone(tmp_path: Path) -> None:
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        write(Served(other.pid, "bolt://127.0.0.1:7687", "http://127.0.0.1:7474/browser/", "x"), tmp_path)
        assert not serve.stop(tmp_path)
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_what_is_missing_is_said_in_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("KGPATHS_HOME", str(tmp_path))
    assert serve.missing().startswith("no Java (Neo4j needs Java 17 or 21")
    with pytest.raises(ConfigError, match="no Java"):
        serve.start(folder=tmp_path / "server")
    for version, told in (('openjdk version "11.0.2"', "is Java 11"), ('java version "1.8.0_402"', "is Java 1"), ("what", "tells no version")):
        program(tmp_path / "java", f"echo '{version}' >&2")
        assert told in serve.missing()
    program(tmp_path / "java", "echo 'openjdk version \"21.0.1\"' >&2")
    assert serve.missing().startswith("no Maven (mvn)")
    program(tmp_path / "mvn", "echo '[ERROR] \x1b[1mCould not transfer\x1b[m -> [Help 1]'; exit 1")
    assert serve.missing() == ""
    with pytest.raises(ServerError, match=r"Maven cannot fetch Neo4j: Could not transfer \(is Maven Central reached"):
        serve_java.jars()
    assert not list((tmp_path / "neo4j").glob(".jars*"))


def program(path: Path, script: str) -> None:
    """Write a shell script that can be called."""
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


def test_a_log_says_why() -> None:
    said = {
        'Exception in thread "main" a.b.Exception: No setting x.\n\tat a.B.c(D.java:1)\n2026-01-01 10:00:00.1+0000 INFO  X.': "No setting x",
        "org.a.B: failed\n\tat a.B.c(D.java:1)\nCaused by: io.n.Errors$NativeIoException: bind(..): in use\n\t... 5 more": "bind(..): in use",
        "Error occurred during initialization of VM\nCould not reserve enough space": "Could not reserve enough space",
        "": "it said nothing",
    }
    for log, why in said.items():
        assert serve_java.last_words(log) == why


def test_ports(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"--bolt-port: port {number} is taken"):
            serve.port(number, 1, "--bolt-port")
        assert serve.port(0, number, "--bolt-port") not in (0, number)
    assert serve.port(0, number, "--bolt-port") == number == serve.port(number, 1, "--bolt-port")


# the commands, as a user calls them


def kgpaths(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command of ours."""
    call = [sys.executable, "-m", "kgpaths", "neo4j", *words]
    return subprocess.run(call, env=environment, capture_output=True, text=True, check=False, timeout=240)


def test_serve_from_first_start_to_stop(own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", os.environ.copy())
    folder, spy = own_home / "neo4j" / "server", tmp_path / "spy"
    spy.mkdir()
    called = spy / "called"
    program(spy / "java", f"printf '%s\\n' \"$0 $*\" >> '{called}'; exec '{serve_java.java()}' \"$@\"")
    environment = without_neo4j(own_home, JAVA_HOME="", PATH=f"{spy}:{os.environ['PATH']}")

    assert kgpaths(environment, "serve", "--status").returncode == 1
    call = [sys.executable, "-m", "kgpaths", "neo4j", "serve", "--heap", "512m", "--page-cache", "128m"]
    both = [subprocess.Popen(call, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    told = [process.communicate(timeout=240) for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    assert len(running(folder)) == 1
    outs = sorted(out for out, _ in told)  # "runs (" before "runs already"
    assert f"Neo4j {VERSION} runs (process " in outs[0] and f"Neo4j {VERSION} runs already" in outs[1]
    assert any("starting Neo4j" in err for _, err in told) and any("waiting for another" in err for _, err in told)

    served = serve.serving(folder)
    assert served and served.uri in outs[0] and served.browser in outs[0] and served.password_file in outs[0]
    file = folder / "password"
    assert (file.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o600, 0o700)
    password = file.read_text(encoding="utf-8").strip()
    assert len(password) == 40
    calls = called.read_text(encoding="utf-8")
    assert "set-initial-password @/dev/stdin" in calls and ENTRY in calls
    shown = calls + arguments(served.pid) + Path(f"/proc/{served.pid}/environ").read_text(errors="replace") + "".join(map("".join, told))
    assert password not in shown
    written = [path for path in folder.rglob("*") if path.is_file() and password.encode() in path.read_bytes()]
    assert written == [file]

    # found without being told
    for name in [name for name in os.environ if name.startswith("NEO4J_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("KGPATHS_HOME", str(own_home))
    found = Address.of({})
    assert (found.uri, found.user, found.password) == (served.uri, "neo4j", password)
    with connected(found) as server:
        assert (server.version, server.edition) == (VERSION, "community")
        held = {row["name"]: row["value"] for row in server.read("CALL dbms.listConfig() YIELD name, value RETURN name, value")}
        assert held["browser.post_connect_cmd"] == settings(Memory())["browser.post_connect_cmd"]
        assert (held["client.allow_telemetry"], held["db.memory.transaction.max"]) == ("false", "256.00MiB")
        server.write("CREATE (:Kept {value: 'still here'})")
    assert listening(served.pid) == {"127.0.0.1"}
    # what is said wins
    mine = Address.of({"NEO4J_PASSWORD": "mine"})
    assert (mine.uri, mine.password) == (served.uri, "mine")
    assert Address.of({"NEO4J_URI": "bolt://other", "NEO4J_PASSWORD": "mine"}).uri == "bolt://other"
    assert Address.of({}, uri=served.uri).password == password
    with connected(Address.of({}, uri=served.uri.replace("bolt://127.0.0.1", "neo4j://localhost"))) as server:
        assert server.read("RETURN 1 AS one") == [{"one": 1}]
    for other in ({"uri": "bolt://other"}, {"user": "someone"}):
        with pytest.raises(ConfigError, match="no password"):
            Address.of({}, **other)

    # killed: known to be gone, and started again with its data
    os.kill(served.pid, signal.SIGKILL)
    while running(folder):
        time.sleep(0.1)
    assert kgpaths(environment, "serve", "--status").stdout.startswith("no server runs")
    with pytest.raises(ConfigError, match="no server of 'kgpaths neo4j serve' runs, and no password is given"):
        Address.of({})
    down = kgpaths(environment, "graphs")
    assert down.returncode == 2 and "no server of 'kgpaths neo4j serve' runs" in down.stderr and len(down.stderr.splitlines()) == 1
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if serve.free(serve.BOLT_PORT):
            taken.bind(("127.0.0.1", serve.BOLT_PORT))
            taken.listen()
        again = kgpaths(environment, "serve", "--heap", "512m", "--page-cache", "128m")
    assert again.returncode == 0, again.stderr
    served = serve.serving(folder)
    assert served and not served.uri.endswith(f":{serve.BOLT_PORT}")
    with connected(Address.of({})) as server:
        assert server.read("MATCH (n:Kept) RETURN n.value AS value") == [{"value": "still here"}]
    status = kgpaths(environment, "serve", "--status")
    assert status.returncode == 0 and f"runs (process {served.pid})" in status.stdout
    stopped = kgpaths(environment, "serve", "--stop")
    assert (stopped.stdout, running(folder)) == ("stopped\n", [])
    assert kgpaths(environment, "serve", "--stop").stdout == "no server runs\n"


def listening(pid: int) -> set[str]:
    """Return the addresses a process listens at."""
    inodes = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with_socket = re.match(r"socket:\[(\d+)\]", str(link.readlink())) if link.is_symlink() else None
        inodes |= {with_socket[1]} if with_socket else set()
    found = set()
    for table in ("tcp", "tcp6"):
        for row in Path(f"/proc/{pid}/net/{table}").read_text(encoding="utf-8").splitlines()[1:]:
            words = row.split()
            if words[3] == "0A" and words[9] in inodes:
                address = bytes.fromhex(words[1].partition(":")[0])
                found.add(socket.inet_ntoa(address[-4:][::-1]))
    return found


def test_a_server_that_ends_says_why_and_leaves_nothing(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = own_home / "neo4j" / "server"
    monkeypatch.setenv("KGPATHS_HOME", str(own_home))
    serve.prepare(folder, {})
    with pytest.raises(ServerError, match=r"server\.log: the server ended: Unrecognized setting.*server\.nonsense"):
        serve.start(folder=folder, memory=SMALL, more={"server.nonsense": "1"})
    assert serve.serving(folder) is None and not (folder / STATE).exists() and not running(folder)
    (folder / "data" / "databases" / "system").mkdir(parents=True)  # as if it had been started
    (folder / "password").unlink()
    with pytest.raises(ServerError, match=r"password: is gone, and the server knows only its hash"):
        serve.start(folder=folder, memory=SMALL)


def test_a_port_that_is_snatched_while_the_server_starts_is_left_to_its_taker(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KGPATHS_HOME", str(own_home))
    folder, number = own_home / "neo4j" / "server", serve.any_port()
    monkeypatch.setattr(serve, "BOLT_PORT", number)
    with socket.socket() as taker:

        def take(what: str, done: int, total: int) -> None:
            if running(folder) and serve.free(number):
                taker.bind(("127.0.0.1", number))
                taker.listen()

        served, new = serve.start(folder=folder, http_port=serve.any_port(), memory=SMALL, more=MORE, progress=take)
    assert new and not served.uri.endswith(f":{number}")
    assert serve.stop(folder) and not running(folder)


def test_an_interrupted_start_leaves_no_process(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KGPATHS_HOME", str(own_home))
    folder = own_home / "neo4j" / "server"

    def interrupt(what: str, done: int, total: int) -> None:
        if running(folder):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        serve.start(folder=folder, memory=SMALL, progress=interrupt)
    assert not running(folder) and not (folder / STATE).exists()


# import


def test_an_offline_import_reads_back_equal_and_load_finds_it_all(own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = own_home / "neo4j" / "server"
    environment = without_neo4j(own_home)
    monkeypatch.setenv("KGPATHS_HOME", str(own_home))
    nodes = {name: Thing("Drug", (f"{name} too", "plain"), id=f"X:{i}", definition=name) for i, name in enumerate(HARD)}
    edges = [line(name, "treats", "pain", publications=("PMID:1", "PMID:2"), frequency=(3, 4)) for name in HARD]
    edges.append(line("plain drug", "treats", "pain", negated=True))
    graph = graph_of(tmp_path, *edges, nodes=nodes, name="hard")
    out = tmp_path / "out of it"
    export(graph, "neo4j-admin", out)

    done = kgpaths(environment, "import", str(out))
    assert done.returncode == 0, done.stderr
    assert command_of(out) in (out / README).read_text(encoding="utf-8") and f"in '{out}': {command_of(out)}\n" in done.stdout
    assert f"imported {graph.n_concepts} nodes, {graph.n_edges} relationships and " in done.stdout
    assert "importing: nodes" in done.stderr.splitlines()
    again = kgpaths(environment, "import", str(out))
    assert again.returncode == 2 and "holds a database, which an import replaces with all that is in it (--replace does so)" in again.stderr

    served, _ = serve.start(folder=folder, memory=SMALL, more=MORE)
    try:
        with pytest.raises(ServerError, match="the server runs, and an import needs it stopped"):
            import_export(out, folder=folder, replace=True)
        with connected(serve.address_of(served)) as server:
            loaded = load(graph, server)
            assert (loaded.concepts_written, loaded.edges_written, loaded.concepts_removed, loaded.edges_removed) == (0, 0, 0, 0)
            assert (loaded.concepts, loaded.edges) == (graph.n_concepts, graph.n_edges)
            equal_to_the_store(server, graph)
    finally:
        serve.stop(folder)
    assert not running(folder)


def equal_to_the_store(server: Server, graph: Graph) -> None:
    """Hold what the server has against the graph's own concepts and edges."""
    query = "MATCH (c:Concept {graph: $graph}) RETURN properties(c) AS c, labels(c) AS labels"
    found = {row["c"]["curie"]: (row["c"], sorted(row["labels"])) for row in server.read(query, graph=graph.name)}
    assert len(found) == graph.n_concepts
    for index in range(graph.n_concepts):
        concept = graph.concept(graph.curie(index))
        held, labels = found[concept.curie]
        assert labels == ["Concept", concept.category]
        assert (held["name"], held.get("definition", ""), held["linkable"]) == (concept.name, concept.definition, True)
        said = sorted(synonym.text for synonym in concept.synonyms if synonym.text != concept.name)
        assert sorted(held.get("synonyms", [])) == said
    query = "MATCH (a:Concept {graph: $graph})-[r {graph: $graph}]->(b:Concept) RETURN [a.curie, type(r), b.curie] AS ends, properties(r) AS r"
    edges = {row["r"]["id"]: (row["ends"], row["r"]) for row in server.read(query, graph=graph.name)}
    assert len(edges) == graph.n_edges
    for row in range(graph.n_edges):
        edge = graph.edge(row)
        ends, held = edges[edge.id]
        assert ends == [edge.subject, edge.predicate, edge.object]
        assert (held["content_hash"], held["negated"]) == (edge.content_hash, edge.negated)
        assert held.get("frequency") == (None if edge.negated else pytest.approx(4 / 6))  # 3 of 4, smoothed
        assert held.get("publications", []) == sorted({text for evidence in edge.evidence for text in evidence.publications})


def test_an_import_that_fails_names_the_row_and_leaves_a_server_that_starts(own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KGPATHS_HOME", str(own_home))
    folder, out = own_home / "neo4j" / "server", tmp_path / "out"
    with pytest.raises(InputError, match="is no export for neo4j-admin"):
        import_export(tmp_path, folder=folder)
    export(graph_of(tmp_path, line("a", "treats", "b")), "neo4j-admin", out)
    about = (out / README).read_text(encoding="utf-8")
    (out / README).write_text(about.replace("U+001F", "U+0022 --to-stdout"), encoding="utf-8")
    with pytest.raises(InputError, match="is no export for neo4j-admin"):  # no word of a file becomes an argument
        import_export(out, folder=folder)
    (out / README).write_text(about, encoding="utf-8")
    rows = (out / "edges.csv").read_text(encoding="utf-8")
    (out / "edges.csv").write_text(rows.replace("X:b", "X:nowhere"), encoding="utf-8")
    with pytest.raises(ServerError, match=r"neo4j-admin refuses it: .*missing node X:nowhere"):
        import_export(out, folder=folder)
    assert not (folder / serve.DATABASE).exists()
    (out / "edges.csv").write_text(rows, encoding="utf-8")
    assert import_export(out, folder=folder).relationships == 1
    (out / "nodes.csv").unlink()
    with pytest.raises(InputError, match=r"nodes\.csv: is missing"):
        command_of(out)


def test_the_shared_server_ends_with_its_last_user_even_one_that_is_killed(own_home: Path, tmp_path: Path) -> None:
    worker = "import os, pathlib\nfrom tests.neo4j.one_server import joined\n"
    worker += f"with joined(pathlib.Path({str(tmp_path)!r})): os.kill(os.getpid(), 9)"
    environment = without_neo4j(own_home, PYTHONPATH=str(ROOT))
    done = subprocess.run([sys.executable, "-c", worker], env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    begun = time.monotonic()
    while (tmp_path / "neo4j").exists() and time.monotonic() - begun < 60:
        time.sleep(0.1)
    assert not (tmp_path / "neo4j").exists() and not running(tmp_path / "neo4j")


def test_the_shared_server_is_a_server(server_address: Address) -> None:
    with connected(server_address) as server:
        assert server.read("RETURN 1 AS one") == [{"one": 1}]
    assert json.dumps(server_address.uri) and server_address.password not in repr(server_address)
