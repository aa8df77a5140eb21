"""Names and shapes of a checkpoint's tensors, read without torch, without the data and without running its code."""

from __future__ import annotations

from pathlib import Path

from edgeface.core.file_kind import CHECKPOINTS, refuse_other
from edgeface.errors import CheckpointError
from edgeface.models.checkpoint_names import named_tensors
from edgeface.models.safetensors_file import read_header
from edgeface.models.stored_tensor import StoredTensor
from edgeface.models.torch_file import TorchContent, pickled_code, read_structure
from edgeface.reading.kinds import CHECKPOINT
from edgeface.reading.regular_file import check_file

Shapes = dict[str, tuple[int, ...]]
SAFETENSORS = ".safetensors"


def read_shapes(path: Path) -> Shapes:
    """Shapes by name, with the names that `checkpoint.read_state_dict` gives the tensors; without counters.

    Raises:
        CheckpointError: as `read_declared`.
    """
    return {name: t.shape for name, t in read_declared(path).items() if not name.endswith("num_batches_tracked")}


def read_declared(path: Path) -> dict[str, StoredTensor]:
    """The tensors that a checkpoint declares; reading their values then takes no more memory than the file's size.

    Raises:
        CheckpointError: the file is not a checkpoint, is damaged, declares more than it holds, has complex numbers, or
            contains no named tensors.
    """
    check_checkpoint_file(path)
    structure = TorchContent(read_header(path), ()) if path.suffix == SAFETENSORS else read_structure(path)
    declared = named_tensors(structure.content, StoredTensor)
    if not declared and structure.foreign:
        raise pickled_code(path, structure.foreign)
    if not declared:
        raise CheckpointError(
            "the file contains no named tensors",
            where=str(path),
            fix="save the weights as a state dict: torch.save(model.state_dict(), path)",
        )
    for name, tensor in declared.items():
        wrong = "holds complex numbers" if tensor.dtype.startswith("complex") else tensor.wrong
        if wrong is not None:
            raise CheckpointError(
                f"the tensor {name} {wrong}", where=f"{path}: {name}", fix="save the network's state_dict() again"
            )
    return declared


def check_checkpoint_file(path: Path) -> None:
    """Check that a path names a file that may be a checkpoint.

    Raises:
        CheckpointError: it is missing, empty, too large, not a regular file, or of another known format.
    """
    if path.is_dir():
        refuse_other(path, CHECKPOINTS, CheckpointError)
    if check_file(path, CHECKPOINT) == 0:
        raise CheckpointError("the checkpoint file is empty", where=str(path), fix="copy or download the file again")
    refuse_other(path, CHECKPOINTS, CheckpointError)
