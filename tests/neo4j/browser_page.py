"""Neo4j Browser as a user has it: a real Chromium, driven through what is on the page. Outside hosts are out of reach."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Locator, LocatorAssertions, Page, Route, expect, sync_playwright

from kgpaths.neo4j.connection import Address

CHROMIUM = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
FLAGS = ("no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking", "disable-component-update", "disable-sync")
HERE = ("localhost", "127.0.0.1")
PATIENCE = 120.0  # seconds for anything to appear; a busy machine is slow, not wrong

DRAWN = """frame => ({
  nodes: [...frame.querySelectorAll('g.node')].map(g => ({
    labels: g.__data__.labels,
    properties: g.__data__.propertyMap,
    caption: [...g.querySelectorAll('text.caption')].map(text => text.textContent.trim()).join(' '),
    colour: g.querySelector('circle.b-outline').getAttribute('fill'),
    seen: g.querySelector('circle.b-outline').getBoundingClientRect().width > 0,
  })),
  relationships: [...frame.querySelectorAll('g.relationship')].map(g => ({
    type: g.__data__.type,
    from: g.__data__.source.propertyMap,
    to: g.__data__.target.propertyMap,
    properties: g.__data__.propertyMap,
    caption: [...g.querySelectorAll('text')].map(text => text.textContent.trim()).join(' '),
    colour: g.querySelector('path.b-outline').getAttribute('fill'),
    outline: g.querySelector('path.b-outline').getAttribute('d') || '',
    seen: g.querySelector('path.b-outline').getBoundingClientRect().width > 0,
  })),
})"""
"""What a frame's picture shows, from the drawing itself and the data it is drawn of."""


def chromium() -> str:
    """Return the path of a Chromium, the system's or Playwright's own; empty where there is none."""
    with sync_playwright() as play:
        return next((path for path in (*CHROMIUM, play.chromium.executable_path) if Path(path).is_file()), "")


@contextmanager
def opened(browser_address: str, path: str, width: int = 1600, height: int = 1000) -> Iterator[Page]:
    """Yield a page of the Browser in a Chromium without a past."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=[f"--{flag}" for flag in FLAGS])
        try:
            page = browser.new_page(viewport={"width": width, "height": height})
            page.set_default_timeout(PATIENCE * 1000)
            page.route("**/*", only_here)
            page.goto(browser_address)
            yield page
        finally:
            browser.close()


def only_here(route: Route) -> None:
    """Let through what asks this machine; the Browser calls telemetry and font hosts even so."""
    if urlsplit(route.request.url).hostname in HERE:
        route.continue_()
    else:
        route.abort()


def log_in(page: Page, address: Address) -> None:
    """Fill in the form and connect, once the Browser has found out where its server is."""
    patient(page.get_by_test_id("boltaddress")).not_to_have_value("")
    for name, value in (("username", address.user), ("password", address.password)):
        page.get_by_test_id(name).fill(value)
    patient(page.get_by_test_id("username")).to_have_value(address.user)
    page.get_by_test_id("connect").click()
    page.get_by_test_id("connect").wait_for(state="detached")


def turn_to(page: Page, title: str) -> Locator:
    """Turn the guide's pages until one bears ``title``, and return the guide."""
    guide = page.get_by_test_id("guidesDrawer")
    heading = guide.locator("h3")
    heading.wait_for()
    while heading.inner_text() != title:
        shown = heading.inner_text()
        page.get_by_test_id("guideNextSlide").click()
        patient(heading).not_to_have_text(shown)
    return guide


def click_query(page: Page, name: str, **fields: str) -> Locator:
    """Type into a guide page's fields, click a query, press play, and return the frame of the answer."""
    guide = page.get_by_test_id("guidesDrawer")
    for field, value in fields.items():
        box = guide.locator(f"input[value-for={field}]")
        box.fill("")
        box.press_sequentially(value)
    query = guide.locator(f"pre#{name}")
    title = query.inner_text().strip().splitlines()[0]
    query.click()
    patient(page.get_by_test_id("activeEditor").locator(".view-lines")).to_contain_text(title.removeprefix("// "))
    page.get_by_test_id("editor-Run").click()
    frame = page.get_by_test_id("frame").filter(has=page.get_by_test_id("frameCommand").filter(has_text=title)).first
    frame.get_by_test_id("frame-loaded-contents").wait_for()
    return frame


def drawn(frame: Locator, nodes: int, relationships: int) -> dict[str, list[dict[str, Any]]]:
    """Return what a frame shows, once it shows as many nodes and relationships as it should, all of them visible."""

    def whole() -> dict[str, list[dict[str, Any]]] | None:
        found = frame.evaluate(DRAWN)
        right = (len(found["nodes"]), len(found["relationships"])) == (nodes, relationships)
        return found if right and all(one["seen"] for kind in found.values() for one in kind) else None

    frame.locator("g.node").first.wait_for()
    return until(whole, lambda: {kind: len(found) for kind, found in frame.evaluate(DRAWN).items()})


def settled(frame: Locator) -> None:
    """Wait until the nodes of a picture stand still, then let it fill its frame."""
    places = "frame => [...frame.querySelectorAll('g.node')].map(g => g.getAttribute('transform')).join()"
    frame.locator("g.node").first.wait_for()
    seen = [""]

    def still() -> bool | None:
        seen.append(frame.evaluate(places))
        return True if len(seen) > 5 and len(set(seen[-5:])) == 1 else None

    until(still, lambda: "a picture that does not come to rest")
    frame.get_by_label("zoom-to-fit").click()
    seen.clear()
    until(still, lambda: "a picture that does not come to rest")


def until(there: Callable[[], Any], instead: Callable[[], Any]) -> Any:
    """Return what ``there`` returns, once it is something. Raises AssertionError with what is there instead."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if (found := there()) is not None:
            return found
        time.sleep(0.1)
    raise AssertionError(f"after {PATIENCE:.0f} s there is {instead()}")


def patient(locator: Locator) -> LocatorAssertions:
    """Expect something of a part of the page, however long that takes."""
    expect.set_options(timeout=PATIENCE * 1000)
    return expect(locator)
