"""Archives: one form only, and every other is refused with its file named and nothing written."""

from __future__ import annotations

import gzip
import io
import random
import subprocess
import tarfile
import zlib

import pytest

from edgeface.bundle.archive import ROOT, open_archive, read_archive, write_archive
from edgeface.bundle.check import verify_archive, verify_bundle
from edgeface.bundle.face_runner.errors import Refused
from edgeface.bundle.face_runner.integrity import MAX_BYTES, SIGNATURE, SUMS, sums_of
from edgeface.errors import InputError

SMALL = {"a.txt": b"first", "b/c.bin": bytes(range(256)) * 700, "empty": b""}


def tar_of(*members):
    """A .tar.gz by Python's own writer of (name, type, link target, content)."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, kind, target, content in members:
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.size = kind, target, len(content)
            archive.addfile(info, io.BytesIO(content))
    return stream.getvalue()


def stored(tar):
    """A tar in the gzip stream that bundles have, however the tar was made."""
    from edgeface.bundle import archive

    return archive._gzip(tar)


def test_an_archive_returns_its_files():
    assert open_archive(write_archive(SMALL), "x") == (SMALL, [])


def test_the_same_files_give_the_same_bytes_in_any_order():
    assert write_archive(dict(reversed(SMALL.items()))) == write_archive(SMALL)


def test_gnu_tar_and_python_read_the_archive(tmp_path):
    path = tmp_path / "face.tar.gz"
    path.write_bytes(write_archive({**SMALL, "verify": b"#!/bin/sh\n"}))
    listed = subprocess.run(["tar", "tvzf", str(path)], capture_output=True, text=True, check=True)
    assert listed.stderr == ""
    assert "-rwxr-xr-x 0/0" in listed.stdout
    assert "1970-01-01" in listed.stdout
    with tarfile.open(path) as archive:
        assert archive.getnames() == sorted(ROOT + name for name in [*SMALL, "verify"])
        extracted = archive.extractfile(ROOT + "b/c.bin")
        assert extracted is not None
        assert extracted.read() == SMALL["b/c.bin"]


@pytest.mark.parametrize("name", ["../up", "/etc/passwd", "a//b", "a/../b", ".hidden", "a b", "ü", "a/" * 9 + "b", ""])
def test_a_name_outside_the_bundle_is_not_packed(name):
    with pytest.raises(InputError):
        write_archive({name: b""})


HOSTILE = {
    "path traversal": ((ROOT + "../../evil", tarfile.REGTYPE, "", b"x"), "a name that is not valid in a bundle"),
    "traversal inside": ((ROOT + "a/../../evil", tarfile.REGTYPE, "", b"x"), "a name that is not valid in a bundle"),
    "absolute path": (("/tmp/evil", tarfile.REGTYPE, "", b"x"), "a name that is not valid in a bundle"),
    "another folder": (("elsewhere/evil", tarfile.REGTYPE, "", b"x"), "a name that is not valid in a bundle"),
    "symbolic link": ((ROOT + "link", tarfile.SYMTYPE, "/etc/passwd", b""), "not a regular file"),
    "hard link": ((ROOT + "link", tarfile.LNKTYPE, "/etc/passwd", b""), "not a regular file"),
    "device": ((ROOT + "device", tarfile.CHRTYPE, "", b""), "not a regular file"),
    "pipe": ((ROOT + "pipe", tarfile.FIFOTYPE, "", b""), "not a regular file"),
    "folder": ((ROOT + "folder", tarfile.DIRTYPE, "", b""), "a name that is not valid in a bundle"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_entry_is_refused_and_nothing_is_written(kind, tmp_path, monkeypatch, contents):
    member, reason = HOSTILE[kind]
    path = tmp_path / "face.tar.gz"
    path.write_bytes(stored(tar_of(member)))
    monkeypatch.chdir(tmp_path)
    before = contents(tmp_path)
    report = verify_bundle(path)
    assert not report.passed
    assert reason in str(report.problems[0])
    assert contents(tmp_path) == before


def test_a_duplicate_entry_is_refused():
    member = (ROOT + "a", tarfile.REGTYPE, "", b"x")
    with pytest.raises(Refused, match="out of order or duplicated"):
        open_archive(stored(tar_of(member, member)), "x")


def test_too_many_entries_are_refused():
    members = [(f"{ROOT}f{number:04}", tarfile.REGTYPE, "", b"") for number in range(300)]
    with pytest.raises(Refused, match="over 256 entries"):
        open_archive(stored(tar_of(*members)), "x")


def test_a_size_beyond_the_archive_is_refused():
    tar = bytearray(tar_of((ROOT + "a", tarfile.REGTYPE, "", b"x")))
    tar[124:135] = b"77777777777"
    with pytest.raises(Refused, match="claims more bytes"):
        open_archive(stored(bytes(tar)), "x")


def test_a_compressed_bomb_is_refused_before_anything_expands():
    bomb = gzip.compress(bytes(MAX_BYTES), mtime=0)
    assert len(bomb) < 100_000
    with pytest.raises(Refused):
        open_archive(bomb, "x")
    raw = zlib.compressobj(wbits=-15)
    with pytest.raises(Refused, match="at byte 10"):  # the header of a bundle, and a compressed block behind it
        open_archive(write_archive({})[:10] + raw.compress(bytes(MAX_BYTES)) + raw.flush() + bytes(8), "x")


def test_a_file_larger_than_any_bundle_is_refused_without_reading_it(tmp_path):
    path = tmp_path / "large.tar.gz"
    with path.open("wb") as stream:
        stream.truncate(1 << 40)
    with pytest.raises(InputError, match="too large"):
        read_archive(path)


def test_an_owner_or_a_time_in_the_archive_is_a_change():
    tar = tar_of(*[(ROOT + name, tarfile.REGTYPE, "", content) for name, content in sorted(SMALL.items())])
    files, problems = open_archive(stored(tar), "x")
    assert files == SMALL
    assert {problem.name for problem in problems} >= {"a.txt"}


@pytest.mark.parametrize("cut", [0, 5, 12, 600, -1, -9])
def test_a_truncated_archive_is_refused(archive, cut):
    with pytest.raises(Refused):
        open_archive(archive[:cut], "x")


def test_trailing_bytes_are_refused(archive):
    for extra in (b"\0", archive):
        with pytest.raises(Refused):
            open_archive(archive + extra, "x")


@pytest.mark.slow
@pytest.mark.parametrize("count", [250, pytest.param(1000, marks=pytest.mark.hostile)])
def test_every_changed_byte_is_refused_with_its_file_named(archive, files, count):
    known = {"face.tar.gz", *files}
    places = {name: archive.find(content[:400]) for name, content in files.items()}
    rng = random.Random(20)
    changed = bytearray(archive)
    for _ in range(count):
        at = rng.randrange(len(archive))
        changed[at] ^= rng.randrange(1, 256)
        try:
            report = verify_archive(bytes(changed), "face.tar.gz", golden=False)
            assert not report.passed, at
            named = {problem.name for problem in report.problems}
        except Refused as error:
            named = {error.where}
        assert named & known, (at, named)
        inside = [name for name, begin in places.items() if begin <= at < begin + min(len(files[name]), 60_000)]
        assert not inside or named & {*inside, "face.tar.gz"}, (at, inside, named)
        changed[at] = archive[at]
    assert bytes(changed) == archive


@pytest.mark.parametrize("name", [SUMS, SIGNATURE, "bundle.json", "verify", "models/detector.tflite"])
def test_every_byte_of_a_small_file_and_of_its_header_counts(files, name):
    archive = write_archive({name: files[name][:700], "zz": b"end"})
    changed = bytearray(archive)
    for at in range(len(archive)):
        changed[at] ^= 0x10
        try:
            found, problems = open_archive(bytes(changed), "face.tar.gz")
            assert problems or found != {name: files[name][:700], "zz": b"end"}, at
            assert problems, at
        except Refused:
            pass
        changed[at] = archive[at]


def test_a_changed_file_is_named_in_a_rewritten_archive(files):
    changed = files | {"bundle.json": files["bundle.json"].replace(b"0.", b"1.", 1)}
    report = verify_archive(write_archive(changed), "x")
    assert [problem.name for problem in report.problems] == ["bundle.json"]


def test_an_added_or_removed_file_is_named(files):
    added = verify_archive(write_archive(files | {"face_runner/extra.py": b"import os\n"}), "x")
    assert [(p.name, p.what) for p in added.problems] == [("face_runner/extra.py", "is not part of this bundle")]
    taken = verify_archive(write_archive({name: files[name] for name in files if name != "README.md"}), "x")
    assert [(p.name, p.what) for p in taken.problems] == [("README.md", "is missing")]


def test_a_damaged_list_of_hashes_is_distinguished_from_a_damaged_file(files):
    sums = bytearray(files[SUMS])
    sums[3] = ord("0") if sums[3] != ord("0") else ord("1")
    report = verify_archive(write_archive(files | {SUMS: bytes(sums)}), "x")
    assert [problem.name for problem in report.problems] == [SUMS]


def test_a_changed_file_with_a_changed_hash_fails_the_signature(files, key_pair):
    changed = files | {"face_runner/pipeline.py": files["face_runner/pipeline.py"] + b"\n# more\n"}
    changed[SUMS] = sums_of(changed)
    data = write_archive(changed)
    assert verify_archive(data, "x", golden=False).passed  # nothing vouches for it without a key
    report = verify_archive(data, "x", key_pair[1])
    assert [problem.name for problem in report.problems] == [SIGNATURE]
    assert report.golden is None  # models of unknown origin are not run
