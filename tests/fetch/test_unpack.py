"""Archives, good and hostile: nothing leaves the folder, nothing fills the disk, all members or none."""

from __future__ import annotations

import gzip
import io
import stat
import struct
import tarfile
import zipfile
from contextlib import nullcontext
from pathlib import Path
from random import Random
from typing import Any

import pytest

from kgpaths.fetch import FetchError, archives, fetch
from kgpaths.fetch.transfer import CHUNK
from tests.fetch.server import Site, recipe_of, sha256

NODES, EDGES = b"id\tname\nX:1\tone\n", b"subject\tobject\nX:1\tX:2\n"


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content, zipfile.ZIP_DEFLATED)
    return held.getvalue()


def tarred(*members: tuple[str | tarfile.TarInfo, bytes]) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as archive:
        for name, content in members:
            info = tarfile.TarInfo(name) if isinstance(name, str) else name
            info.size = len(content) if info.isreg() else 0
            archive.addfile(info, io.BytesIO(content))
    return held.getvalue()


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def zip_link(name: str, mode: int = stat.S_IFLNK) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (mode | 0o777) << 16
    return info


def recipe(tmp_path: Path, site: Site, content: bytes, form: str, *members: str, **more: Any) -> Path:
    site.page(f"g.{form}", content)
    file = {"url": f"{site.url}/g.{form}", "path": f"g.{form}", "unpack": {"format": form, "members": list(members)}, **more}
    return recipe_of(tmp_path, file)


