"""Embeddings and names from users' files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeface.gallery.mapped import map_floats
from edgeface.reading.arrays import read_arrays
from edgeface.reading.document import read_lines
from edgeface.reading.kinds import EMBEDDINGS, NAMES
from edgeface.reading.regular_file import unreadable


def read_embeddings(path: Path) -> NDArray[Any]:
    """The embeddings in a .npy file, which is mapped, or in an .npz file of `edgeface embed`.

    Returns:
        Floats [n,width].

    Raises:
        InputError: it cannot be read, is damaged, or holds none.
    """
    if path.suffix.lower() != ".npz":
        return map_floats(path, EMBEDDINGS)
    arrays = read_arrays(path, EMBEDDINGS, EMBEDDINGS.max_bytes)
    if "embeddings" not in arrays:
        raise unreadable("it has no array named embeddings", str(path), EMBEDDINGS)
    found: NDArray[np.generic] = arrays["embeddings"]
    return found


def read_names(path: Path) -> list[str]:
    """The names in a text file, one a line; blank lines are left out.

    Raises:
        InputError: it cannot be read, or is not UTF-8.
    """
    return [line.strip() for _, line in read_lines(path, NAMES)]
