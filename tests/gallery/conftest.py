from __future__ import annotations

import numpy as np
import pytest

from edgeface.gallery.gallery import Gallery
from edgeface.gallery.manifest import GalleryManifest, RecognizerRecord, write_manifest


@pytest.fixture
def new_gallery(tmp_path):
    """Make an empty gallery: `new_gallery(width, precision, search)`."""
    made = RecognizerRecord(name="made", target="here", sha256="0" * 64)

    def make(width=16, precision="float32", search="auto"):
        folder = tmp_path / f"gallery-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        empty = {"recognizer": made, "width": width, "precision": precision}
        write_manifest(folder, GalleryManifest(**empty, people=0, next_segment=0, segments=()))
        return Gallery.open(folder, search=search, threads=2)

    return make


@pytest.fixture
def directions():
    """Seeded embeddings: `directions(count, width)`, float32 of unit length."""

    def make(count, width=16, seed=0):
        rows = np.random.default_rng((seed, width)).standard_normal((count, width), np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    return make
