"""A family's network as ONNX: its skeleton with a checkpoint's tensors, which needs no torch; or seeded by torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edgeface.contracts import Contract
from edgeface.errors import InputError
from edgeface.models.checkpoint import Weights, read_floats
from edgeface.models.family import Family
from edgeface.models.need_torch import import_torch
from edgeface.models.skeleton_constants import MOVES, fold_constants
from edgeface.models.skeleton_sizes import set_size
from edgeface.models.skeletons import is_resizable, read_skeleton, skeleton_name, skeleton_shapes
from edgeface.models.stored_values import Array
from edgeface.models.taken import Shapes, Taken, is_counter


class CheckpointNetworks:
    """The networks of a checkpoint: one for each contract of its family, all with its weights.

    Args:
        family: the family.
        path: the checkpoint.
    """

    def __init__(self, family: Family, path: Path) -> None:
        self._family = family
        self._path = path
        self._skeletons: dict[object, Skeleton] = {}
        self._weights: dict[tuple[object, ...], Weights] = {}

    def onnx(self, contract: Contract) -> bytes:
        """The network of a contract at its size, as a serialized ModelProto that is as torch traced it.

        Raises:
            CheckpointError: the file is not a checkpoint of this network.
            InputError: the family has no skeleton for this contract, and there is no torch.
        """
        skeleton = self._skeleton(contract)
        return with_weights(skeleton.onnx, contract, self._read(skeleton.shapes).arrays)

    def resizable(self, contract: Contract) -> bytes | None:
        """The same for any height and width; None if the network is for its own size only.

        Raises:
            CheckpointError, InputError: as `onnx`.
        """
        skeleton = self._skeleton(contract)
        if not skeleton.resizable:
            return None
        return with_weights(skeleton.onnx, contract, self._read(skeleton.shapes).arrays, resized=False)

    def taken(self, contract: Contract) -> Taken:
        """What is taken of the file for a contract's network.

        Raises:
            CheckpointError, InputError: as `onnx`.
        """
        return self._read(self._skeleton(contract).shapes).taken

    def _skeleton(self, contract: Contract) -> Skeleton:
        key = contract.network, contract.input.shape  # one that is traced now has the contract's size alone
        if key not in self._skeletons:
            self._skeletons[key] = skeleton_of(self._family, contract)
        return self._skeletons[key]

    def _read(self, shapes: Shapes) -> Weights:
        """The weights, which networks of the same tensors share."""
        key = tuple(shapes.items())
        if key not in self._weights:
            self._weights[key] = read_floats(self._path, shapes)
        return self._weights[key]


@dataclass(frozen=True)
class Skeleton:
    """A network without weights, the shapes of its tensors by name, and whether it takes any height and width."""

    onnx: bytes
    shapes: Shapes
    resizable: bool


def skeleton_of(family: Family, contract: Contract) -> Skeleton:
    """The skeleton of a contract's network: the package's, else traced by torch at the contract's size.

    Raises:
        InputError: the package has none, and there is no torch.
    """
    name = skeleton_name(family, contract)
    if name is not None:
        return Skeleton(read_skeleton(name), skeleton_shapes(name), is_resizable(contract))
    import_torch(f"the network of {family.name} ({contract.variant}), which has no skeleton,")
    from edgeface.models.write_skeletons import write_skeleton

    module = family.build(contract)
    shapes = {key: tuple(v.shape) for key, v in module.state_dict().items() if not is_counter(key)}
    resizable = is_resizable(contract)
    try:
        traced = write_skeleton(module, contract, resizable)
    except InputError:  # the network makes sizes constants
        resizable, traced = False, write_skeleton(module, contract, resizable=False)
    return Skeleton(traced, shapes, resizable)


def seeded_onnx(family: Family, contract: Contract, seed: int) -> bytes:
    """A network with seeded random weights at the contract's size, as a serialized ModelProto.

    Raises:
        InputError: there is no torch.
    """
    import_torch("a network with random weights (--seed)")
    from edgeface.models.torch_export import export_onnx

    return export_onnx(family.random(contract, seed), contract)


def with_weights(skeleton: bytes, contract: Contract, arrays: dict[str, Array], resized: bool = True) -> bytes:
    """A skeleton with weights, for one image of the contract's size.

    Args:
        skeleton: a serialized ModelProto; `edgeface.models.skeletons.read_skeleton`.
        contract: names input and outputs, and says the size.
        arrays: float32 by name, of the skeleton's shapes.
        resized: False keeps the skeleton's own height and width, which may be dynamic.

    Returns:
        A serialized ModelProto.

    Raises:
        InputError: the contract names other inputs or outputs than the family's.
    """
    import onnx

    model = onnx.load_from_string(skeleton)
    graph = model.graph
    names = (graph.input[0].name, *(value.name for value in graph.output))
    if names != (contract.input.name, *contract.output_names):
        raise InputError(
            f"the family's network has {', '.join(names)} as input and outputs, the contract other names",
            where=f"{contract.family} ({contract.variant})",
            fix="export the model again",
        )
    if resized:
        set_size(model, contract.input.height, contract.input.width)
    for tensor in graph.initializer:
        if tensor.name in arrays:
            tensor.raw_data = arrays[tensor.name].astype("<f4", copy=False).tobytes()
    fold_constants(model, MOVES)
    return bytes(model.SerializeToString(deterministic=True))
