"""What layers without weights make: they move numbers, join blobs, or combine them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import zip_longest

from edgeface.backends.ncnn.layer import Layer
from edgeface.backends.ncnn.param_file import several, whole
from edgeface.backends.ncnn.permute_orders import permuted
from edgeface.backends.ncnn.sizes_of_weighted import Sizes

_UNSET = -233
_SAME = frozenset({2, 3})
"""Modes of Pooling that pad until each step has a window."""


def _require(fits: bool, what: str) -> None:
    if not fits:
        raise ValueError(what)


def _axis(axis: int, read: Sizes) -> int:
    _require(-len(read) <= axis < len(read), f"axis {axis} of {list(read)}")
    return axis % len(read)


def _binary(layer: Layer, reads: Sequence[Sizes]) -> Sizes | None:
    if whole(layer, 1, 0) or len(reads) == 1:
        return reads[0]
    a, b = reads[:2]
    if len(a) != len(b):  # ncnn guesses which axes the smaller one has
        return max(reads, key=len)
    _require(all(x == y or 1 in (x, y) for x, y in zip(a, b, strict=True)), f"{list(a)} and {list(b)}")
    return tuple(max(x, y) for x, y in zip(a, b, strict=True))


def _eltwise(_: Layer, reads: Sequence[Sizes]) -> Sizes:
    _require(len(set(reads)) == 1, f"they differ: {[list(read) for read in reads]}")
    return reads[0]


def _concat(layer: Layer, reads: Sequence[Sizes]) -> Sizes:
    axis = _axis(whole(layer, 0, 0), reads[0])
    rest = {(*read[:axis], *read[axis + 1 :]) for read in reads if len(read) == len(reads[0])}
    _require(len(rest) == 1 and len({len(read) for read in reads}) == 1, f"{[list(read) for read in reads]}")
    return (*reads[0][:axis], sum(read[axis] for read in reads), *reads[0][axis + 1 :])


def _reshape(layer: Layer, reads: Sequence[Sizes]) -> Sizes:
    sizes = [whole(layer, key, -233) for key in (2, 11, 1, 0)]
    asked = [size for size in sizes if size != -233]
    read = reads[0]
    _require(bool(asked) and asked.count(-1) <= 1, f"to {asked}")
    aligned = list(zip_longest(reversed(asked), reversed(read)))[: len(asked)]
    asked = [old or 1 if new == 0 else new or 1 for new, old in aligned][::-1]
    known = math.prod(size for size in asked if size != -1)
    _require(known > 0, f"to {asked}")
    made = tuple(math.prod(read) // known if size == -1 else size for size in asked)
    _require(math.prod(made) == math.prod(read), f"{list(read)} to {list(made)}")
    return made


def _flatten(_: Layer, reads: Sequence[Sizes]) -> Sizes:
    return (math.prod(reads[0]),)


def _permute(layer: Layer, reads: Sequence[Sizes]) -> Sizes:
    return permuted(reads[0], whole(layer, 0, 0))


def _crop(layer: Layer, reads: Sequence[Sizes]) -> Sizes | None:
    starts, ends, axes = (several(layer, key) for key in (9, 10, 11))
    if not starts and not ends and len(reads) == 1 and len(reads[0]) == 3:
        return tuple(_cut(layer, size, key) for size, key in zip(reads[0], (2, 1, 0), strict=True))
    if not starts or len(starts) != len(ends) or len(axes) not in {0, len(starts)}:
        return None
    made = list(reads[0])
    for index, (start, end) in enumerate(zip(starts, ends, strict=True)):
        axis = _axis(axes[index] if axes else index, reads[0])
        size = made[axis]
        low, high = start + size if start < 0 else start, _end(end, size)
        _require(0 <= low < high <= size, f"{start} to {end} of {size}")
        made[axis] = high - low
    return tuple(made)


def _end(end: int, size: int) -> int:
    return size if end == _UNSET else end + size if end < 0 else min(end, size)


def _cut(layer: Layer, size: int, key: int) -> int:
    """What a Crop leaves of an axis by the offset with that number, a size three further, and an end six further."""
    offset, asked, end = (whole(layer, key + more) for more in (0, 3, 6))
    left = asked if asked > 0 else size - offset - end
    _require(offset >= 0 and end >= 0 and 0 < left <= size - offset, f"{left} of {size} from {offset}")
    return left


def slices(layer: Layer, read: Sizes | None) -> list[Sizes | None]:
    """The parts of a blob that a Slice makes; −233 stands for an equal share of what is left."""
    parts, count = several(layer, 0), len(layer.outputs)
    if read is None or len(parts) != count:
        return [None] * count
    axis = _axis(whole(layer, 1, 0), read)
    left, made = read[axis], list[Sizes | None]()
    for index, part in enumerate(parts):
        size = left // (count - index) if part == -233 else part
        _require(0 < size <= left, f"parts {list(parts)} of {read[axis]}")
        left -= size
        made.append((*read[:axis], size, *read[axis + 1 :]))
    return made


def _padding(layer: Layer, reads: Sequence[Sizes]) -> Sizes | None:
    read = reads[0]
    ends = [whole(layer, key, 0) for key in (7, 8, 0, 1, 2, 3)]
    if min(ends) < 0 or len(read) > 3:
        return None
    pairs = [(ends[0], ends[1]), (ends[2], ends[3]), (ends[4], ends[5])][3 - len(read) :]
    return tuple(size + a + b for size, (a, b) in zip(read, pairs, strict=True))


def _pooling(layer: Layer, reads: Sequence[Sizes]) -> Sizes | None:
    read = reads[0]
    _require(len(read) == 3, f"it reads {list(read)}, which is no image")
    if whole(layer, 4, 0):
        return (read[0],)
    if whole(layer, 7, 0):
        asked = whole(layer, 18, whole(layer, 8)), whole(layer, 8)
        return (read[0], *(size if want == _UNSET else want for size, want in zip(read[1:], asked, strict=True)))
    width, stride, left = whole(layer, 1), whole(layer, 2, 1), whole(layer, 3, 0)
    top, right = whole(layer, 13, left), whole(layer, 14, left)
    kernels, strides = (whole(layer, 11, width), width), (whole(layer, 12, stride), stride)
    pads = (top + whole(layer, 15, top), left + right)
    _require(min(*kernels, *strides) > 0, f"kernel {kernels}, strides {strides}")
    mode = whole(layer, 5, 0)
    if mode in _SAME:
        return (read[0], *(-(-size // step) for size, step in zip(read[1:], strides, strict=True)))
    made = []
    for size, kernel, step, pad in zip(read[1:], kernels, strides, pads, strict=True):
        room = size + pad - kernel
        made.append((room // step if mode else -(-room // step)) + 1)
    return (read[0], *made)


def _interp(layer: Layer, reads: Sequence[Sizes]) -> Sizes | None:
    height, width, read = whole(layer, 3, 0), whole(layer, 4, 0), reads[0]
    _require(len(read) == 3, f"it reads {list(read)}, which is no image")
    if len(reads) > 1:
        return None
    by = [float(scale) for scale in (layer.params.get(1, 1), layer.params.get(2, 1)) if isinstance(scale, int | float)]
    return (read[0], height or int(read[1] * by[0]), width or int(read[2] * by[-1]))


def _reduction(layer: Layer, reads: Sequence[Sizes]) -> Sizes | None:
    if whole(layer, 1, 1):
        return (1,)
    axes = {_axis(axis, reads[0]) for axis in several(layer, 3)}
    if not whole(layer, 4, 0):
        return tuple(size for axis, size in enumerate(reads[0]) if axis not in axes) or (1,)
    return tuple(1 if axis in axes else size for axis, size in enumerate(reads[0]))


def _matmul(layer: Layer, reads: Sequence[Sizes]) -> Sizes | None:
    a, b = reads
    if len(a) != len(b) or len(a) < 2:
        return None
    rows = b[::-1][:2] if whole(layer, 0, 0) else b[-2:]
    _require(a[-1] == rows[0] and a[:-2] == b[:-2], f"{list(a)} by {list(b)}")
    return (*a[:-1], rows[1])


def _pixel_shuffle(layer: Layer, reads: Sequence[Sizes]) -> Sizes:
    factor, read = whole(layer, 0, 1), reads[0]
    _require(len(read) == 3 and factor > 0 and read[0] % factor**2 == 0, f"{list(read)} by {factor}")
    return (read[0] // factor**2, read[1] * factor, read[2] * factor)


def _reorg(layer: Layer, reads: Sequence[Sizes]) -> Sizes:
    factor, read = whole(layer, 0, 1), reads[0]
    fits = len(read) == 3 and factor > 0 and read[1] % factor == 0 and read[2] % factor == 0
    _require(fits, f"{list(read)} by {factor}")
    return (read[0] * factor**2, read[1] // factor, read[2] // factor)


def _tile(layer: Layer, reads: Sequence[Sizes]) -> Sizes | None:
    counts = several(layer, 2)
    if counts:
        _require(min(counts) > 0, f"{list(counts)} times")
        full = (1,) * (len(counts) - len(reads[0])) + tuple(reads[0])
        return tuple(size * count for size, count in zip(full, (1,) * (len(full) - len(counts)) + counts, strict=True))
    axis, times = _axis(whole(layer, 0, 0), reads[0]), whole(layer, 1, 1)
    _require(times > 0, f"{times} times")
    return (*reads[0][:axis], reads[0][axis] * times, *reads[0][axis + 1 :])


MOVES: dict[str, Callable[[Layer, Sequence[Sizes]], Sizes | None]] = {
    "BinaryOp": _binary,
    "Eltwise": _eltwise,
    "Concat": _concat,
    "Reshape": _reshape,
    "Flatten": _flatten,
    "Permute": _permute,
    "Crop": _crop,
    "Padding": _padding,
    "Pooling": _pooling,
    "Interp": _interp,
    "Reduction": _reduction,
    "MatMul": _matmul,
    "PixelShuffle": _pixel_shuffle,
    "Reorg": _reorg,
    "Tile": _tile,
}
