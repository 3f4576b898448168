"""Talk to a Neo4j server: where it is, who we are, queries with a time limit, and faults in one clear line.

The driver would retry in silence for half a minute; here every retry is told, and what cannot mend itself is not retried.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import neo4j
from neo4j.exceptions import (
    AuthError,
    ConfigurationError,
    DriverError,
    IncompleteCommit,
    Neo4jError,
    ServiceUnavailable,
    UnsupportedServerProduct,
)

from kgpaths.errors import ConfigError, ServerError, StoppedShort
from kgpaths.neo4j.serve_settings import USER
from kgpaths.neo4j.serve_state import serving
from kgpaths.neo4j.texts import readable

URI = "neo4j://localhost:7687"
OLDEST = (5, 26)
"""Labels and types as values need it: ``$(…)`` in Cypher."""
ENVIRONMENT = ("NEO4J_URI", "NEO4J_USERNAME", "NEO4J_PASSWORD", "NEO4J_PASSWORD_FILE", "NEO4J_DATABASE")
PATIENCE = 30.0  # seconds of retries before a fault that may pass is told as final
LONGEST_WAIT = 5.0  # seconds between two tries

TIMED_OUT = ("TransactionTimedOut", "TransactionTimedOutClientConfiguration", "LockClientStopped")
MEMORY = ("MemoryPoolOutOfMemoryError", "OutOfMemoryError", "StackOverFlowError")
READ_ONLY = ("WriteOnReadOnlyAccessDatabase", "ReadOnly", "ForbiddenOnReadOnlyDatabase")
FULL = ("TransactionLogError", "TransactionStartFailed", "TransactionCommitFailed", "DatabaseUnavailable")

Say = Callable[[str], None]
Row = dict[str, Any]


def silent(line: str) -> None:
    """Say nothing."""


@dataclass(frozen=True)
class Address:
    """Where a server is and how to log in. The password is never shown."""

    uri: str = URI
    user: str = "neo4j"
    password: str = field(default="", repr=False)
    database: str = ""  # empty: the user's default database

    @classmethod
    def of(cls, environ: Mapping[str, str] = os.environ, **given: str) -> Address:
        """Return the address from what is given (uri, user, database), else from the environment (``ENVIRONMENT``).

        Where no URI is said, the server that ``kgpaths neo4j serve`` runs is the default. The password comes from NEO4J_PASSWORD or
        the file that NEO4J_PASSWORD_FILE names; where neither is said, that of the own server is known. Raises ConfigError where
        there is no password, the file cannot be read, or a URI or database is none for us.
        """
        served = serving()
        uri = given.get("uri") or environ.get("NEO4J_URI") or (served.uri if served else URI)
        scheme, _, rest = uri.partition("://")
        if scheme not in ("neo4j", "bolt", "neo4j+s", "bolt+s", "neo4j+ssc", "bolt+ssc") or not rest or "@" in rest or not uri.isprintable():
            where = "--uri" if given.get("uri") else "NEO4J_URI"
            raise ConfigError(f"{uri.rpartition('@')[2]!r} is no address of a Neo4j server", where=where, mend=f"for example {URI}")
        user = given.get("user") or environ.get("NEO4J_USERNAME") or USER
        database = given.get("database") or environ.get("NEO4J_DATABASE", "")
        if database.lower() == "system":
            where = "--database" if given.get("database") else "NEO4J_DATABASE"
            raise ConfigError("the database 'system' holds no graphs", where=where, mend="leave it away, or name another")
        if environ.get("NEO4J_PASSWORD") or environ.get("NEO4J_PASSWORD_FILE"):
            return cls(uri, user, password_from(environ), database)
        if served and served.is_at(uri) and user == USER:
            return cls(served.uri, user, password_from({"NEO4J_PASSWORD_FILE": served.password_file}), database)
        mend = "set it, or NEO4J_PASSWORD_FILE to a file that holds it"
        if served:
            raise ConfigError("no password", where="NEO4J_PASSWORD", mend=f"{mend}; the server of 'kgpaths neo4j serve' is {served.uri}, user {USER}")
        missing = "no server of 'kgpaths neo4j serve' runs, and no password is given"
        raise ConfigError(missing, where="NEO4J_PASSWORD", mend=f"start that server, which needs none; or {mend}")


def password_from(environ: Mapping[str, str]) -> str:
    """Return the password from the environment or the file it names. Raises ConfigError where that cannot be read."""
    if environ.get("NEO4J_PASSWORD"):
        return environ["NEO4J_PASSWORD"]
    file = environ["NEO4J_PASSWORD_FILE"]
    try:
        return Path(file).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "is not text"
        raise ConfigError(f"cannot be read: {why}", where=readable(file), mend="NEO4J_PASSWORD_FILE names a file that holds the password") from None


@dataclass(frozen=True)
class Counts:
    """What a query changed."""

    nodes_created: int = 0
    nodes_deleted: int = 0
    relationships_created: int = 0
    relationships_deleted: int = 0


class Server:
    """A server that answers. Use ``connected``."""

    def __init__(self, driver: neo4j.Driver, address: Address, say: Say, patience: float) -> None:
        self.driver, self.address, self.say, self.patience = driver, address, say, patience
        self.version, self.edition = "", ""

    def read(self, query: str, /, seconds: float | None = None, **values: Any) -> list[Row]:
        """Return the rows of a query. Raises StoppedShort where it takes longer than ``seconds`` or too much memory, else ServerError."""
        return [record.data() for record in self._run(query, values, seconds, neo4j.RoutingControl.READ).records]

    def write(self, query: str, /, seconds: float | None = None, **values: Any) -> Counts:
        """Run a query that changes something. It may run twice, where the answer to its commit was lost: MERGE, do not CREATE."""
        found = self._run(query, values, seconds, neo4j.RoutingControl.WRITE).summary.counters
        return Counts(*(getattr(found, name) for name in Counts.__dataclass_fields__))

    def wrote(self, query: str, /, seconds: float | None = None, **values: Any) -> list[Row]:
        """Run a query that changes something and return its rows; see ``write``."""
        return [record.data() for record in self._run(query, values, seconds, neo4j.RoutingControl.WRITE).records]

    def in_batches(self, query: str, /, **values: Any) -> None:
        """Run a query that has ``CALL … IN TRANSACTIONS``, which the server commits itself."""

        def once() -> None:
            with self.driver.session(database=self.address.database or None) as session:
                session.run(query, values).consume()

        self._patiently(once)

    def _run(self, query: str, values: Mapping[str, Any], seconds: float | None, routing: neo4j.RoutingControl) -> neo4j.EagerResult:
        text = neo4j.Query(query, timeout=seconds)
        database = self.address.database or None
        found: neo4j.EagerResult = self._patiently(lambda: self.driver.execute_query(text, dict(values), routing_=routing, database_=database))
        return found

    def _patiently(self, action: Callable[[], Any]) -> Any:
        """Do something, again while its fault may pass. Raises ServerError."""
        begun, wait, told = time.monotonic(), 0.5, False
        while True:
            try:
                found = action()
                if told:
                    self.say("Neo4j answers again")
                return found
            except (Neo4jError, DriverError) as error:
                left = self.patience - (time.monotonic() - begun)
                if not may_pass(error) or left <= 0:
                    raise said(error, self.address) from error
                self.say(f"{plain(error)}; trying again for {left:.0f} s")
                told = True
                time.sleep(min(wait, left))
                wait = min(wait * 2, LONGEST_WAIT)


@contextmanager
def connected(address: Address, *, say: Say = silent, patience: float = PATIENCE) -> Iterator[Server]:
    """Yield the server at ``address``. ``say`` is told of every retry; ``patience`` is how many seconds they may take in all.

    Raises ServerError where it does not answer, refuses the login, or is older than ``OLDEST``.
    """
    logging.getLogger("neo4j").setLevel(logging.CRITICAL)  # its warnings repeat what is said here, with a traceback
    try:
        driver = neo4j.GraphDatabase.driver(
            address.uri,
            auth=(address.user, address.password),
            user_agent="kgpaths",
            connection_timeout=10,
            connection_acquisition_timeout=20,
            max_transaction_retry_time=0,
            notifications_min_severity="OFF",
            telemetry_disabled=True,
        )
    except (ValueError, ConfigurationError, DriverError) as error:
        raise ConfigError(f"{address.uri!r} is no address of a Neo4j server: {first_line(error)}", mend=f"for example {URI}") from None
    with driver:
        server = Server(driver, address, say, patience)
        try:
            driver.verify_connectivity()
        except (Neo4jError, DriverError) as error:
            raise said(error, address, greeted=False) from error
        server.version, server.edition = version_of(server)
        yield server


def version_of(server: Server) -> tuple[str, str]:
    """Return the server's version and edition. Raises ServerError for one that is too old."""
    found = server.read("CALL dbms.components() YIELD name, versions, edition WHERE name = 'Neo4j Kernel' RETURN versions[0] AS version, edition")
    version, edition = (found[0]["version"], found[0]["edition"]) if found else ("", "")
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if numbers < OLDEST:
        needed = ".".join(map(str, OLDEST))
        raise ServerError(f"is Neo4j {version or 'of an unknown version'}", where=server.address.uri, mend=f"Neo4j {needed} or later is needed")
    return version, edition


