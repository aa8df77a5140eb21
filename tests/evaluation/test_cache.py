from __future__ import annotations

import errno
import os
import zlib

import numpy as np
import pytest

from edgeface.errors import InputError, WriteError
from edgeface.evaluation import cache_index
from edgeface.evaluation.cache import DEFAULT_NAME, WAITING_BYTES, Cache
from edgeface.evaluation.cache_blocks import HEAD_BYTES, MAGIC

A, B, C = "a" * 64, "b" * 64, "c" * 64


@pytest.fixture
def filled(tmp_path):
    """A file with two parts of different widths, one image without rows."""
    cache = Cache(tmp_path / "kept" / "cache.rows")
    cache.put("first", A, np.array([[1, 2, 3]], np.float32))
    cache.put("first", B, np.zeros((0, 3), np.float32))
    cache.put("second", C, np.arange(10, dtype=np.float32).reshape(2, 5))
    cache.save()
    return cache.path


def one_more(path, image=C):
    """The file's cache after one more result is in it."""
    cache = Cache(path)
    cache.put("first", image, np.full((1, 3), 7, np.float32))
    cache.save()
    return cache


def test_stored_results_are_read_back(filled):
    cache = Cache(filled)
    assert cache.get("first", A).tolist() == [[1, 2, 3]]
    assert cache.get("first", B).shape == (0, 3)
    assert cache.get("second", C).tolist() == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]
    assert cache.get("first", C) is None
    assert cache.get("third", A) is None
    assert [cache.holds(*of) for of in (("first",), ("third",), ("first", B), ("first", C))] == [
        True,
        False,
        True,
        False,
    ]


def test_a_result_counts_at_once_and_goes_to_the_end_of_the_file(filled):
    before = filled.read_bytes()
    cache = Cache(filled)
    cache.put("third", A, np.ones((1, 2), np.float32))
    assert cache.holds("third", A)
    assert cache.holds("third")
    assert filled.read_bytes() == before
    cache.save()
    assert filled.read_bytes().startswith(before)
    assert Cache(filled).get("third", A).tolist() == [[1, 1]]


def test_the_file_is_created_at_once_without_temporary_files(filled, tmp_path):
    empty = Cache(tmp_path / "new.rows")
    assert empty.path.read_bytes() == MAGIC
    assert Cache(empty.path).get("first", A) is None
    assert [path.name for path in filled.parent.iterdir()] == ["cache.rows"]


def test_a_folder_holds_a_file_of_the_usual_name(tmp_path):
    assert Cache(tmp_path).path == tmp_path / DEFAULT_NAME


def test_without_a_path_results_leave_memory_when_they_are_many():
    cache, rows = Cache(None), np.ones((64, 1024), np.float32)
    cache.save()
    for number in range(40):
        cache.put("first", f"{number:064x}", rows * number)
    assert cache._waiting_bytes < WAITING_BYTES + rows.nbytes
    assert all((cache.get("first", f"{number:064x}") == number).all() for number in range(40))


def test_the_file_is_written_from_time_to_time(tmp_path, monkeypatch):
    monkeypatch.setattr("edgeface.evaluation.cache.SAVE_EVERY_S", -1.0)
    cache = Cache(tmp_path / "cache.rows")
    cache.put("first", A, np.ones((1, 2), np.float32))
    assert Cache(cache.path).get("first", A) is not None


def test_two_runs_may_use_one_file(filled):
    one, other = Cache(filled), Cache(filled)
    for cache, image in ((one, "1" * 64), (other, "2" * 64), (one, "3" * 64)):
        cache.put("first", image, np.full((1, 3), int(image[0]), np.float32))
        cache.save()
    assert [Cache(filled).get("first", digit * 64)[0, 0] for digit in "123"] == [1, 2, 3]
    assert one.holds("first", "2" * 64)
    assert not other.holds("first", "3" * 64)


