"""The dictionaries of tensors in what a checkpoint holds."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from edgeface.models.checkpoint_wrappings import ANYWHERE
from edgeface.models.stored_tensor import StoredTensor

_LEVELS = 4
Place = tuple[Hashable, ...]


@dataclass(frozen=True)
class StateDict:
    """A dictionary of tensors.

    Attributes:
        place: the keys that lead to it; empty for the content itself.
        tensors: by name, without the parts of names that stand anywhere (`checkpoint_wrappings.ANYWHERE`).
        keys: the keys of the tensors, by the same names.
    """

    place: Place
    tensors: Mapping[str, StoredTensor]
    keys: Mapping[str, str]


def state_dicts(content: object) -> list[StateDict]:
    """Every dictionary with named tensors in a checkpoint's structure, outer ones first, each once.

    Args:
        content: the structure that `torch_file` or `safetensors_file` read.
    """
    found: list[StateDict] = []
    level: list[tuple[Place, object]] = [((), content)]
    seen: set[int] = set()
    for _ in range(_LEVELS):
        inside: list[tuple[Place, object]] = []
        for place, item in level:
            if not isinstance(item, Mapping) or id(item) in seen:
                continue
            seen.add(id(item))  # one dictionary may be held in many places
            tensors = {k: v for k, v in item.items() if isinstance(k, str) and isinstance(v, StoredTensor)}
            if tensors:
                found.append(_state_dict(place, tensors))
            inside += [((*place, key), value) for key, value in item.items() if isinstance(value, Mapping)]
        level = inside
    return found


def _state_dict(place: Place, tensors: Mapping[str, StoredTensor]) -> StateDict:
    names = {key: ".".join(part for part in key.split(".") if part not in ANYWHERE) for key in tensors}
    if len(set(names.values())) < len(names) or not all(names.values()):
        names = {key: key for key in tensors}  # without these parts, names would no longer differ
    return StateDict(place, {names[k]: v for k, v in tensors.items()}, {name: key for key, name in names.items()})
