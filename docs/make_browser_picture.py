"""Take the picture of these pages that shows Neo4j Browser: ``python docs/make_browser_picture.py [RUN [QUESTION]]``.

It logs in at NEO4J_URI with NEO4J_PASSWORD, where a run has been pushed, opens the guide as a user does and writes
``docs/neo4j-browser.png``. Needs Chromium.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from kgpaths.neo4j.connection import Address  # noqa: E402
from kgpaths.neo4j.guide import serving  # noqa: E402
from tests.neo4j.browser_page import chromium, click_query, log_in, opened, settled, turn_to  # noqa: E402
from tests.neo4j.conftest import setting  # noqa: E402

PICTURE = ROOT / "docs" / "neo4j-browser.png"


def main(run: str = "", question: str = "") -> None:
    """Write the picture."""
    address = Address.of()
    found = re.search(r"guide http://localhost:(\d+)/", setting(address, "browser.post_connect_cmd"))
    assert found, "the server's Browser does not load the guide by itself"
    browser = f"http://{setting(address, 'server.http.advertised_address')}/browser/"
    with serving(int(found[1])), opened(browser, chromium(), width=1400, height=640) as page:
        log_in(page, address)
        turn_to(page, "The paths of a question")
        frame = click_query(page, "paths", run=run, question=question)
        frame.get_by_label("Collapse the node properties display").click()
        settled(frame)
        page.screenshot(path=PICTURE)
    print(f"{PICTURE}, {PICTURE.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(*sys.argv[1:])
