"""Where a download may be led: onward over http(s), and never down."""

from __future__ import annotations

from email.message import Message
from io import BytesIO
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, Request

import pytest

from kgpaths.fetch import FetchError, fetch
from kgpaths.fetch.transfer import SafeRedirects, web_opener
from tests.fetch.server import Site, cut, recipe_of, sha256, status

BODY = bytes(range(256)) * 1000


def led(old: str, new: str) -> Request | None:
    return SafeRedirects().redirect_request(Request(old, headers={"Range": "bytes=5-"}), BytesIO(), 302, "Found", Message(), new)


def test_https_never_leads_down_to_http() -> None:
    with pytest.raises(FetchError, match=r"https://a\.example/x: is redirected from https down to http://a\.example/x"):
        led("https://a.example/x", "http://a.example/x")
    for old, new in (
        ("https://a.example/x", "https://b.example/y"),
        ("http://a.example/x", "https://a.example/x"),
        ("http://a.example/x", "http://b.example/x"),
    ):
        request = led(old, new)
        assert request is not None
        assert (request.full_url, request.get_header("Range")) == (new, "bytes=5-")


@pytest.mark.parametrize("new", ["file:///etc/hostname", "ftp://a.example/x", "data:text/plain,x"])
def test_other_protocols_are_not_followed(new: str) -> None:
    with pytest.raises(FetchError, match="is redirected to"):
        led("https://a.example/x", new)


@pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://127.0.0.1/x", "data:text/plain,x"])
def test_the_opener_knows_no_other_protocol(url: str) -> None:
    with pytest.raises(URLError, match="unknown url type"):
        web_opener().open(url)


def test_the_environments_proxies_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.example:8080")
    proxy = next(handler for handler in web_opener().handlers if isinstance(handler, ProxyHandler))
    assert proxy.proxies["https"] == "http://proxy.example:8080"  # type: ignore[attr-defined]


def test_a_redirect_is_followed_and_resumed(site: Site, tmp_path: Path) -> None:
    site.page("old", b"", faults=[status(302, Location="/new"), status(307, Location="/new")])
    site.page("new", BODY, faults=[cut(100_000)])
    recipe = recipe_of(tmp_path, {"url": f"{site.url}/old", "path": "a.tsv", "sha256": sha256(BODY)})
    fetch(recipe, tmp_path / "out")
    assert (tmp_path / "out" / "a.tsv").read_bytes() == BODY
    assert [(asked.path, asked.range) for asked in site.settled(4)] == [
        ("/old", ""),
        ("/new", ""),
        ("/old", "bytes=100000-"),
        ("/new", "bytes=100000-"),
    ]


@pytest.mark.parametrize("location", ["file:///etc/hostname", "ftp://127.0.0.1/x", "/old"])
def test_a_redirect_to_elsewhere_or_in_circles_ends(site: Site, tmp_path: Path, location: str) -> None:
    site.page("old", b"", faults=[status(302, Location=location)] * 20)
    with pytest.raises(FetchError, match=r"HTTP 302|is redirected to"):
        fetch(recipe_of(tmp_path, {"url": f"{site.url}/old", "path": "a.tsv"}), tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []
