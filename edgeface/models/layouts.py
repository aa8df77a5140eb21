"""Names and shapes of the tensors of families' networks, and the family that a checkpoint's tensors tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from edgeface.contracts import Contract
from edgeface.errors import CheckpointError
from edgeface.models import families
from edgeface.models.checkpoint_shapes import read_taken
from edgeface.models.family import Family
from edgeface.models.need_torch import has_torch, import_torch
from edgeface.models.skeletons import skeleton_name, skeleton_shapes
from edgeface.models.taken import Shapes, is_counter

_SHOWN = 3


@dataclass(frozen=True)
class Layout:
    """What tensors the checkpoints of a family's variant hold: shapes by name, without counters."""

    family: Family
    variant: str
    shapes: Shapes

    @property
    def name(self) -> str:
        """For errors, as in "mobilefacenet (y1)"."""
        return f"{self.family.name} ({self.variant})"


_KNOWN: dict[int, tuple[Family, dict[str, Layout]]] = {}
"""The layouts of families that were asked for, by the family's identity, with the family."""


def layouts(family: Family) -> dict[str, Layout]:
    """The layout of each variant: of its skeleton, else of the network, which torch builds without values.

    Raises:
        InputError: the family has no skeleton, and there is no torch.
    """
    known = _KNOWN.get(id(family))
    if known is None or known[0] is not family:
        _KNOWN[id(family)] = known = (family, _layouts(family))
    return known[1]


def _layouts(family: Family) -> dict[str, Layout]:
    made: dict[object, Shapes] = {}
    found = {}
    for name, contract in family.variants().items():
        if contract.network not in made:
            skeleton = skeleton_name(family, contract)
            made[contract.network] = _built(family, contract) if skeleton is None else skeleton_shapes(skeleton)
        found[name] = Layout(family, name, made[contract.network])
    return found


def _built(family: Family, contract: Contract) -> Shapes:
    """The shapes of a network that is built on torch's meta device, which takes milliseconds and no memory."""
    torch = import_torch(f"the family {family.name}, which has no skeleton,")
    with torch.device("meta"):
        state = family.build(contract).state_dict()
    return {key: tuple(v.shape) for key, v in state.items() if not is_counter(key)}


def told_family(path: Path) -> Family:
    """The family whose network's tensors a checkpoint holds.

    Only names and shapes are read, whatever wraps them; see `take_weights`. Families without skeletons are left out
    where there is no torch.

    Raises:
        CheckpointError: the file is no checkpoint, or holds the tensors of no known family; the nearest is named, and
            how it differs.
    """
    known = [layout for family in families().values() for layout in _known(family)]
    shapes = read_taken(path, [layout.shapes for layout in known]).shapes
    for layout in known:
        if shapes == layout.shapes:
            return layout.family
    raise CheckpointError(
        f"the weights are those of no known family{_nearest(shapes, known)}",
        where=str(path),
        fix="if it is one of `edgeface models`, save its state_dict() again; export any other network to ONNX in its "
        "own code, and pass that file",
    )


def _known(family: Family) -> Iterable[Layout]:
    if not has_torch() and any(skeleton_name(family, contract) is None for contract in family.variants().values()):
        return ()
    return layouts(family).values()


def told_variant(path: Path, family: Family) -> str | None:
    """The variant of the family that a checkpoint's tensors tell; None if several variants share their network.

    Raises:
        CheckpointError: the file is no checkpoint, or holds the tensors of no variant; the nearest is named, and how it
            differs.
    """
    known = list(layouts(family).values())
    shapes = read_taken(path, [layout.shapes for layout in known]).shapes
    fitting = [layout.variant for layout in known if shapes == layout.shapes]
    if fitting:
        return fitting[0] if len(fitting) == 1 else None
    raise CheckpointError(
        f"no variant of {family.name} fits the weights{_nearest(shapes, known)}",
        where=str(path),
        fix=f"the known variants are {', '.join(layout.variant for layout in known)}; without MODEL, "
        "the weights tell the family",
    )


def _nearest(shapes: Shapes, known: list[Layout]) -> str:
    """The nearest layout and its differences, for an error; empty if nothing is similar."""

    def share(layout: Layout) -> float:
        """Shared tensors among all of both; of equally many, the smaller network is nearer. A name alone is half."""
        named = layout.shapes.keys() & shapes.keys()
        same = sum(shapes[name] == layout.shapes[name] for name in named)
        return (same + len(named)) / 2 / max(len(layout.shapes.keys() | shapes.keys()), 1)

    best = max(known, key=share)
    if not share(best):
        return "; no tensor has the name of any of theirs"
    same = sum(shapes.get(name) == shape for name, shape in best.shapes.items())
    differences = "; ".join(_differences(shapes, best.shapes))
    return f"; the nearest is {best.name}: {same} of {len(best.shapes)} tensors match; {differences}"


def _differences(shapes: Mapping[str, tuple[int, ...]], wanted: Mapping[str, tuple[int, ...]]) -> Iterator[str]:
    """Each kind of difference with its count and first few tensors."""
    kinds = (
        ("missing", [name for name in wanted if name not in shapes]),
        ("unexpected", [f"{name} {list(shape)}" for name, shape in shapes.items() if name not in wanted]),
        (
            "of another shape",
            [
                f"{name} is {list(shapes[name])}, not {list(shape)}"
                for name, shape in wanted.items()
                if shapes.get(name, shape) != shape
            ],
        ),
    )
    for kind, names in kinds:
        if names:
            rest = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
            yield f"{len(names)} {kind}: {', '.join(names[:_SHOWN])}{rest}"
