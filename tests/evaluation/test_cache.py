from __future__ import annotations

import numpy as np
import pytest

from edgeface.errors import InputError, WriteError
from edgeface.evaluation.cache import DEFAULT_NAME, Cache

A, B, C = "a" * 64, "b" * 64, "c" * 64


@pytest.fixture
def filled(tmp_path):
    """A file with two parts of different widths, one image without rows."""
    cache = Cache(tmp_path / "kept" / "cache.npz")
    cache.put("first", A, np.array([[1, 2, 3]], np.float32))
    cache.put("first", B, np.zeros((0, 3), np.float32))
    cache.put("second", C, np.arange(10, dtype=np.float32).reshape(2, 5))
    cache.save()
    return cache.path


def test_stored_results_are_read_back(filled):
    cache = Cache(filled)
    assert cache.get("first", A).tolist() == [[1, 2, 3]]
    assert cache.get("first", B).shape == (0, 3)
    assert cache.get("second", C).tolist() == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]
    assert cache.get("first", C) is None
    assert cache.get("third", A) is None


def test_the_same_content_gives_the_same_arrays_in_any_order(filled, tmp_path):
    other = Cache(tmp_path / "other.npz")
    for part, image in (("second", C), ("first", B), ("first", A)):
        other.put(part, image, Cache(filled).get(part, image))
    other.save()
    with np.load(filled) as one, np.load(other.path) as two:
        assert one.files == two.files
        assert all(np.array_equal(one[name], two[name]) for name in one.files)


def test_the_file_is_created_at_once_without_temporary_files(filled, tmp_path):
    empty = Cache(tmp_path / "new.npz")
    assert empty.path.is_file()
    assert Cache(empty.path).get("first", A) is None
    assert [path.name for path in filled.parent.iterdir()] == ["cache.npz"]


def test_a_folder_holds_a_file_of_the_usual_name(tmp_path):
    assert Cache(tmp_path).path == tmp_path / DEFAULT_NAME


def test_without_a_path_results_are_kept_in_memory_only():
    cache = Cache(None)
    cache.put("first", A, np.ones((1, 2), np.float32))
    cache.save()
    assert cache.get("first", A).shape == (1, 2)


def test_the_file_is_written_from_time_to_time(tmp_path, monkeypatch):
    monkeypatch.setattr("edgeface.evaluation.cache.SAVE_EVERY_S", -1.0)
    cache = Cache(tmp_path / "cache.npz")
    cache.put("first", A, np.ones((1, 2), np.float32))
    assert Cache(cache.path).get("first", A) is not None


def test_a_write_that_fails_leaves_the_old_file(filled, monkeypatch):
    cache, before = Cache(filled), filled.read_bytes()
    cache.put("first", C, np.ones((1, 3), np.float32))

    def fail(*_arguments, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", fail)
    with pytest.raises(WriteError, match="No space"):
        cache.save()
    assert filled.read_bytes() == before
    assert [path.name for path in filled.parent.iterdir()] == ["cache.npz"]


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_truncated_file_is_refused(filled, share):
    data = filled.read_bytes()
    filled.write_bytes(data[: int(share * len(data))])
    with pytest.raises(InputError, match="damaged") as caught:
        Cache(filled)
    assert caught.value.where == str(filled)
    assert "delete it" in caught.value.fix


def test_flipped_bytes_are_refused(filled):
    data = bytearray(filled.read_bytes())
    at = data.index(np.arange(10, dtype=np.float32).tobytes()[:16])
    data[at + 6] ^= 0xFF
    filled.write_bytes(bytes(data))
    with pytest.raises(InputError, match="damaged"):
        Cache(filled)


def test_foreign_files_are_refused_and_not_changed(tmp_path):
    archive, text, array = tmp_path / "weights.npz", tmp_path / "notes.npz", tmp_path / "array.npz"
    np.savez(archive, weights=np.ones(3))
    text.write_text("not an archive")
    with array.open("wb") as stream:
        np.save(stream, np.ones(3))
    for path in (archive, text, array):
        before = path.read_bytes()
        with pytest.raises(InputError, match="evaluation cache"):
            Cache(path)
        assert path.read_bytes() == before


def test_arrays_of_different_lengths_are_refused(filled):
    with np.load(filled) as file:
        arrays = dict(file)
    np.savez(filled, **(arrays | {"first/counts": np.array([5, 5])}))
    with pytest.raises(InputError, match="inconsistent lengths"):
        Cache(filled)
    np.savez(filled, **{name: array for name, array in arrays.items() if name != "first/rows"})
    with pytest.raises(InputError, match="damaged"):
        Cache(filled)
    np.savez(filled, **(arrays | {"edgeface_evaluation_cache": np.array(99)}))
    with pytest.raises(InputError, match="another version"):
        Cache(filled)


def test_counts_and_rows_that_no_run_gives_are_refused(filled):
    with np.load(filled) as file:
        arrays = dict(file)
    counts, rows = arrays["first/counts"], arrays["first/rows"]
    for change in (
        {"first/counts": -counts},
        {"first/counts": np.full_like(counts, 1 << 62)},
        {"first/rows": rows * np.float32("nan")},
        {"first/images": arrays["first/images"].reshape(1, -1), "first/counts": counts.reshape(1, -1)},
    ):
        np.savez(filled, **arrays | change)
        with pytest.raises(InputError, match="the cache is damaged"):
            Cache(filled)
