"""Fetching from a real server that does what servers do: all is verified before it has its name, and nothing is paid twice."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from kgpaths.fetch import FIRST_USE, FetchError, fetch, transfer
from tests.fetch.server import Site, chunked, cut, late, publishing, recipe_of, serve_part, sha256, status

BODY = Random(7).randbytes(300_000)
OTHER = Random(8).randbytes(300_000)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def pinned(site: Site, content: bytes = BODY, **more: Any) -> dict[str, Any]:
    return {"url": f"{site.url}/a.tsv", "path": "a.tsv", "size": len(content), "sha256": sha256(content), **more}


def moving(site: Site) -> dict[str, Any]:
    return {"url": f"{site.url}/a.tsv", "path": "a.tsv"}


def record(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "fetched.json").read_text(encoding="utf-8"))
    return found


def left(out: Path) -> list[str]:
    return sorted(path.name for path in out.iterdir())


def test_a_file_is_fetched_verified_and_recorded_with_its_terms(site: Site, tmp_path: Path, out: Path) -> None:
    site.page("a.tsv", BODY)
    steps: list[tuple[str, int, int]] = []
    fetched = fetch(recipe_of(tmp_path, pinned(site)), out, progress=lambda *step: steps.append(step))
    (file,) = fetched.files
    assert (file.path.read_bytes(), file.size, file.sha256) == (BODY, 300_000, sha256(BODY))
    assert (file.state, file.checked) == ("fetched", "the publisher's sha256")
    assert left(out) == ["a.tsv", "fetched.json"]
    kept = record(out)
    assert (kept["recipe"], kept["licence"], kept["citation"]) == ("test-graph", "CC0-1.0", "Nobody. Nothing. 2024.")
    entry = kept["files"]["a.tsv"]
    assert (entry["sha256"], entry["size"], entry["url"], entry["etag"]) == (sha256(BODY), 300_000, f"{site.url}/a.tsv", '"v1"')
    assert entry["fetched"].endswith("+00:00")
    assert {step[0] for step in steps} == {"a.tsv (MB)", "verifying a.tsv (MB)"}


def test_what_is_there_and_right_is_not_fetched_again(site: Site, tmp_path: Path, out: Path) -> None:
    site.page("a.tsv", BODY)
    for recipe in (recipe_of(tmp_path, pinned(site)), recipe_of(tmp_path, moving(site))):
        fetch(recipe, out)
        assert fetch(recipe, out).files[0].state == "already there"
    assert len(site.asked) == 1


def test_several_files_and_folders(site: Site, tmp_path: Path, out: Path) -> None:
    site.page("a.tsv", BODY)
    site.page("b.tsv", OTHER)
    fetched = fetch(recipe_of(tmp_path, pinned(site), {"url": f"{site.url}/b.tsv", "path": "sub/b.tsv"}), out)
    assert (out / "sub" / "b.tsv").read_bytes() == OTHER
    assert [file.checked for file in fetched.files] == ["the publisher's sha256", FIRST_USE]


class TestFirstUse:
    """Without the publisher's checksum, the first fetch sets one."""

    def test_a_change_is_refused_and_costs_no_second_download_once_accepted(self, site: Site, tmp_path: Path, out: Path) -> None:
        recipe = recipe_of(tmp_path, moving(site))
        page = site.page("a.tsv", BODY)
        fetch(recipe, out)
        (out / "a.tsv").unlink()
        page.content, page.etag = OTHER, '"v2"'
        for _ in range(2):
            with pytest.raises(FetchError) as caught:
                fetch(recipe, out)
            text = str(caught.value)
            assert sha256(BODY) in text and sha256(OTHER) in text and "a.tsv" in text and "--accept-changed" in text
            assert not (out / "a.tsv").exists()
        assert len(site.asked) == 2
        assert fetch(recipe, out, accept_changed=True).files[0].sha256 == sha256(OTHER)
        assert len(site.asked) == 2
        assert (out / "a.tsv").read_bytes() == OTHER
        assert record(out)["files"]["a.tsv"]["sha256"] == sha256(OTHER)
        assert left(out) == ["a.tsv", "fetched.json"]

    def test_a_damaged_file_comes_again_and_must_be_as_the_first(self, site: Site, tmp_path: Path, out: Path) -> None:
        recipe = recipe_of(tmp_path, moving(site))
        page = site.page("a.tsv", BODY)
        fetch(recipe, out)
        (out / "a.tsv").write_bytes(BODY[:-1])
        assert fetch(recipe, out).files[0].state == "fetched"
        assert (out / "a.tsv").read_bytes() == BODY
        (out / "a.tsv").write_bytes(BODY[:-1])
        page.content = OTHER
        with pytest.raises(FetchError, match="has changed since it was first fetched"):
            fetch(recipe, out)
        assert (out / "a.tsv").read_bytes() == BODY[:-1]

    def test_accepting_asks_the_publisher_whether_there_is_anything_new(self, site: Site, tmp_path: Path, out: Path) -> None:
        recipe = recipe_of(tmp_path, moving(site))
        page = site.page("a.tsv", BODY)
        fetch(recipe, out)
        assert fetch(recipe, out, accept_changed=True).files[0].state == "unchanged"
        assert (site.settled(2)[1].status, site.asked[1].sent, site.asked[1].if_none_match) == (304, 0, '"v1"')
        page.content, page.etag = OTHER, '"v2"'
        assert fetch(recipe, out, accept_changed=True).files[0].state == "fetched"
        assert (out / "a.tsv").read_bytes() == OTHER

    def test_another_address_needs_acceptance(self, site: Site, tmp_path: Path, out: Path) -> None:
        site.page("a.tsv", BODY)
        site.page("b.tsv", OTHER)
        fetch(recipe_of(tmp_path, moving(site)), out)
        recipe = recipe_of(tmp_path, {"url": f"{site.url}/b.tsv", "path": "a.tsv"})
        with pytest.raises(FetchError, match=r"/a.tsv, the recipe now says .*/b.tsv"):
            fetch(recipe, out)
        assert fetch(recipe, out, accept_changed=True).files[0].sha256 == sha256(OTHER)


