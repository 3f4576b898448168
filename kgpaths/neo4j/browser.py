"""The address that opens Neo4j Browser with a query in its editor. Needs neither the driver nor a server that answers."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from urllib.parse import quote, urlencode, urlsplit

from kgpaths.neo4j import cypher
from kgpaths.neo4j.queries import literal
from kgpaths.neo4j.serve_settings import USER
from kgpaths.neo4j.serve_state import serving

DEFAULT = "http://localhost:7474/browser/"
DATABASE = "neo4j"
BOLT_PORT = 7687


def picture_link(run: str, question: str, environ: Mapping[str, str] = os.environ) -> str:
    """Return the address that opens Neo4j Browser with the query of a question's picture; ``question`` is its id in Neo4j.

    The Browser is that of ``NEO4J_BROWSER``, of the server that ``kgpaths neo4j serve`` runs, or of the host in ``NEO4J_URI``, else
    this machine's; the login form is filled in but for the password.
    """
    return link(picture_query(run, question), environ)


def picture_query(run: str, question: str) -> str:
    """Return the query of a question's picture with its values spelt out: the editor has no parameters."""
    values = {"$run": literal(run), "$question": literal(question)}
    return re.sub(r"\$(?:run|question)\b", lambda found: values[found[0]], cypher.PICTURE)


def link(query: str, environ: Mapping[str, str] = os.environ) -> str:
    """Return the address that opens Neo4j Browser with ``query`` in its editor."""
    browser, bolt = where(environ)
    user, database = environ.get("NEO4J_USERNAME") or USER, environ.get("NEO4J_DATABASE") or DATABASE
    scheme, _, host = bolt.partition("://")
    known = {"dbms": f"{scheme}://{user}@{host}", "db": database, "preselectAuthMethod": "NATIVE"}
    return f"{browser}?{urlencode({'cmd': 'edit', 'arg': query, **known}, quote_via=quote, safe='')}"


def where(environ: Mapping[str, str]) -> tuple[str, str]:
    """Return the addresses of the Browser and of the server it shall connect to."""
    served = serving()
    uri = environ.get("NEO4J_URI") or (served.uri if served else "")
    if given := environ.get("NEO4J_BROWSER"):
        browser = given.rstrip("/").removesuffix("/browser") + "/browser/"
    elif served and served.is_at(uri):
        browser = served.browser
    else:
        parts = urlsplit(uri)
        browser = f"http://{parts.hostname}:7474/browser/" if parts.hostname else DEFAULT
    return browser, uri or f"neo4j://{urlsplit(browser).hostname}:{BOLT_PORT}"
