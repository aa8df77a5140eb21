from __future__ import annotations

import json

import numpy as np
import pytest

from edgeface.errors import InputError
from edgeface.gallery.gallery import Gallery


@pytest.fixture
def written(new_gallery, directions):
    gallery = new_gallery()
    gallery.add(["Ann", "José", "Cleo"], directions(3))
    gallery.remove(["Ann"])
    return gallery


def place(gallery):
    (record,) = gallery.manifest.segments
    return gallery.folder / "segments" / record.id


def looked_up(folder):
    gallery = Gallery.open(folder)
    return gallery.names, gallery.nearest(np.ones(16, np.float32) / 4, 3)


def arrays(kind):
    return {
        "another dtype": lambda array: array.astype(np.float64),
        "another shape": lambda array: np.concatenate([array, array]),
        "objects": lambda array: np.array([{}, {}], object),
        "columns first": lambda array: np.asfortranarray(np.stack([array.ravel()] * 3)),
    }[kind]


@pytest.mark.parametrize("kind", ["another dtype", "another shape", "objects", "columns first"])
@pytest.mark.parametrize("name", ["codes", "steps", "embeddings", "names", "ends"])
def test_an_array_of_another_kind_is_refused(written, name, kind):
    path = place(written) / f"{name}.npy"
    np.save(path, arrays(kind)(np.load(path)), allow_pickle=True)
    with pytest.raises(InputError) as caught:
        looked_up(written.folder)
    assert caught.value.fix


@pytest.mark.parametrize("name", ["codes", "steps", "embeddings", "names", "ends", "removed"])
@pytest.mark.parametrize("cut", [0, 5, 60, -1])
def test_a_file_that_was_cut_is_refused(written, name, cut):
    (path,) = place(written).glob(f"{name}*.npy")
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(InputError):
        looked_up(written.folder)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("ends", [3, 2, 12]),
        ("ends", [-1, 3, 12]),
        ("ends", [3, 8, 1 << 40]),
        ("names", None),
        ("steps", [0] * 16),
        ("steps", [np.nan] * 16),
        ("removed", [3]),
        ("removed", [-1]),
        ("embeddings", [[np.nan] * 16] * 3),
    ],
)
def test_values_that_cannot_be_are_refused(written, name, values):
    (path,) = place(written).glob(f"{name}*.npy")
    array = np.load(path)
    np.save(path, np.full_like(array, 0xFF) if values is None else np.array(values, array.dtype))
    with pytest.raises(InputError):
        looked_up(written.folder)


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"width": 0},
        {"width": 17},
        {"people": 3},
        {"precision": "int4"},
        {"precision": "int8"},
        {"segments": [{}]},
        {"extra": 1},
        {"next_segment": -1},
        {"id": "../../elsewhere"},
        {"id": "/etc"},
        {"removed": "../names"},
        {"removed_rows": 4},
        {"rows": 4},
        {"rows": 1 << 60},
        {"residual": -1},
        {"residual": "NaN"},
        {"longest": 1e9},
        {"files": {}},
    ],
)
def test_a_manifest_that_lies_is_refused(written, change):
    path = written.folder / "gallery.json"
    document = json.loads(path.read_text())
    (key,) = change
    (document if key in document or key == "extra" else document["segments"][0]).update(change)
    path.write_text(json.dumps(document))
    with pytest.raises(InputError):
        looked_up(written.folder)


def test_a_changed_byte_is_found_by_check(written):
    written.check()
    path = place(written) / "embeddings.npy"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(InputError, match="SHA-256 differs") as caught:
        Gallery.open(written.folder).check()
    assert caught.value.where == str(path)


def test_where_no_gallery_is_the_fix_says_how_to_make_one(tmp_path):
    with pytest.raises(InputError, match="no gallery") as caught:
        Gallery.open(tmp_path)
    assert "gallery add" in caught.value.fix
