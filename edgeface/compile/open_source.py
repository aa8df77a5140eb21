"""Opening of sources: a family's checkpoint, or a user's model file."""

from __future__ import annotations

from collections.abc import Sequence

from edgeface.compile.checkpoint import open_checkpoint
from edgeface.compile.onnx_source import open_onnx_source
from edgeface.compile.source import Declared, Source
from edgeface.errors import InputError
from edgeface.tasks.task import FindFaces, Image


def open_source(declared: Declared, probes: Sequence[Image], find: FindFaces | None = None) -> Source:
    """The float32 network with its contract.

    Args:
        declared: the user's declaration.
        probes: images with faces, uint8 [H,W,3] in BGR, to infer or check the contract; may be empty.
        find: finds the faces in them, for a recognizer's file.

    Raises:
        InputError, CheckpointError, ContractError, RuntimeFailure: as `open_checkpoint` and `open_onnx_source`.
    """
    if declared.onnx is not None:
        return open_onnx_source(declared.onnx, declared, probes, find)
    if declared.contract is not None:
        raise InputError(
            "a family's contract is known: --contract is for ONNX files",
            where=str(declared.contract),
            fix="leave out --contract, or export FILE.onnx",
        )
    return open_checkpoint(declared, probes)
