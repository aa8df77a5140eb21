"""Renumber names that TensorRT-RTX generates while building, whose counters differ between builds.

A name such as "__mye26302dconst_myl0" or "__myl_CorrMulMax_myl0_5" contains counters of that build. They are replaced
by the order in which names of one stem appear, so that the same engine has the same listing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from edgeface.backends.tensorrt.layers import EngineLayer, EngineTensor

_MADE_UP = re.compile(r"(?P<stem>.*?)(?:_U?\d+)?_myl\d+(?:_\d+)?")
_COUNTER = re.compile(r"__mye\d+")  # may also be inside a name


def renumber(layers: Iterable[EngineLayer]) -> tuple[EngineLayer, ...]:
    """Layers with generated names numbered in the order of the listing, as in "dconst#1"; others keep their names."""
    known: dict[str, str] = {}
    counts: Counter[str] = Counter()

    def named(name: str) -> str:
        match = _MADE_UP.fullmatch(name)
        if match is None:
            return name
        if name not in known:
            stem = _COUNTER.sub("", match["stem"]).strip("_") or "value"
            counts[stem] += 1
            known[name] = f"{stem}#{counts[stem]}"
        return known[name]

    def tensors(found: tuple[EngineTensor, ...]) -> tuple[EngineTensor, ...]:
        return tuple(replace(tensor, name=named(tensor.name)) for tensor in found)

    return tuple(
        replace(
            layer,
            name=named(layer.name),
            inputs=tensors(layer.inputs),
            constants=tensors(layer.constants),
            outputs=tensors(layer.outputs),
        )
        for layer in layers
    )
