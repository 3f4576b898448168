"""What the server of ``kgpaths neo4j serve`` is and how it is set; docker-compose.yml sets the same (a test compares)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kgpaths.errors import ConfigError

VERSION = "5.26.30"  # of Neo4j Community, long-term support
BROWSER_VERSION = "5.24.0"  # of Neo4j Browser: the newest on Maven Central
HOST = "127.0.0.1"
BOLT_PORT, HTTP_PORT, GUIDE_PORT = 7687, 7474, 8900
USER = "neo4j"


@dataclass(frozen=True)
class Memory:
    """How much the server takes, in Java's words: 512m, 2g. Raises ConfigError for others."""

    heap: str = "1g"
    page_cache: str = "1g"

    def __post_init__(self) -> None:
        for name in ("heap", "page_cache"):
            if not re.fullmatch(r"[1-9]\d*[mg]", getattr(self, name)):
                raise ConfigError(f"is no size: {getattr(self, name)!r}", where=name, mend="write for example 512m or 2g")

    @property
    def transaction(self) -> str:
        """Return what one transaction may take, half of the heap: a query that wants more is refused, the server lives on."""
        number, unit = int(self.heap[:-1]), self.heap[-1]
        return f"{number * (1024 if unit == 'g' else 1) // 2}m"


def settings(memory: Memory, guide_port: int = GUIDE_PORT) -> dict[str, str]:
    """Return all of neo4j.conf but the addresses.

    The Browser may fetch the guide and the style from this machine, and does so when it connects; nothing reports home.
    """
    guide = f"http://localhost:{guide_port}"
    return {
        "server.https.enabled": "false",
        "dbms.usage_report.enabled": "false",
        "client.allow_telemetry": "false",
        "browser.remote_content_hostname_whitelist": "localhost,127.0.0.1",
        "browser.post_connect_cmd": f"config autoComplete: false; style {guide}/style.grass; guide {guide}/guide.html",
        "server.memory.heap.initial_size": memory.heap,
        "server.memory.heap.max_size": memory.heap,
        "server.memory.pagecache.size": memory.page_cache,
        "db.memory.transaction.max": memory.transaction,
        "db.tx_log.rotation.retention_policy": "256M size",  # else two days of logs: a load writes several times what it stores
    }


def addresses(bolt_port: int, http_port: int) -> dict[str, str]:
    """Return where the server listens, on this machine only, and what it tells clients: the same."""
    return {
        "server.default_listen_address": HOST,
        "server.bolt.listen_address": f"{HOST}:{bolt_port}",
        "server.bolt.advertised_address": f"{HOST}:{bolt_port}",
        "server.http.listen_address": f"{HOST}:{http_port}",
        "server.http.advertised_address": f"{HOST}:{http_port}",
    }
