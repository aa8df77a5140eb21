"""What a quantization algorithm is: a value that says what it needs, what may be set, and what it does.

There are three kinds, by where they stand: a `RangeMethod` chooses the range of one value, a `GraphCorrection` changes
a network before its scales are chosen, and a `WeightCorrection` changes its weights afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict

from edgeface.graph.ir import Graph
from edgeface.quantize.plan import QuantPlan
from edgeface.quantize.statistics import CalibrationStats, Statistic, ValueStats


class Parameters(BaseModel):
    """What may be set of an algorithm, each a key of the recipe; none where an algorithm adds nothing to it."""

    model_config = ConfigDict(frozen=True, extra="forbid")


P = TypeVar("P", bound=Parameters)


@dataclass(frozen=True)
class RangeMethod(Generic[P]):
    """Chooses the range of a value that is worth its steps.

    Attributes:
        choose: (statistics of the value, slope of the LeakyReLU that alone reads it or 1, parameters) → (low, high).
        parameters: their type, each with a default.
        needs: the statistics that it reads.
    """

    choose: Callable[[ValueStats, float, P], tuple[float, float]]
    parameters: type[P]
    needs: tuple[Statistic, ...]


@dataclass(frozen=True)
class GraphCorrection(Generic[P]):
    """Changes weights of the float network, which computes the same afterwards, so that it is quantized better.

    Attributes:
        correct: (graph, its statistics, values that are computed in float, parameters) → the new graph, with the
            statistics that it has.
        parameters: their type, each with a default.
        needs: the statistics that it reads.
    """

    correct: Callable[[Graph, CalibrationStats, Collection[str], P], tuple[Graph, CalibrationStats]]
    parameters: type[P]
    needs: tuple[Statistic, ...]


@dataclass(frozen=True)
class WeightCorrection(Generic[P]):
    """Changes constants of the network to what suits the plan, on the grids of its weights or to make up for them.

    Attributes:
        correct: (graph, plan, statistics, parameters) → the graph with other constants. It may be called again with
            larger scales, always with the graph as it was before.
        parameters: their type, each with a default.
        needs: the statistics that it reads.
    """

    correct: Callable[[Graph, QuantPlan, CalibrationStats, P], Graph]
    parameters: type[P]
    needs: tuple[Statistic, ...]


Algorithm: TypeAlias = RangeMethod[Any] | GraphCorrection[Any] | WeightCorrection[Any]


@dataclass(frozen=True)
class Chosen:
    """An algorithm of this name with its parameters, as a recipe chose it."""

    name: str
    algorithm: Algorithm
    parameters: Parameters

    def as_dict(self) -> dict[str, Any]:
        """The parameters by name."""
        return self.parameters.model_dump()
