"""Embeddings from outside, made into a gallery's rows: checked, of unit length, one for each person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from edgeface.errors import InputError
from edgeface.gallery.codes import chunks
from edgeface.gallery.names import check_names

_SHORTEST = 1e-6
_ROUNDING = 1e-6


def person_rows(
    names: Sequence[str], embeddings: ArrayLike, width: int, where: str = "the embeddings"
) -> tuple[list[str], NDArray[np.float32]]:
    """The people among some names, in the order in which they come first, and a row for each.

    A person with several embeddings is their mean, scaled to unit length: unlike the best match among them, the mean
    does not accept strangers more often as images are added.

    Args:
        names: n names; a person may come several times.
        embeddings: floats [n,width] of any length but 0.
        width: of the gallery.
        where: where they are from, for errors.

    Returns:
        The names, and float32 [people,width].

    Raises:
        InputError: they are no such array, do not fit the names, or one is zero or not finite.
    """
    check_names(names, where)
    embeddings = _array(embeddings, where)
    if embeddings.shape[1] != width:
        raise InputError(
            f"the embeddings have {embeddings.shape[1]} numbers, the gallery's {width}",
            where=where,
            fix="use the recognizer that made the gallery",
        )
    if len(names) != len(embeddings):
        raise InputError(f"there are {len(names):,} names for {len(embeddings):,} embeddings", where=where)
    return mean_rows(names, embeddings, where)


def _array(embeddings: Any, where: str) -> NDArray[Any]:
    """What was given, an array or a sequence of arrays, as one array."""
    try:
        found = np.asarray(embeddings)
    except (TypeError, ValueError):  # rows of several lengths
        found = np.empty(0, object)
    if found.dtype.kind != "f" or found.ndim != 2:
        raise InputError("embeddings have to be floats [n,width]", where=where, fix="pass an array of float32")
    return found


def mean_rows(names: Sequence[str], embeddings: NDArray[Any], where: str) -> tuple[list[str], NDArray[np.float32]]:
    """The people among n names in order, and the mean of each one's embeddings [n,width], float32 of unit length.

    Raises:
        InputError: one is zero or not finite, or someone's cancel each other out.
    """
    rows = _unit_rows(embeddings, names, "is zero or not finite", where)
    people = {name: place for place, name in enumerate(dict.fromkeys(names))}
    if len(people) == len(names):
        return list(names), rows
    sums = np.zeros((len(people), rows.shape[1]))
    np.add.at(sums, [people[name] for name in names], rows.astype(np.float64))
    return list(people), _unit_rows(sums, list(people), "is zero: its images cancel each other out", where)


def _unit_rows(rows: NDArray[Any], names: Sequence[str], wrong: str, where: str) -> NDArray[np.float32]:
    """Rows scaled to length 1, as float32; those of that length already keep their bits."""
    scaled = np.empty(rows.shape, np.float32)
    for piece in chunks(len(rows)):
        values = rows[piece].astype(np.float64)
        with np.errstate(over="ignore", invalid="ignore"):
            lengths = np.sqrt(np.sum(values**2, axis=1))
        refused = np.flatnonzero(~((lengths >= _SHORTEST) & np.isfinite(lengths)))
        if refused.size:
            name = names[piece.start + int(refused[0])]
            raise InputError(f"the embedding of {name} {wrong}", where=where, fix="embed it again, or leave it out")
        lengths[np.abs(lengths - 1) <= _ROUNDING] = 1
        scaled[piece] = values / lengths[:, None]
    return scaled
