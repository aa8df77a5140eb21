"""The memory that LiteRT plans for a network's activations when it runs without a delegate.

LiteRT assigns every computed tensor an offset in one block, the arena, before the first run (`arena_planner.cc` and
`simple_memory_arena.cc` of LiteRT): first tensors that live for the whole run, then the others by decreasing size, each
in the tightest gap between tensors that live at the same time. The block's size is the largest end offset.

Not in the arena: constants, values computed from constants only, state, and what TRANSPOSE_CONV's optimized kernel
allocates on the heap. With the XNNPACK delegate only the tensors between its partitions stay in the arena.
"""

from __future__ import annotations

import sys
from bisect import insort
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import Literal, TypeAlias

from edgeface.cost.arena_scratch import scratch_bytes
from edgeface.cost.network import Layer, Network
from edgeface.cost.work import Uncounted

Kernels: TypeAlias = Literal["builtin", "reference"]
"""LiteRT's optimized kernels without a delegate, which unroll convolutions into the arena, or its reference kernels."""

ALIGNMENT_BYTES = 64
_OVERWRITES = frozenset({"ADD", "SUB", "MUL", "DIV", "SOFTMAX", "DYNAMIC_UPDATE_SLICE"})
"""Operators whose output may overwrite an input; activations and MAXIMUM may not (LiteRT 2.3)."""

_ALWAYS = sys.maxsize
_LARGEST_UNSHARED_BYTES = 4
"""Inputs of one number are not overwritten."""


@dataclass(frozen=True)
class _Block:
    """A tensor or scratch buffer with the first and last layer that need it; `last` is `_ALWAYS` if it is permanent."""

    name: str
    size_bytes: int
    first: int
    last: int

    @property
    def stays(self) -> bool:
        """Whether it lives for the whole run; such blocks are placed first."""
        return self.first == 0 and self.last == _ALWAYS


def arena_bytes(network: Network, kernels: Kernels = "builtin") -> int:
    """Bytes of the arena for one inference on one thread."""
    return max((offset + block.size_bytes for offset, block in _placed(network, kernels)), default=0)


def tensor_offsets(network: Network, kernels: Kernels = "builtin") -> dict[str, int]:
    """The offset of each computed tensor in the arena, in bytes; tensors with one offset share memory."""
    owners = _owners(network)
    found = {block.name: offset for offset, block in _placed(network, kernels)}
    shared = {name: found[owner] for name, owner in owners.items() if owner in found}
    return {name: offset for name, offset in (found | shared).items() if name in network.tensors}


def _placed(network: Network, kernels: Kernels) -> list[tuple[int, _Block]]:
    """All blocks with their offsets, sorted by offset."""
    blocks = [*_tensor_blocks(network), *_scratch_blocks(network, kernels)]
    staying = [block for block in blocks if block.stays]
    # Ties go to the block that is needed first. Beyond that LiteRT depends on a hash table, which gives two
    # blocks of one layer in reverse; with more blocks of equal size, offsets may differ, but rarely the total.
    others = [block for block in reversed(blocks) if not block.stays]
    others.sort(key=lambda block: (-block.size_bytes, block.first))
    placed: list[tuple[int, _Block]] = []
    for block in (*staying, *others):
        if block.size_bytes:
            met = [entry for entry in placed if entry[1].last >= block.first and entry[1].first <= block.last]
            insort(placed, (_offset(block.size_bytes, met), block), key=itemgetter(0))
    return placed


def _offset(size_bytes: int, met: list[tuple[int, _Block]]) -> int:
    """The start of the tightest sufficient gap between blocks that live at the same time, or their end."""
    best: int | None = None
    slack: int | None = None
    end = 0
    for offset, other in met:
        start = _aligned(end)
        if start + size_bytes <= offset and (slack is None or offset - start < slack):
            # LiteRT compares aligned gaps with unaligned ones, which must be reproduced.
            best, slack = start, offset - end
        end = max(end, offset + other.size_bytes)
        if slack == 0:
            break
    return _aligned(end) if best is None else best


def _aligned(offset: int) -> int:
    return -(-offset // ALIGNMENT_BYTES) * ALIGNMENT_BYTES


def _tensor_blocks(network: Network) -> Iterator[_Block]:
    owners = _owners(network)
    uses = Counter([*network.inputs, *network.outputs])
    uses.update(owners.get(name, name) for layer in network.layers for name in layer.inputs)
    first = dict.fromkeys(network.inputs, 0)
    last: dict[str, int] = {}
    for index, layer in enumerate(network.layers):
        for name in layer.outputs:
            first.setdefault(name, index)
        for name in (owners.get(name, name) for name in layer.inputs):
            uses[name] -= 1
            if not uses[name]:
                last[name] = index
    for name, tensor in network.tensors.items():  # in the file's order
        if name in first and name not in owners:
            yield _Block(name, tensor.size_bytes, first[name], last.get(name, _ALWAYS))


def _scratch_blocks(network: Network, kernels: Kernels) -> Iterator[_Block]:
    for index, layer in enumerate(network.layers):
        for number, size_bytes in enumerate(scratch_bytes(layer, network, optimized=kernels == "builtin")):
            yield _Block(f"scratch {number} of {layer.name}", size_bytes, index, index)


def _owners(network: Network) -> dict[str, str]:
    """The tensor whose memory each overwriting tensor takes over."""
    uses = Counter([*network.inputs, *network.outputs])
    uses.update(name for layer in network.layers for name in layer.inputs)
    found: dict[str, str] = {}
    for layer in network.layers:
        if _is_view(layer) or layer.op.upper() in _OVERWRITES:
            source = next((name for name in layer.inputs[:3] if _may_share(name, layer, network, uses)), None)
            if source is not None:
                owner = found.get(source, source)
                if _is_view(layer) or uses[owner] <= 1:
                    found[layer.outputs[0]] = owner
    return found


def _may_share(name: str, layer: Layer, network: Network, uses: Counter[str]) -> bool:
    made = layer.outputs[0]
    if name in network.inputs or made in network.outputs:
        return False
    if _is_view(layer):
        return True
    size_bytes = network.tensors[name].size_bytes
    return size_bytes == network.tensors[made].size_bytes and size_bytes > _LARGEST_UNSHARED_BYTES and uses[name] == 1


def _is_view(layer: Layer) -> bool:
    return isinstance(layer.work, Uncounted) and layer.work.role == "view"
