"""Names and shapes of a checkpoint's tensors, read without torch, without the data and without running its code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from edgeface.core.file_kind import CHECKPOINTS, refuse_other
from edgeface.errors import CheckpointError
from edgeface.models.safetensors_file import SafetensorsContent, read_safetensors
from edgeface.models.take_weights import take_weights
from edgeface.models.taken import Shapes, Taken
from edgeface.models.torch_file import TorchContent, pickled_code, read_torch
from edgeface.reading.kinds import CHECKPOINT
from edgeface.reading.regular_file import check_file, is_folder, open_file

SAFETENSORS = ".safetensors"


def read_shapes(path: Path, networks: Sequence[Shapes] = ()) -> dict[str, tuple[int, ...]]:
    """Shapes by name, with the names that `checkpoint.read_state_dict` gives the tensors; without counters.

    Raises:
        CheckpointError: as `read_taken`.
    """
    return read_taken(path, networks).shapes


def read_taken(path: Path, networks: Sequence[Shapes] = ()) -> Taken:
    """The tensors that `take_weights` takes; reading their values then takes no more memory than the file's size.

    Args:
        path: the file.
        networks: shapes by name of each network that it may hold; empty if unknown.

    Raises:
        CheckpointError: the file is not a checkpoint, is damaged, declares more than it holds, has complex numbers,
            contains no named tensors, or several sets of weights that fit.
    """
    with open_content(path) as content:
        return taken_of(content, path, networks)


@contextmanager
def open_content(path: Path) -> Iterator[TorchContent | SafetensorsContent]:
    """The structure of a checkpoint, whose numbers can be read while it is open.

    Raises:
        CheckpointError: the file is not a checkpoint, is damaged, or declares more than it holds.
    """
    check_checkpoint_file(path)
    with open_file(path, CHECKPOINT) as stream:
        yield read_safetensors(stream, path) if path.suffix == SAFETENSORS else read_torch(stream, path)


def taken_of(content: TorchContent | SafetensorsContent, path: Path, networks: Sequence[Shapes]) -> Taken:
    """As `read_taken`, of a file that is open."""
    taken = take_weights(content.structure, networks, str(path))
    if taken is None and content.foreign:
        raise pickled_code(path, content.foreign)
    if taken is None:
        raise CheckpointError(
            "the file contains no named tensors",
            where=str(path),
            fix="save the weights as a state dict: torch.save(model.state_dict(), path)",
        )
    for name, tensor in taken.tensors.items():
        wrong = "holds complex numbers" if tensor.dtype.startswith("complex") else tensor.wrong
        if wrong is not None:
            raise CheckpointError(
                f"the tensor {name} {wrong}", where=f"{path}: {name}", fix="save the network's state_dict() again"
            )
    return taken


def check_checkpoint_file(path: Path) -> None:
    """Check that a path names a file that may be a checkpoint.

    Raises:
        CheckpointError: it is missing, empty, too large, not a regular file, or of another known format.
    """
    if is_folder(path):
        refuse_other(path, CHECKPOINTS, CheckpointError)
    if check_file(path, CHECKPOINT) == 0:
        raise CheckpointError("the checkpoint file is empty", where=str(path), fix="copy or download the file again")
    refuse_other(path, CHECKPOINTS, CheckpointError)
