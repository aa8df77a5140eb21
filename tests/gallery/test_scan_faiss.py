from __future__ import annotations

import numpy as np
import pytest

from edgeface.errors import RuntimeFailure
from edgeface.gallery import scan_faiss
from edgeface.gallery.scan_faiss import check_bytes, index_over


def test_bytes_are_read_where_they_are_mapped_and_never_changed(new_gallery, directions):
    gallery = new_gallery(16)
    gallery.add([f"p{index}" for index in range(200)], directions(200))
    (segment,) = gallery._segments
    before = (segment.folder / "codes.npy").read_bytes()
    index = index_over(segment.codes)
    assert not index.codes.is_owned
    segment.codes[3] = 200  # private to this process; an index of its own bytes would not see it
    scores, rows = index.search(np.ones((1, 16), np.float32), 1)
    assert (rows[0, 0], scores[0, 0]) == (3, pytest.approx(72 * 16, rel=1e-4))
    assert (segment.folder / "codes.npy").read_bytes() == before
    gallery.check()


def test_bytes_in_memory_of_another_kind_are_copied():
    codes = np.full((3, 16), 129, np.uint8)
    index = index_over(codes)
    assert index.codes.is_owned
    assert index.search(np.ones((1, 16), np.float32), 3)[0] == pytest.approx(16, rel=1e-4)


def test_a_faiss_that_computes_other_products_is_refused(monkeypatch):
    check_bytes(24)

    class Cut:
        def search(self, queries, count):
            return index_over(codes_of[0]).search(np.trunc(queries), count)

    codes_of = [np.full((32, 24), 130, np.uint8)]
    check_bytes.cache_clear()
    monkeypatch.setattr(scan_faiss, "index_over", lambda codes: Cut())
    with pytest.raises(RuntimeFailure, match="other products") as caught:
        check_bytes(24)
    assert "numpy" in caught.value.fix
    check_bytes.cache_clear()
