"""The runtime of toy models."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from edgeface.backends.runtime import Inspection, OperatorTime, Runner, Runtime
from edgeface.graph.ir import Graph
from edgeface.graph.types import Array


def _open(model: Path, _: int) -> Runner:
    from edgeface.backends.toy.runner import ToyRunner

    return ToyRunner(model)


def _values(_: Graph, model: Path, feeds: Mapping[str, Array]) -> dict[str, Array]:
    from edgeface.backends.toy.runner import ToyRunner

    return ToyRunner(model).values(feeds)


def _inspect(model: Path) -> Inspection:
    from edgeface.backends.toy.runner import ToyRunner

    operators = Counter(operation.kind for operation in ToyRunner(model).operations)
    return Inspection({"operators": dict(sorted(operators.items())), "transposes": operators["Transpose"]})


def _profile(model: Path, feeds: Mapping[str, Array], _: int) -> tuple[OperatorTime, ...]:
    from edgeface.backends.toy.runner import ToyRunner

    return tuple(OperatorTime(step.output, step.kind, ms) for step, _, ms in ToyRunner(model).steps(feeds))


RUNTIMES = (
    Runtime(
        name="toy",
        title="the toy runtime",
        suffixes=(".toy",),
        distributions=("numpy",),
        open=_open,
        values=_values,
        inspect=_inspect,
        profile=_profile,
    ),
)