@pytest.mark.parametrize(("form", "pack"), [("zip", zipped), ("tar.gz", tarred)])
class TestBothFormats:
    def test_the_members_asked_for_come_out(self, site: Site, tmp_path: Path, form: str, pack: Any) -> None:
        content = pack(("./nodes.tsv", NODES), ("sub/edges.tsv", EDGES), ("README", b"no"))
        out = tmp_path / "out"
        (file,) = fetch(recipe(tmp_path, site, content, form, "nodes.tsv", "*/edges.tsv"), out).files
        assert file.unpacked == (out / "nodes.tsv", out / "sub" / "edges.tsv")
        assert ((out / "nodes.tsv").read_bytes(), (out / "sub" / "edges.tsv").read_bytes()) == (NODES, EDGES)
        assert sorted(path.name for path in out.iterdir()) == ["fetched.json", f"g.{form}", "nodes.tsv", "sub"]

    def test_nothing_is_done_twice_and_what_is_damaged_comes_from_the_archive(self, site: Site, tmp_path: Path, form: str, pack: Any) -> None:
        made, out = recipe(tmp_path, site, pack(("nodes.tsv", NODES), ("edges.tsv", EDGES)), form), tmp_path / "out"
        fetch(made, out)
        before = (out / "nodes.tsv").stat().st_ino
        fetch(made, out)
        assert (out / "nodes.tsv").stat().st_ino == before
        (out / "nodes.tsv").write_bytes(b"damaged")
        fetch(made, out)
        assert (out / "nodes.tsv").read_bytes() == NODES
        (out / f"g.{form}").unlink()
        (file,) = fetch(made, out).files
        assert (file.state, len(file.unpacked)) == ("already there", 2)
        assert len(site.asked) == 1
        (out / "edges.tsv").unlink()
        fetch(made, out)
        assert (out / "edges.tsv").read_bytes() == EDGES
        assert len(site.settled(2)) == 2

    def test_a_new_archive_replaces_what_came_out_of_the_old(self, site: Site, tmp_path: Path, form: str, pack: Any) -> None:
        old, new, out = pack(("nodes.tsv", NODES)), pack(("nodes.tsv", EDGES)), tmp_path / "out"
        fetch(recipe(tmp_path, site, old, form, sha256=sha256(old)), out)
        fetch(recipe(tmp_path, site, new, form, sha256=sha256(new)), out)
        assert (out / "nodes.tsv").read_bytes() == EDGES

    def test_the_users_own_file_is_not_written_over(self, site: Site, tmp_path: Path, form: str, pack: Any) -> None:
        made, out = recipe(tmp_path, site, pack(("edges.tsv", EDGES), ("nodes.tsv", NODES)), form), tmp_path / "out"
        out.mkdir()
        (out / "nodes.tsv").write_bytes(b"mine")
        with pytest.raises(FetchError, match=r"nodes\.tsv: is there, is not in fetched\.json and would be written over"):
            fetch(made, out)
        assert (out / "nodes.tsv").read_bytes() == b"mine" and not (out / "edges.tsv").exists()
        fetch(made, out, accept_changed=True)
        assert (out / "nodes.tsv").read_bytes() == NODES

    @pytest.mark.parametrize(
        ("name", "why"),
        [
            ("../evil", "outside the folder"),
            ("sub/../../evil", "outside the folder"),
            ("/evil", "outside the folder"),
            ("a//evil", "outside the folder"),
            ("a\\..\\evil", "outside the folder"),
            ("fetched.json", "fetching uses itself"),
            ("FETCHED.json", "fetching uses itself"),
            ("x.part", "fetching uses itself"),
            (".unpacking/x", "fetching uses itself"),
        ],
    )
    def test_a_member_with_a_bad_name(self, site: Site, tmp_path: Path, form: str, pack: Any, name: str, why: str) -> None:
        out = tmp_path / "out"
        for patterns in ((), ("*",)):
            with pytest.raises(FetchError, match=why):
                fetch(recipe(tmp_path, site, pack(("good.tsv", NODES), (name, b"evil")), form, *patterns), out)
            assert sorted(path.name for path in out.iterdir()) == ["fetched.json", f"g.{form}"]
        assert not (tmp_path / "evil").exists()

    def test_two_members_of_one_name(self, site: Site, tmp_path: Path, form: str, pack: Any) -> None:
        with pytest.warns(UserWarning) if form == "zip" else nullcontext():
            content = pack(("nodes.tsv", NODES), ("nodes.tsv", EDGES))
        with pytest.raises(FetchError, match="stands twice"):
            fetch(recipe(tmp_path, site, content, form), tmp_path / "out")
        with pytest.raises(FetchError, match="the name of another file"):
            fetch(recipe(tmp_path, site, pack((f"G.{form}", NODES)), form), tmp_path / "other")

    def test_a_missing_member_is_named_with_what_there_is(self, site: Site, tmp_path: Path, form: str, pack: Any) -> None:
        with pytest.raises(FetchError, match=r"g\..*: holds no member 'edges\.tsv' \(it holds 'nodes\.tsv'\)"):
            fetch(recipe(tmp_path, site, pack(("nodes.tsv", NODES)), form, "nodes.tsv", "edges.tsv"), tmp_path / "out")
        assert not (tmp_path / "out" / "nodes.tsv").exists()
        with pytest.raises(FetchError, match="holds no file"):
            fetch(recipe(tmp_path, site, pack(), form), tmp_path / "empty")

    def test_a_bomb(self, site: Site, tmp_path: Path, form: str, pack: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(archives, "FREE", 1_000_000)
        bomb, out = pack(("zeros.tsv", bytes(50_000_000))), tmp_path / "out"
        assert len(bomb) < 100_000
        with pytest.raises(FetchError, match=r"unpacks to more than \d,\d{3},\d{3} bytes"):
            fetch(recipe(tmp_path, site, bomb, form), out)
        assert sorted(path.name for path in out.iterdir()) == ["fetched.json", f"g.{form}"]
        many = pack(*[(f"zeros{n}.tsv", bytes(900_000)) for n in range(9)])
        with pytest.raises(FetchError, match="unpacks to more than"):
            fetch(recipe(tmp_path, site, many, form), tmp_path / "many")

    def test_too_many_members(self, site: Site, tmp_path: Path, form: str, pack: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(archives, "MOST_MEMBERS", 3)
        with pytest.raises(FetchError, match="more than 3 members"):
            fetch(recipe(tmp_path, site, pack(*[(f"{n}.tsv", b"") for n in range(4)]), form, "0.tsv"), tmp_path / "out")

    @pytest.mark.parametrize("keep", [0, 10, 60, -30])
    def test_a_truncated_archive(self, site: Site, tmp_path: Path, form: str, pack: Any, keep: int) -> None:
        content = pack(("nodes.tsv", NODES * 100))[:keep]
        with pytest.raises(FetchError, match="is damaged"):
            fetch(recipe(tmp_path, site, content, form), tmp_path / "out")

    def test_one_wrong_byte(self, site: Site, tmp_path: Path, form: str, pack: Any) -> None:
        content = bytearray(pack(("nodes.tsv", bytes(range(256)) * 40)))
        content[120] ^= 0xFF
        with pytest.raises(FetchError, match="is damaged"):
            fetch(recipe(tmp_path, site, bytes(content), form), tmp_path / "out")


@pytest.mark.parametrize("size", [15, 1_309_184])  # the second ends where a buffer ends, so that nothing reads beyond by itself
def test_the_checksum_at_the_end_of_a_tar_gz_is_read(site: Site, tmp_path: Path, size: int) -> None:
    content = bytearray(tarred(("nodes.tsv", Random(3).randbytes(size))))
    assert size < 100 or len(gzip.decompress(content)) % CHUNK == 0
    content[-8] ^= 0xFF
    with pytest.raises(FetchError, match="is damaged: CRC check failed"):
        fetch(recipe(tmp_path, site, bytes(content), "tar.gz"), tmp_path / "out")


@pytest.mark.parametrize(
    "member",
    [
        special("nodes.tsv", tarfile.SYMTYPE, "/etc/passwd"),
        special("nodes.tsv", tarfile.LNKTYPE, "g.tar.gz"),
        special("nodes.tsv", tarfile.CHRTYPE),
        special("nodes.tsv", tarfile.BLKTYPE),
        special("nodes.tsv", tarfile.FIFOTYPE),
    ],
)
def test_links_and_devices_in_a_tar(site: Site, tmp_path: Path, member: tarfile.TarInfo) -> None:
    content = tarred(("edges.tsv", EDGES), (member, b""))
    with pytest.raises(FetchError, match=r"'nodes\.tsv' is a link or device"):
        fetch(recipe(tmp_path, site, content, "tar.gz"), tmp_path / "out")
    assert not (tmp_path / "out" / "edges.tsv").exists()
    fetch(recipe(tmp_path, site, content, "tar.gz", "edges.tsv"), tmp_path / "out")  # what is not asked for does no harm
    assert (tmp_path / "out" / "edges.tsv").read_bytes() == EDGES


@pytest.mark.parametrize("mode", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO])
def test_links_and_devices_in_a_zip(site: Site, tmp_path: Path, mode: int) -> None:
    with pytest.raises(FetchError, match=r"'nodes\.tsv' is a link or device"):
        fetch(recipe(tmp_path, site, zipped((zip_link("nodes.tsv", mode), b"/etc/passwd")), "zip"), tmp_path / "out")


def test_a_sparse_member_that_claims_a_terabyte(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """GNU sparse files are holes that no compressed byte pays for: what comes out is counted, not what goes in."""
    monkeypatch.setattr(archives, "FREE", 1_000_000)
    info = tarfile.TarInfo("zeros.tsv")
    info.type = tarfile.GNUTYPE_SPARSE
    header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    header[386 : 386 + 24] = b"%011o\0%011o\0" % (0, 0)
    header[483 : 483 + 12] = b"\x80" + (1 << 40).to_bytes(11, "big")
    header[148:156] = b"        "
    header[148:156] = b"%06o\0 " % sum(header)
    content = gzip.compress(bytes(header) + bytes(1024))
    with pytest.raises(FetchError, match="unpacks to more than"):
        fetch(recipe(tmp_path, site, content, "tar.gz"), tmp_path / "out")


def test_a_tar_header_that_would_fill_the_memory(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long-name header is read whole by the library: the budget ends that, too."""
    monkeypatch.setattr(archives, "FREE", 1_000_000)
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 80_000_000
    content = gzip.compress(info.tobuf(tarfile.GNU_FORMAT) + bytes(80_000_000))
    assert len(content) < 200_000
    with pytest.raises(FetchError, match="unpacks to more than"):
        fetch(recipe(tmp_path, site, content, "tar.gz"), tmp_path / "out")


def test_a_zip_that_lies_about_its_sizes_or_is_encrypted(site: Site, tmp_path: Path) -> None:
    content = bytearray(zipped(("nodes.tsv", NODES)))
    lying = bytearray(content)
    central = lying.rindex(b"PK\x01\x02")
    struct.pack_into("<I", lying, central + 24, 5)  # the uncompressed size of the directory
    with pytest.raises(FetchError, match="is damaged"):
        fetch(recipe(tmp_path, site, bytes(lying), "zip"), tmp_path / "out")
    content[central + 8] |= 1
    content[6] |= 1
    with pytest.raises(FetchError, match=r"cannot be unpacked: .*encrypted"):
        fetch(recipe(tmp_path, site, bytes(content), "zip"), tmp_path / "encrypted")


def test_names_in_errors_cannot_steer_a_terminal(site: Site, tmp_path: Path) -> None:
    with pytest.raises(FetchError) as caught:
        fetch(recipe(tmp_path, site, tarred(("../\x1b[31mred", b"")), "tar.gz"), tmp_path / "out")
    assert "\x1b" not in str(caught.value) and "\\x1b[31mred" in str(caught.value)
