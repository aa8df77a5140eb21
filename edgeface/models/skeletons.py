"""Skeletons of families' networks: ONNX models without weights, which ship with the package, and their index.

A skeleton was traced from torch's network once (`python -m edgeface.models.write_skeletons`). With a checkpoint's
tensors laid over it, it is the network: exports need no torch.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from edgeface.contracts import Contract
from edgeface.errors import InputError
from edgeface.models.family import Family
from edgeface.models.taken import Shapes
from edgeface.reading.kinds import OWN
from edgeface.reading.regular_file import is_file, read_file

SKELETONS = Path(__file__).with_name("skeletons")
INDEX = "index.json.gz"
SUFFIX = ".onnx.gz"


def skeleton_name(family: Family, contract: Contract) -> str | None:
    """The name of the skeleton of a contract's network; None if the package has none.

    Variants that differ only in preprocessing share one, and every input size does.
    """
    named: Mapping[str, str] = index()["families"].get(family.name, {})
    for variant, known in family.variants().items():
        if known.network == contract.network and variant in named:
            return named[variant]
    return None


def read_skeleton(name: str) -> bytes:
    """A skeleton's ONNX model: its initializers have names, shapes and dtypes, but no data.

    The initializers are the tensors of the network's state dict, and with data, what is no part of it. A detector's
    height and width are dynamic; once they are set, ONNX's shape inference with data propagation determines every
    shape.
    """
    return gzip.decompress(read_file(SKELETONS / f"{name}{SUFFIX}", OWN))


def skeleton_shapes(name: str) -> Shapes:
    """Shapes by name of the tensors in the state dict of a skeleton's network, without batch-norm counters."""
    return _shapes()[name]


def is_resizable(contract: Contract) -> bool:
    """Whether the contract's network takes other sizes than its own."""
    spec = contract.input
    try:
        contract.with_input_size(2 * spec.height, 2 * spec.width)
    except InputError:
        return False
    return True


@cache
def index() -> dict[str, Any]:
    """`families`: the skeleton's name by family and variant; `tensors`: names and shapes by skeleton."""
    path = SKELETONS / INDEX
    found: dict[str, Any] = {"families": {}, "tensors": {}}
    return json.loads(gzip.decompress(read_file(path, OWN))) if is_file(path) else found


@cache
def _shapes() -> dict[str, Shapes]:
    return {
        stem: {name: tuple(shape) for name, shape in tensors.items()} for stem, tensors in index()["tensors"].items()
    }


def packed(content: bytes) -> bytes:
    """Content as gzip files hold it, without time and name: the same bytes each time."""
    return gzip.compress(content, 9, mtime=0)
