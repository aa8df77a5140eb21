"""What an older runtime costs on a board, in words: for these very networks, or for networks of their kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from edgeface.backends import targets
from edgeface.core.artifact import CERTIFICATE, Artifact
from edgeface.core.prediction_record import Predicted
from edgeface.devices.recommended_runtime import Kind, Older, RecommendedRuntime
from edgeface.devices.table import profile
from edgeface.reading.regular_file import is_file

INTEGER: tuple[Kind, ...] = ("int8", "int8 with LeakyReLU")
_COUNTED = "a72"
NOTABLE = 1.05
"""Below this ratio an older runtime is not called slower: counts are off by more."""


def older_costs(runtime: RecommendedRuntime) -> Iterator[tuple[Older, str]]:
    """Each older runtime that is slower for integer networks, and what it costs."""
    for each in runtime.older:
        said = costs_of(each, INTEGER)
        if said is not None:
            yield each, said


def kind_of(artifact: Artifact) -> Kind:
    """The kind of an artifact, by its target and, if it has a certificate, by its operators."""
    known = targets().get(artifact.manifest.target)
    if known is None or known.scheme is None:
        return "float32"
    certified = is_file(artifact.folder / CERTIFICATE)
    operators = artifact.certificate().kernels.get("operators") if certified else None
    return "int8 with LeakyReLU" if isinstance(operators, dict) and "LEAKY_RELU" in operators else "int8"


def counted_costs(older: Older, predicted: Mapping[str, tuple[Predicted, ...]]) -> str | None:
    """What a package costs for the very networks, by all of their predictions; None if not all were predicted in it."""
    times = {
        task: each.fitted_ms / first.fitted_ms
        for task, (first, *others) in predicted.items()
        for each in others
        if (each.runtime, each.version) == (older.package, older.version)
    }
    if not times or times.keys() != predicted.keys() or max(times.values()) < NOTABLE:
        return None
    said = " and ".join(f"{ratio:.2f} × as long for the {task}" for task, ratio in times.items())
    return f"takes {said}, by counts on an emulated core"


def costs_of(older: Older, kinds: Iterable[Kind], board: str | None = None) -> str | None:
    """What a package costs for networks of these kinds, in words that follow its name; None if nothing notable.

    Args:
        older: the package.
        kinds: of the networks.
        board: the name of the board that is spoken of, whose cores may be others than those that were counted.
    """
    ranges = {kind: found for kind in sorted(kinds) if (found := older.times(kind)) is not None and found[1] >= NOTABLE}
    said = [f"{_range(found)} × as long for networks in {kind}" for kind, found in ranges.items()]
    others = board is not None and not any(cluster.core == _COUNTED for cluster in profile(board).clusters)
    where = f"by counts on an emulated Cortex-A72{', not on cores of this board' if others else ''}"
    return f"takes {' and '.join(said)}, {where}" if said else None


def _range(times: tuple[float, float]) -> str:
    low, high = (f"{each:.1f}" for each in times)
    return low if low == high else f"{low} to {high}"