@pytest.mark.parametrize("failing", ["pwrite", "fsync"])
def test_a_write_that_fails_leaves_what_was_there_and_may_be_tried_again(filled, monkeypatch, failing):
    cache, before = Cache(filled), filled.read_bytes()
    cache.put("first", C, np.ones((1, 3), np.float32))
    write = os.pwrite

    def fail(descriptor, *arguments):
        if failing == "pwrite":
            write(descriptor, arguments[0][:9], arguments[1])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, failing, fail)
        with pytest.raises(WriteError, match="No space"):
            cache.save()
    assert filled.read_bytes() == before
    cache.save()
    assert Cache(filled).get("first", C).tolist() == [[1, 1, 1]]


def test_what_was_not_written_wholly_is_left_out_and_overwritten(filled):
    before = filled.read_bytes()
    whole = one_more(filled).path.read_bytes()
    for size in (*range(len(before) + 1, len(before) + HEAD_BYTES + 2), len(whole) - 1):
        for rest in (b"", bytes(len(whole) - size)):
            filled.write_bytes(whole[:size] + rest)
            cache = Cache(filled)
            assert cache.get("first", A).tolist() == [[1, 2, 3]]
            assert cache.get("first", C) is None
    assert one_more(filled).get("first", C).tolist() == [[7, 7, 7]]
    assert filled.read_bytes() == whole


def test_zeros_after_a_lost_power_are_no_damage(filled, monkeypatch):
    monkeypatch.setattr(cache_index, "_CHUNK_BYTES", 100)
    whole = filled.read_bytes()
    filled.write_bytes(whole + bytes(1000))
    assert one_more(filled).get("second", C).shape == (2, 5)
    filled.write_bytes(whole + bytes(999) + b"1")
    with pytest.raises(InputError, match="damaged"):
        Cache(filled)


def test_a_byte_changed_anywhere_but_at_the_end_is_refused(filled):
    end = filled.stat().st_size
    data = one_more(filled).path.read_bytes()
    for at in range(len(MAGIC), end, 7):
        filled.write_bytes(data[:at] + bytes([data[at] ^ 0x41]) + data[at + 1 :])
        with pytest.raises(InputError, match="the cache is damaged") as caught:
            Cache(filled)
        assert caught.value.where == str(filled)
        assert "delete it" in caught.value.fix


def test_foreign_files_are_refused_and_not_changed(tmp_path):
    archive, text, empty, other = (tmp_path / name for name in ("weights.npz", "notes", "empty", "other"))
    np.savez(archive, weights=np.ones(3))
    text.write_text("no cache, but longer than the mark of one")
    empty.write_bytes(b"")
    other.write_bytes(MAGIC.replace(b"2\n", b"9\n"))
    for path, said in ((archive, "older version"), (text, "begin"), (empty, "begin"), (other, "another version")):
        before = path.read_bytes()
        with pytest.raises(InputError, match=said) as caught:
            Cache(path)
        assert path.read_bytes() == before
        assert "delete it, or pass another path" in caught.value.fix


def test_a_link_is_refused(filled, tmp_path):
    (tmp_path / "link").symlink_to(filled)
    with pytest.raises(WriteError, match="symbolic link"):
        Cache(tmp_path / "link")


def sealed(head: bytes, content: bytes) -> bytes:
    """A block with right checksums, whatever it says."""
    head = head[: HEAD_BYTES - 8] + zlib.crc32(content).to_bytes(4, "little")
    return head + zlib.crc32(head).to_bytes(4, "little") + content


def test_blocks_that_no_run_writes_are_refused(filled):
    data = filled.read_bytes()
    head, content = data[len(MAGIC) :][:HEAD_BYTES], data[len(MAGIC) + HEAD_BYTES :]
    size = 2 * 36 + 12 if head[4] == 2 else 36 + 40
    content = content[:size]
    most = (2**32 - 1).to_bytes(4, "little")
    wrong = {
        "inconsistent lengths": sealed(head, content[: head[4] * 32] + most + content[head[4] * 32 + 4 :]),
        "not finite": sealed(head, content[:-4] + np.float32("nan").tobytes()),
        "claims": sealed(head[:8] + most * 2 + head[16:], content),
        "0 images": sealed(head[:4] + bytes(12) + head[16:], b""),
        "several lengths": sealed(head[:8] + bytes(8) + head[16:], content[: head[4] * 32] + bytes(4 * head[4])),
    }
    for said, block in wrong.items():
        filled.write_bytes(data + block)
        with pytest.raises(InputError, match=said):
            Cache(filled)