def code_of(error: BaseException) -> str:
    """Return the last word of a Neo4j status code, empty where the fault is the driver's."""
    return (getattr(error, "code", None) or "").rpartition(".")[2]


def may_pass(error: Neo4jError | DriverError) -> bool:
    """Tell whether a fault may mend itself. Too little memory, a full disk and a wrong password do not.

    The driver does not repeat what may have been committed, as it may be a CREATE; here nothing is that a second run would change.
    """
    if code_of(error) in (*MEMORY, *TIMED_OUT, *READ_ONLY):
        return False
    return isinstance(error, IncompleteCommit) or bool(error.is_retryable())


def said(error: BaseException, address: Address, *, greeted: bool = True) -> ServerError:
    """Return a fault as one line of ours. Whoever hangs up before it has ``greeted`` us is no Neo4j, or not ready."""
    code, where = code_of(error), address.uri
    if code == "AuthenticationRateLimit":
        return ServerError("refuses the login for a while after several wrong passwords", where=where, mend="wait a minute; see NEO4J_PASSWORD")
    if isinstance(error, AuthError):
        return ServerError(f"refuses user {address.user!r}: wrong user or password", where=where, mend="see NEO4J_USERNAME and NEO4J_PASSWORD")
    if code in TIMED_OUT:
        return StoppedShort("stopped short: the query took longer than its limit", where=where, mend="give it more time, or ask for less")
    if code in MEMORY:
        return StoppedShort("stopped short: the query needs more memory than db.memory.transaction.max", where=where, mend="ask for less")
    if code in READ_ONLY:
        return ServerError("is read-only: nothing can be written", where=where, mend="load into a database that may be written")
    if code == "DatabaseNotFound":
        return ServerError(f"has no database {address.database!r}", where=where, mend="Community has but one: leave --database away")
    if code in FULL and not isinstance(error, ServiceUnavailable):
        why = "its log cannot be written" if code == "TransactionLogError" else first_line(error)
        return ServerError(f"takes no transaction: {why}", where=where, mend="is its disk full? mend it, then restart the server")
    if isinstance(error, UnsupportedServerProduct) or "not supported for the Bolt Protocol" in str(error):
        return ServerError("is too old, or no Neo4j", where=where, mend=f"Neo4j {'.'.join(map(str, OLDEST))} or later is needed; check --uri")
    if isinstance(error, ServiceUnavailable) or not code:
        words = plain(error)
        return ServerError(
            f"does not answer: {NO_BOLT if words == LOST and not greeted else words}",
            where=where,
            mend="does it run? kgpaths neo4j serve, or docker compose up",
        )
    return ServerError(f"{code}: {first_line(error)}", where=where)


NO_BOLT, LOST = "what listens there speaks no Bolt, or hangs up", "connection lost"


def plain(error: BaseException) -> str:
    """Return what went wrong in few words."""
    text = str(error)
    for sign, words in (
        ("Bolt handshake", NO_BOLT),
        ("looks like HTTP", "HTTP is spoken there; Bolt has another port, usually 7687"),
        ("refused", "connection refused"),
        ("Cannot resolve", "no such host"),
        ("Failed to DNS resolve", "no such host"),
        ("Timed out", "no answer in time"),
        ("timed out", "no answer in time"),
        ("defunct", LOST),
        ("closed", LOST),
    ):
        if sign in text:
            return words
    return code_of(error) or first_line(error)


def first_line(error: BaseException) -> str:
    """Return the first line of an error, cut to a line's length."""
    text = (getattr(error, "message", None) or str(error) or type(error).__name__).strip().splitlines()[0]
    return readable(str(text[:200]).rstrip("."))