class TestTheUsersFiles:
    """What was not fetched here is never written over unasked."""

    def test_a_file_of_unknown_origin_is_refused(self, site: Site, tmp_path: Path, out: Path) -> None:
        out.mkdir()
        (out / "a.tsv").write_bytes(b"mine")
        site.page("a.tsv", BODY)
        for file, why in ((moving(site), "its publisher states no checksum"), (pinned(site), "is not the one of the recipe")):
            with pytest.raises(FetchError, match=why):
                fetch(recipe_of(tmp_path, file), out)
        assert (out / "a.tsv").read_bytes() == b"mine"
        assert site.asked == []
        fetch(recipe_of(tmp_path, pinned(site)), out, accept_changed=True)
        assert (out / "a.tsv").read_bytes() == BODY

    def test_a_right_file_from_elsewhere_is_taken_as_it_is(self, site: Site, tmp_path: Path, out: Path) -> None:
        out.mkdir()
        (out / "a.tsv").write_bytes(BODY)
        assert fetch(recipe_of(tmp_path, pinned(site)), out).files[0].state == "already there"
        assert site.asked == []
        assert record(out)["files"]["a.tsv"]["sha256"] == sha256(BODY)

    def test_a_new_release_replaces_what_was_fetched(self, site: Site, tmp_path: Path, out: Path) -> None:
        page = site.page("a.tsv", BODY)
        fetch(recipe_of(tmp_path, pinned(site)), out)
        page.content, page.etag = OTHER, '"v2"'
        fetch(recipe_of(tmp_path, pinned(site, OTHER)), out)
        assert (out / "a.tsv").read_bytes() == OTHER

    def test_a_link_out_of_the_folder_is_not_followed(self, site: Site, tmp_path: Path, out: Path) -> None:
        site.page("a.tsv", BODY)
        (tmp_path / "elsewhere").mkdir()
        out.mkdir()
        (out / "sub").symlink_to(tmp_path / "elsewhere")
        with pytest.raises(FetchError, match="leads out of the folder"):
            fetch(recipe_of(tmp_path, {"url": f"{site.url}/a.tsv", "path": "sub/a.tsv"}), out)
        assert list((tmp_path / "elsewhere").iterdir()) == []

    def test_other_obstacles_are_named(self, site: Site, tmp_path: Path, out: Path) -> None:
        site.page("a.tsv", BODY)
        recipe = recipe_of(tmp_path, pinned(site))
        with pytest.raises(FetchError, match="is a file, not a folder"):
            fetch(recipe, recipe)
        with pytest.raises(FetchError, match="cannot be written"):
            fetch(recipe, recipe / "below")
        (out / "a.tsv").mkdir(parents=True)
        with pytest.raises(FetchError, match="in the way"):
            fetch(recipe, out)
        (out / "a.tsv").rmdir()
        (out / "fetched.json").write_text('{"recipe": 3}')
        with pytest.raises(FetchError, match=r"fetched.json: is damaged"):
            fetch(recipe, out)
        (out / "fetched.json").unlink()
        fetch(recipe, out)
        with pytest.raises(FetchError, match="belongs to 'test-graph', not to 'other'"):
            fetch(recipe_of(tmp_path, pinned(site), name="other"), out)

    def test_two_fetches_into_one_folder_do_not_meet(self, site: Site, tmp_path: Path, out: Path) -> None:
        out.mkdir()
        handle = os.open(out, os.O_RDONLY)
        fcntl.flock(handle, fcntl.LOCK_EX)
        try:
            with pytest.raises(FetchError, match="another process is fetching"):
                fetch(recipe_of(tmp_path, pinned(site)), out)
        finally:
            os.close(handle)


