"""Choose, among the tensors of a checkpoint, those of a network: by its names and shapes.

Trainings save weights beside optimizers, averages (EMA) and the layer that classifies persons, in dictionaries and
under prefixes of their own. Whatever surrounds a network's names, these and their shapes find it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from edgeface.errors import CheckpointError
from edgeface.models.checkpoint_contents import StateDict, state_dicts
from edgeface.models.checkpoint_wrappings import CONTAINERS, PARALLEL
from edgeface.models.stored_tensor import StoredTensor
from edgeface.models.taken import Shapes, Taken, is_counter
from edgeface.models.training_heads import beside_network

_PREFIX_PARTS = 4
_SHOWN = 4


def take_weights(content: object, networks: Sequence[Shapes], where: str) -> Taken | None:
    """The tensors of the network that a checkpoint's content holds; the nearest ones if none is held whole.

    Averaged weights precede those that they are an average of. Without networks, the largest dictionary is taken.

    Args:
        content: the structure that `torch_file` or `safetensors_file` read.
        networks: shapes by name of each network that it may be; batch-norm counters are ignored.
        where: the file, for the error.

    Returns:
        None if there are no named tensors.

    Raises:
        CheckpointError: several dictionaries or prefixes hold a network, and nothing tells them apart.
    """
    found = state_dicts(content)
    if not found:
        return None
    if not networks:
        return _likeliest(found)
    wanted = [_without_counters(network) for network in networks]
    candidates = [_taken(state, prefix, network, len(found) - 1) for state, prefix, network in _nearest(found, wanted)]
    whole = _distinct([each for each in candidates if each.whole])
    averaged = [each for each in whole if each.is_averaged]
    chosen = averaged or whole
    if len(chosen) > 1:
        raise _ambiguous(chosen, where)
    return (chosen or candidates or [_likeliest(found)])[0]


def _nearest(found: Sequence[StateDict], networks: Sequence[Shapes]) -> Iterator[tuple[StateDict, str, Shapes]]:
    """Every place, prefix and network with all of its tensors, and the nearest else; the most matching ones first."""
    known: dict[tuple[str, tuple[int, ...]], list[int]] = {}
    for number, network in enumerate(networks):
        for item in network.items():
            known.setdefault(item, []).append(number)
    matching = [
        (count, state, prefix, networks[number])
        for state in found
        for (number, prefix), count in _prefixes(state, known).items()
    ]
    matching.sort(key=lambda each: -each[0])
    for index, (count, state, prefix, network) in enumerate(matching):
        if index == 0 or count == len(network):
            yield state, prefix, network


def _prefixes(state: StateDict, known: Mapping[tuple[str, tuple[int, ...]], Sequence[int]]) -> Counter[tuple[int, str]]:
    """How many of each network's tensors there are behind each prefix; `known` has the networks of a name and shape."""
    counted: Counter[tuple[int, str]] = Counter()
    for name, tensor in state.tensors.items():
        at = 0
        for _ in range(_PREFIX_PARTS + 1):
            for number in known.get((name[at:], tensor.shape), ()):
                counted[number, name[:at]] += 1
            at = name.find(".", at) + 1
            if not at:
                break
    return counted


def _taken(state: StateDict, prefix: str, network: Shapes, others: int) -> Taken:
    inside = {name[len(prefix) :]: tensor for name, tensor in state.tensors.items() if name.startswith(prefix)}
    unused = beside_network({k: v for k, v in inside.items() if not is_counter(k)}, network) if network else set()
    tensors = {name: tensor for name, tensor in inside.items() if name not in unused}
    keys = {name: state.keys[prefix + name] for name in tensors}
    used = set(keys.values())
    left_out = {key: state.tensors[name].shape for name, key in state.keys.items() if key not in used}
    taken = Taken(state.place, _prefix_of(keys, prefix), tensors, keys, left_out, others)
    return replace(taken, whole=taken.shapes == dict(network))


def _prefix_of(keys: Mapping[str, str], prefix: str) -> str:
    """The prefix as it stands in the file, with the parts that stand anywhere, if they do so at the beginning."""
    whole = {key.removesuffix(name) if key.endswith(name) else prefix for name, key in keys.items()}
    return whole.pop() if len(whole) == 1 else prefix


def _distinct(candidates: Sequence[Taken]) -> list[Taken]:
    """Without those that hold the same stored values as an earlier one."""
    kept: dict[frozenset[tuple[str, StoredTensor]], Taken] = {}
    for each in candidates:
        values = ((name, tensor) for name, tensor in each.tensors.items() if not is_counter(name))
        kept.setdefault(frozenset(values), each)
    return list(kept.values())


def _likeliest(found: Sequence[StateDict]) -> Taken:
    """The largest dictionary; of equally large ones that with the likeliest name."""

    def rank(state: StateDict) -> tuple[int, int]:
        last = str(state.place[-1]) if state.place else ""
        return -len(state.tensors), CONTAINERS.index(last) if last in CONTAINERS else len(CONTAINERS)

    chosen = min(found, key=rank)
    return _taken(chosen, _common(chosen), {}, len(found) - 1)


def _common(state: StateDict) -> str:
    return PARALLEL if all(name.startswith(PARALLEL) for name in state.tensors) else ""


def _ambiguous(candidates: Sequence[Taken], where: str) -> CheckpointError:
    named = "; ".join(each.location() or "the outer dictionary" for each in candidates[:_SHOWN])
    more = f"; and {len(candidates) - _SHOWN} more" if len(candidates) > _SHOWN else ""
    return CheckpointError(
        f"{len(candidates)} sets of weights in the file fit the network, and nothing tells them apart: {named}{more}",
        where=where,
        fix="save the one that you want alone: torch.save(torch.load(path)[…], 'weights.pth')",
    )


def _without_counters(shapes: Shapes) -> dict[str, tuple[int, ...]]:
    return {name: tuple(shape) for name, shape in shapes.items() if not is_counter(name)}
