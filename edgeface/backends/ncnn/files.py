"""Where a network's two files are, and what is checked of both before ncnn sees them."""

from __future__ import annotations

import os
from pathlib import Path

from edgeface.backends.checks import read_model
from edgeface.backends.ncnn.param_file import ParamFile, parse_param
from edgeface.backends.ncnn.weight_sizes import weight_bytes
from edgeface.errors import InputError
from edgeface.reading.kinds import NCNN_WEIGHTS
from edgeface.reading.regular_file import is_file, open_file

READS = frozenset({"ncnn-param"})
SUFFIX, WEIGHTS_SUFFIX = ".param", ".bin"


def weights_beside(model: Path) -> Path:
    """The .bin file that belongs to a .param file: that of the same name.

    Raises:
        InputError: there is none.
    """
    found = model.with_suffix(WEIGHTS_SUFFIX)
    if not is_file(found):
        raise InputError(
            f"the weights are missing: there is no {found.name} beside it",
            where=str(model),
            fix="copy both files of the network into one folder",
        )
    return found


def read_network(model: Path) -> ParamFile:
    """The network of a .param file.

    Raises:
        InputError: it is missing, or not a sound file of ncnn's text format.
    """
    content = read_model(model, READS)
    if not content.startswith(b"7767517"):
        raise InputError(
            "this is ncnn's binary form of a .param file", where=str(model), fix="pass the text that it was made from"
        )
    return parse_param(content, str(model))


def check_weights(network: ParamFile, weights: Path) -> None:
    """Check that a .bin file has the bytes that the layers read.

    Raises:
        InputError: it is missing, or is longer or shorter.
    """
    with open_file(weights, NCNN_WEIGHTS) as stream:
        size = stream.seek(0, os.SEEK_END)
        needed = weight_bytes(network.layers, stream, str(weights))
    if needed is not None and needed != size:
        raise InputError(
            f"the weights have {size:,} bytes, the network reads {needed:,}",
            where=str(weights),
            fix="copy both files of the network again, from one folder",
        )