class TestResuming:
    """What has come is kept, as long as the server says that it still belongs to the rest."""

    def test_a_cut_connection_is_taken_up_where_it_broke(self, site: Site, tmp_path: Path, out: Path) -> None:
        site.page("a.tsv", BODY, faults=[cut(100_000), cut(50_000)])
        fetch(recipe_of(tmp_path, moving(site)), out)
        assert (out / "a.tsv").read_bytes() == BODY
        first, second, third = site.settled(3)
        assert (first.range, second.range, third.range) == ("", "bytes=100000-", "bytes=150000-")
        assert second.if_range == third.if_range == '"v1"'
        assert first.sent + second.sent + third.sent == len(BODY)

    def test_the_next_process_goes_on(self, site: Site, tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(transfer, "WAITS", ())
        recipe = recipe_of(tmp_path, pinned(site))
        site.page("a.tsv", BODY, faults=[cut(100_000)])
        with pytest.raises(FetchError, match=r"closed after 100,000 of 300,000 bytes.*the same command takes up"):
            fetch(recipe, out)
        assert left(out) == ["a.tsv.part", "a.tsv.part.json"]
        fetch(recipe, out)
        assert (out / "a.tsv").read_bytes() == BODY
        assert site.settled(2)[1].sent == 200_000

    def test_a_server_without_ranges_starts_anew(self, site: Site, tmp_path: Path, out: Path) -> None:
        site.page("a.tsv", BODY, ranges=False, faults=[cut(100_000)])
        fetch(recipe_of(tmp_path, pinned(site)), out)
        assert (out / "a.tsv").read_bytes() == BODY
        assert [asked.status for asked in site.settled(2)] == [200, 200]

    def test_a_file_that_changed_meanwhile_starts_anew(self, site: Site, tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(transfer, "WAITS", ())
        recipe = recipe_of(tmp_path, moving(site))
        page = site.page("a.tsv", BODY, faults=[cut(100_000)])
        with pytest.raises(FetchError):
            fetch(recipe, out)
        page.content, page.etag = OTHER, '"v2"'
        fetch(recipe, out)
        assert (out / "a.tsv").read_bytes() == OTHER
        assert site.settled(2)[1].status == 200

    def test_a_server_that_mixes_versions_is_found_out_by_its_etag(self, site: Site, tmp_path: Path, out: Path) -> None:
        page = site.page("a.tsv", BODY)

        def change(handler: Any, served: Any) -> None:
            served.content, served.etag = OTHER, '"v2"'
            serve_part(handler, served)  # in spite of If-Range

        page.faults = [cut(100_000), change]
        fetch(recipe_of(tmp_path, moving(site)), out)
        assert (out / "a.tsv").read_bytes() == OTHER
        assert [asked.status for asked in site.settled(3)] == [200, 206, 200]

    def test_a_server_that_sends_another_part_than_asked_for(self, site: Site, tmp_path: Path, out: Path) -> None:
        def from_elsewhere(handler: Any, served: Any) -> None:
            headers = {"ETag": served.etag, "Content-Range": "bytes 200000-299999/300000", "Content-Length": "100000"}
            handler.head(206, headers)
            handler.body(served.content[200_000:])

        site.page("a.tsv", BODY, faults=[cut(100_000), from_elsewhere])
        fetch(recipe_of(tmp_path, moving(site)), out)
        assert (out / "a.tsv").read_bytes() == BODY
        assert [asked.status for asked in site.settled(3)] == [200, 206, 200]

    def test_without_validators_only_a_checksum_lets_it_go_on(self, site: Site, tmp_path: Path, out: Path) -> None:
        bare = {"etag": "", "last_modified": ""}
        site.page("a.tsv", BODY, faults=[cut(100_000)], **bare)
        fetch(recipe_of(tmp_path, moving(site)), out)
        assert [asked.range for asked in site.settled(2)] == ["", ""]
        page = site.page("a.tsv", BODY, faults=[cut(100_000)], **bare)
        fetch(recipe_of(tmp_path, pinned(site)), tmp_path / "second")
        assert [(asked.range, asked.if_range) for asked in site.settled(4)[2:]] == [("", ""), ("bytes=100000-", "")]
        page.content = OTHER  # the old beginning and the new rest do not fit: once more from the start
        page.faults = [lambda handler, page: cut(100_000)(handler, type(page)(BODY, **bare))]
        fetch(recipe_of(tmp_path, pinned(site, OTHER)), tmp_path / "third")
        assert (tmp_path / "third" / "a.tsv").read_bytes() == OTHER
        assert [asked.status for asked in site.settled(7)[4:]] == [200, 206, 200]

    def test_a_weak_etag_gives_way_to_the_date(self, site: Site, tmp_path: Path, out: Path) -> None:
        site.page("a.tsv", BODY, etag='W/"v1"', faults=[cut(100_000)])
        fetch(recipe_of(tmp_path, moving(site)), out)
        assert site.settled(2)[1].if_range == "Mon, 01 Jan 2024 00:00:00 GMT"

    def test_a_part_longer_than_the_file_starts_anew(self, site: Site, tmp_path: Path, out: Path) -> None:
        site.page("a.tsv", BODY)
        out.mkdir()
        (out / "a.tsv.part").write_bytes(BODY + b"more")
        (out / "a.tsv.part.json").write_text(json.dumps({"url": f"{site.url}/a.tsv", "etag": '"v1"', "last_modified": "", "size": 300_000}))
        fetch(recipe_of(tmp_path, pinned(site)), out)
        assert (out / "a.tsv").read_bytes() == BODY
        assert [asked.status for asked in site.settled(2)] == [416, 200]

    def test_a_whole_part_that_is_wrong_starts_anew(self, site: Site, tmp_path: Path, out: Path) -> None:
        site.page("a.tsv", BODY)
        out.mkdir()
        (out / "a.tsv.part").write_bytes(OTHER)
        (out / "a.tsv.part.json").write_text(json.dumps({"url": f"{site.url}/a.tsv", "etag": '"v1"', "last_modified": "", "size": 300_000}))
        fetch(recipe_of(tmp_path, pinned(site)), out)
        assert (out / "a.tsv").read_bytes() == BODY
        assert [asked.range for asked in site.settled(1)] == [""]

    @pytest.mark.parametrize("state", ["", "{", '{"url": 3}', '["x"]', '{"url": "http://other.example/a.tsv", "etag": "x", "size": 300000}'])
    def test_a_part_of_unknown_origin_is_not_used(self, site: Site, tmp_path: Path, out: Path, state: str) -> None:
        site.page("a.tsv", BODY)
        out.mkdir()
        (out / "a.tsv.part").write_bytes(OTHER)
        (out / "a.tsv.part.json").write_text(state)
        fetch(recipe_of(tmp_path, moving(site)), out)
        assert (out / "a.tsv").read_bytes() == BODY

    def test_a_kill_between_record_and_name_costs_no_download(self, site: Site, tmp_path: Path, out: Path) -> None:
        recipe = recipe_of(tmp_path, moving(site))
        site.page("a.tsv", BODY)
        fetch(recipe, out)
        (out / "a.tsv").rename(out / "a.tsv.part")
        (out / "a.tsv.part.json").write_text(json.dumps({"url": f"{site.url}/a.tsv", "etag": '"v1"', "last_modified": "", "size": 300_000}))
        assert fetch(recipe, out).files[0].state == "fetched"
        assert len(site.asked) == 1
        assert left(out) == ["a.tsv", "fetched.json"]

    def test_a_killed_process_is_resumed(self, site: Site, tmp_path: Path, out: Path) -> None:
        body = Random(9).randbytes(3_000_000)
        page = site.page("a.tsv", body, pause=0.05)
        recipe = recipe_of(tmp_path, pinned(site, body))
        code = "import sys; from pathlib import Path; from kgpaths.fetch import fetch; fetch(Path(sys.argv[1]), Path(sys.argv[2]))"
        process = subprocess.Popen([sys.executable, "-c", code, str(recipe), str(out)])
        part = out / "a.tsv.part"
        deadline = time.monotonic() + 30
        while not (part.exists() and part.stat().st_size > 500_000) and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        have = part.stat().st_size
        assert 500_000 < have < len(body)
        assert not (out / "a.tsv").exists() and not (out / "fetched.json").exists()
        page.pause = 0.0
        fetch(recipe, out)
        assert (out / "a.tsv").read_bytes() == body
        last = next(asked for asked in site.settled(2) if asked.range)
        assert (last.range, last.sent) == (f"bytes={have}-", len(body) - have)


class TestRefusing:
    """What is not the file never gets its name."""

    @pytest.mark.parametrize("more", [{"sha256": sha256(OTHER)}, {"sha256": None, "md5": hashlib.md5(OTHER).hexdigest()}])
    def test_a_wrong_checksum(self, site: Site, tmp_path: Path, out: Path, more: dict[str, str]) -> None:
        site.page("a.tsv", BODY)
        with pytest.raises(FetchError) as caught:
            fetch(recipe_of(tmp_path, pinned(site, **more)), out)
        text = str(caught.value)
        expected = more.get("md5") or more["sha256"]
        got = hashlib.md5(BODY).hexdigest() if "md5" in more else sha256(BODY)
        assert f"{expected} expected, got {got}" in text and text.startswith(f"{site.url}/a.tsv: a.tsv is not what its publisher states")
        assert left(out) == ["a.tsv.bad"]
        assert (out / "a.tsv.bad").read_bytes() == BODY
        assert len(site.settled(1)) == 1
        fetch(recipe_of(tmp_path, pinned(site)), out)
        assert left(out) == ["a.tsv", "fetched.json"]

    def test_a_right_md5_counts_as_the_publishers(self, site: Site, tmp_path: Path, out: Path) -> None:
        site.page("a.tsv", BODY)
        fetched = fetch(recipe_of(tmp_path, pinned(site, sha256=None, md5=hashlib.md5(BODY).hexdigest())), out)
        assert fetched.files[0].checked == "the publisher's md5"

    def test_a_wrong_size_is_seen_before_the_download(self, site: Site, tmp_path: Path, out: Path) -> None:
        page = site.page("a.tsv", Random(1).randbytes(40_000_000), pause=0.01)
        with pytest.raises(FetchError, match=r"has 40,000,000 bytes, the recipe says 300,000"):
            fetch(recipe_of(tmp_path, pinned(site)), out)
        assert site.settled(1)[0].sent < len(page.content)
        assert left(out) == []

    def test_a_stream_longer_than_it_should_be_is_cut_off(self, site: Site, tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        page = site.page("a.tsv", BODY, faults=[chunked([BODY, OTHER])])
        with pytest.raises(FetchError, match="sends more than 300,000 bytes"):
            fetch(recipe_of(tmp_path, pinned(site)), out)
        monkeypatch.setattr(transfer, "LARGEST", 400_000)
        page.faults = [chunked([BODY, OTHER])]
        with pytest.raises(FetchError, match="sends more than 400,000 bytes"):
            fetch(recipe_of(tmp_path, moving(site)), out)
        assert left(out) == []

    def test_a_web_page_is_not_a_file(self, site: Site, tmp_path: Path, out: Path) -> None:
        site.page("a.tsv", b"<html>please log in</html>", kind="text/html; charset=utf-8")
        with pytest.raises(FetchError, match=r"is a web page \(text/html\), not a.tsv"):
            fetch(recipe_of(tmp_path, moving(site)), out)
        assert left(out) == []

    def test_what_is_packed_on_the_way_is_refused_unless_it_is_a_gz(self, site: Site, tmp_path: Path, out: Path) -> None:
        site.page("a.tsv", BODY, extra={"Content-Encoding": "gzip"})
        with pytest.raises(FetchError, match="was sent packed as 'gzip'"):
            fetch(recipe_of(tmp_path, moving(site)), out)
        fetch(recipe_of(tmp_path, {"url": f"{site.url}/a.tsv", "path": "a.tsv.gz"}), out)
        assert (out / "a.tsv.gz").read_bytes() == BODY

    @pytest.mark.parametrize(("code", "text"), [(404, "no longer there"), (403, "not open to you"), (401, "asks for a login"), (500 + 1, "HTTP 501")])
    def test_a_final_status_is_not_tried_again(self, site: Site, tmp_path: Path, out: Path, code: int, text: str) -> None:
        site.page("a.tsv", BODY, faults=[status(code)])
        with pytest.raises(FetchError, match=text) as caught:
            fetch(recipe_of(tmp_path, pinned(site)), out)
        assert f"HTTP {code}" in str(caught.value) and f"{site.url}/a.tsv" in str(caught.value)
        assert len(site.settled(1)) == 1


class TestTryingAgain:
    """Faults that pass are waited for, a limited time, always the same."""

    @pytest.fixture
    def waits(self, monkeypatch: pytest.MonkeyPatch) -> list[float]:
        found: list[float] = []
        monkeypatch.setattr(transfer, "WAITS", (1.0, 2.0, 4.0))
        monkeypatch.setattr(transfer, "sleep", found.append)
        return found

    def test_a_busy_server(self, site: Site, tmp_path: Path, out: Path, waits: list[float]) -> None:
        site.page("a.tsv", BODY, faults=[status(503), status(429, Retry_After="7"), status(502, Retry_After="86400")])
        steps: list[str] = []
        fetch(recipe_of(tmp_path, pinned(site)), out, progress=lambda what, done, total: steps.append(what))
        assert (out / "a.tsv").read_bytes() == BODY
        assert waits == [1.0, 7.0, 60.0]
        assert "a.tsv: HTTP 503 Service Unavailable; trying again in 1 s" in steps

    def test_a_server_that_stays_busy(self, site: Site, tmp_path: Path, out: Path, waits: list[float]) -> None:
        site.page("a.tsv", BODY, faults=[status(503)] * 9)
        with pytest.raises(FetchError, match=r"HTTP 503 Service Unavailable, 4 times"):
            fetch(recipe_of(tmp_path, pinned(site)), out)
        assert waits == [1.0, 2.0, 4.0]

    def test_the_count_begins_again_only_where_it_gets_further(
        self, site: Site, tmp_path: Path, out: Path, waits: list[float], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(transfer, "ADVANCE", 10_000)
        site.page("a.tsv", BODY, faults=[cut(20_000)] * 10)
        fetch(recipe_of(tmp_path, pinned(site)), out)
        assert (out / "a.tsv").read_bytes() == BODY
        assert waits == [1.0] * 10
        waits.clear()
        site.page("a.tsv", BODY, ranges=False, faults=[cut(200_000)] * 10)
        with pytest.raises(FetchError, match="closed after 200,000 of 300,000 bytes, 4 times"):
            fetch(recipe_of(tmp_path, pinned(site)), tmp_path / "second")
        assert waits == [1.0, 2.0, 4.0]

    def test_a_slow_server(self, site: Site, tmp_path: Path, out: Path) -> None:
        page = site.page("a.tsv", BODY, faults=[late(0.6)])
        fetch(recipe_of(tmp_path, pinned(site)), out, timeout=0.2)
        assert (out / "a.tsv").read_bytes() == BODY
        page.faults = [late(0.6)] * 6
        with pytest.raises(FetchError, match="does not answer in time, 6 times"):
            fetch(recipe_of(tmp_path, pinned(site)), tmp_path / "second", timeout=0.1)

    def test_a_server_that_falls_silent_in_the_middle(self, site: Site, tmp_path: Path, out: Path) -> None:
        page = site.page("a.tsv", BODY)

        def silence(handler: Any, served: Any) -> None:
            handler.head(200, {"ETag": served.etag, "Content-Length": str(len(served.content))})
            handler.body(served.content[:65536])
            time.sleep(0.6)
            handler.hang_up()

        page.faults = [silence]
        fetch(recipe_of(tmp_path, pinned(site)), out, timeout=0.2)
        assert (out / "a.tsv").read_bytes() == BODY

    def test_no_server_at_all(self, tmp_path: Path, out: Path) -> None:
        with publishing() as gone:
            pass
        with pytest.raises(FetchError, match=r"the connection failed \(Connection refused\), 6 times"):
            fetch(recipe_of(tmp_path, pinned(gone)), out)

    def test_no_such_host(self, tmp_path: Path, out: Path) -> None:
        with pytest.raises(FetchError, match=r"the host nowhere\.invalid is not found"):
            fetch(recipe_of(tmp_path, {"url": "http://nowhere.invalid/a.tsv", "path": "a.tsv"}), out)

    def test_a_stream_without_length(self, site: Site, tmp_path: Path, out: Path) -> None:
        site.page("a.tsv", BODY, faults=[chunked([BODY[:1000]], whole=False), chunked([BODY[:1000], BODY[1000:]])], ranges=False)
        fetch(recipe_of(tmp_path, moving(site)), out)
        assert (out / "a.tsv").read_bytes() == BODY


class TestTheDisk:
    def test_too_little_room_is_seen_before_the_download(self, site: Site, tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        site.page("a.tsv", BODY)
        usage: Callable[[object], Any] = lambda path: type("Usage", (), {"free": 1000})  # noqa: E731
        monkeypatch.setattr(transfer.shutil, "disk_usage", usage)
        with pytest.raises(FetchError, match=r"needs 300,000 bytes, the disk has 1,000 free"):
            fetch(recipe_of(tmp_path, pinned(site)), out)

    def test_a_disk_that_takes_no_more_is_named_and_what_came_is_kept(self, site: Site, tmp_path: Path, out: Path) -> None:
        site.page("a.tsv", BODY)
        recipe = recipe_of(tmp_path, pinned(site))
        code = (
            "import resource, sys; from pathlib import Path; from kgpaths.fetch import FetchError, fetch\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
            "try: fetch(Path(sys.argv[1]), Path(sys.argv[2]))\n"
            "except FetchError as error: print(error)"
        )
        done = subprocess.run([sys.executable, "-c", code, str(recipe), str(out)], capture_output=True, text=True, check=True)
        assert "a.tsv.part: cannot be written: File too large" in done.stdout
        fetch(recipe, out)
        assert (out / "a.tsv").read_bytes() == BODY
        assert site.settled(2)[1].range == "bytes=100000-"
