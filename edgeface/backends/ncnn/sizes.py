"""The sizes of a network's blobs, by what each layer does: ncnn reads weights without checking that they fit.

Sizes are counted from the outermost axis: channels, (depth,) height, width. Layers that are not known here make
blobs of unknown sizes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeAlias

from edgeface.backends.ncnn.ends import check_ends
from edgeface.backends.ncnn.layer import Layer
from edgeface.backends.ncnn.param_file import MAX_ELEMENTS, ParamFile
from edgeface.backends.ncnn.sizes_of_moves import MOVES, slices
from edgeface.backends.ncnn.sizes_of_weighted import WEIGHTED, Sizes
from edgeface.backends.ncnn.weight_sizes import ALIKE
from edgeface.errors import InputError

Rule: TypeAlias = Callable[[Layer, Sequence[Sizes]], Sizes | None]

_RULES: dict[str, Rule] = {**MOVES, **WEIGHTED}
KNOWN = frozenset({*ALIKE, *_RULES, "Slice"})


def check_sizes(network: ParamFile, where: str) -> dict[str, Sizes | None]:
    """The sizes of all blobs; None where they are not known.

    Raises:
        InputError: a layer's weights or inputs do not fit, a blob is too large, or weights read a blob of unknown size.
    """
    found: dict[str, Sizes | None] = {}
    given = {port.blob: port.shape for port in network.inputs}
    for layer in network.layers:
        reads = [found[name] for name in layer.inputs]
        try:
            if layer.kind in KNOWN:
                check_ends(layer)
            made = (
                slices(layer, reads[0]) if layer.kind == "Slice" else [_made(layer, reads, given)] * len(layer.outputs)
            )
        except (ValueError, ArithmeticError) as error:
            raise InputError(
                f"layer {layer.name!r} ({layer.kind}) does not fit what it reads: {error}",
                where=where,
                fix="export or copy both files again",
            ) from error
        found.update(zip(layer.outputs, made, strict=True))
    _check_said(network, found, where)
    return found


def known_sizes(network: ParamFile, where: str) -> dict[str, Sizes]:
    """The sizes of all blobs, each of which has to be known.

    Raises:
        InputError: as `check_sizes`; or an input's size is not in the file, or a layer makes what is not known here.
    """
    found = check_sizes(network, where)
    makers = {name: layer for layer in network.layers for name in layer.outputs}
    for name, sizes in found.items():
        if sizes is None:
            kind = makers[name].kind
            raise InputError(
                f"the file does not say the size of its input {name!r}"
                if kind == "Input"
                else f"the size of what the {kind} {makers[name].name!r} makes is not known",
                where=where,
                fix="write it into its Input line: 0=width 1=height 2=channels" if kind == "Input" else None,
            )
    return {name: sizes for name, sizes in found.items() if sizes is not None}


def _check_said(network: ParamFile, found: dict[str, Sizes | None], where: str) -> None:
    """Check that the outputs have as many numbers as the file says."""
    for port in network.outputs:
        made = found[port.blob]
        if port.shape is not None and made is not None and math.prod(port.shape) != math.prod(made):
            raise InputError(
                f"output {port.name!r} is said to be {list(port.shape)}, and is {list(made)}",
                where=where,
                fix="export or copy both files again",
            )


def _made(layer: Layer, reads: Sequence[Sizes | None], given: dict[str, Sizes | None]) -> Sizes | None:
    if layer.kind == "Input":
        shape = given[layer.outputs[0]]
        return None if shape is None else _without_batch(shape)
    known = [sizes for sizes in reads if sizes is not None]
    if len(known) < len(reads):
        if layer.kind in WEIGHTED and layer.kind != "MemoryData":
            raise ValueError("the size of its input is not known, and weights are not checked by ncnn")
        return None
    if layer.kind in ALIKE:
        return known[0] if known else None
    rule = _RULES.get(layer.kind)
    made = None if rule is None else rule(layer, known)
    if made is not None and (min(made, default=1) < 1 or math.prod(made) > MAX_ELEMENTS):
        raise ValueError(f"it would make {list(made)}")
    return made


def _without_batch(shape: Sizes) -> Sizes:
    return tuple(shape[1:]) if len(shape) > 1 and shape[0] == 1 else tuple(shape) or (1,)
