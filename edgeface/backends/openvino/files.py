"""Where a network's two files are, and what is checked of both before OpenVINO sees them."""

from __future__ import annotations

from pathlib import Path

from edgeface.backends.checks import check_model
from edgeface.errors import InputError
from edgeface.reading.kinds import OPENVINO, OPENVINO_WEIGHTS
from edgeface.reading.regular_file import check_file, is_file, read_file

WEIGHTS_SUFFIX = ".bin"
READS = frozenset({"openvino"})


def read_text(model: Path) -> bytes:
    """The content of an .xml file.

    Raises:
        InputError: it is missing, too large, not a regular file, or of another format.
    """
    check_model(model, READS)
    return read_file(model, OPENVINO)


def weights_beside(model: Path) -> Path:
    """The .bin file that belongs to an .xml file: that of the same name.

    Raises:
        InputError: there is none, or it is not a regular file, or too large.
    """
    found = model.with_suffix(WEIGHTS_SUFFIX)
    if not is_file(found):
        raise InputError(
            f"the weights are missing: there is no {found.name} beside it",
            where=str(model),
            fix="copy both files of the network into one folder",
        )
    check_file(found, OPENVINO_WEIGHTS)
    return found
