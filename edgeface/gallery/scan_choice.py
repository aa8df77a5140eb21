"""Which first look a search uses."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Literal

from edgeface.errors import InputError
from edgeface.gallery.scan import Scan
from edgeface.gallery.scan_numpy import NumpyScan

Search = Literal["auto", "faiss", "numpy"]


def choose_scan(search: Search) -> Scan:
    """FAISS where it is asked for, or is installed; else numpy. The results are the same.

    Raises:
        InputError: FAISS is asked for and not installed, or nothing has this name.
    """
    if search not in ("auto", "faiss", "numpy"):
        raise InputError(f"there is no search {search!r}", fix="auto, faiss or numpy")
    if search == "numpy" or (search == "auto" and find_spec("faiss") is None):
        return NumpyScan()
    from edgeface.gallery.scan_faiss import FaissScan

    return FaissScan()
