"""What trainings keep at a network's own level without its being a part: the layer that classifies persons."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from edgeface.models.checkpoint_wrappings import HEADS, MIN_CLASSES
from edgeface.models.stored_tensor import StoredTensor


def beside_network(tensors: Mapping[str, StoredTensor], network: Collection[str]) -> set[str]:
    """The names of tensors that are surely no part of the network.

    These are second names of the network's own tensors; and, where the network has nothing of that first part of the
    name, numbers and classifying layers. All else might change what the network computes: whether it is one of more
    layers cannot be known, so that it must be reported as unexpected.

    Args:
        tensors: by name, with the names as the network has them.
        network: the network's names.
    """
    own = {tensor for name, tensor in tensors.items() if name in network}
    parts = {name.partition(".")[0] for name in network}
    extra = {name: tensor for name, tensor in tensors.items() if name not in network}
    groups: dict[str, dict[str, StoredTensor]] = {}
    for name, tensor in extra.items():
        groups.setdefault(name.partition(".")[0], {})[name] = tensor
    heads = {name for part, group in groups.items() if part not in parts and _is_unused(part, group) for name in group}
    return heads | {name for name, tensor in extra.items() if tensor in own}


def _is_unused(part: str, group: Mapping[str, StoredTensor]) -> bool:
    matrices = [tensor.shape for tensor in group.values() if len(tensor.shape) > 1]
    if not matrices:
        return part in group and group[part].numel <= 1  # as the count of averages, or a loss's scale
    if len(matrices) > 1 or len(matrices[0]) > 2:
        return False
    return part in HEADS or max(matrices[0]) > MIN_CLASSES
