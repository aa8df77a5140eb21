"""Quantization algorithms as values: the statistics that they need, their parameters, and their function.

There are four kinds: a `RangeMethod` chooses the range of one value, a `GraphCorrection` changes the network before
scales are chosen, a `WeightCorrection` changes its weights afterwards by statistics, and an `ExampleCorrection` changes
them last, by images that it runs through the float and the quantized network side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict

from edgeface.graph.ir import Graph
from edgeface.quantize.examples import Examples
from edgeface.quantize.plan import QuantPlan
from edgeface.quantize.relief import Relief
from edgeface.quantize.statistics import CalibrationStats, Statistic, ValueStats


class Parameters(BaseModel):
    """Parameters of an algorithm, which are keys of the recipe; none by default."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


P = TypeVar("P", bound=Parameters)


@dataclass(frozen=True)
class RangeMethod(Generic[P]):
    """Chooses the quantization range of a value.

    Attributes:
        choose: (statistics of the value, slope of the LeakyReLU that is its only reader or 1, parameters) → (low,
            high).
        parameters: their type; every parameter has a default.
        needs: the statistics that it uses.
    """

    choose: Callable[[ValueStats, float, P], tuple[float, float]]
    parameters: type[P]
    needs: tuple[Statistic, ...]


@dataclass(frozen=True)
class GraphCorrection(Generic[P]):
    """Changes weights of the float network, without changing its results, so that it quantizes better.

    Attributes:
        correct: (graph, its statistics, values that are computed in float, parameters) → the new graph and its
            statistics.
        parameters: their type; every parameter has a default.
        needs: the statistics that it uses.
    """

    correct: Callable[[Graph, CalibrationStats, Collection[str], P], tuple[Graph, CalibrationStats]]
    parameters: type[P]
    needs: tuple[Statistic, ...]


@dataclass(frozen=True)
class WeightCorrection(Generic[P]):
    """Changes constants of the network to fit the plan: rounds weights to their grids or compensates for rounding.

    Attributes:
        correct: (graph, plan, statistics, parameters) → the graph with new constants. It may be called again with
            larger scales, always on the original graph.
        parameters: their type; every parameter has a default.
        needs: the statistics that it uses.
    """

    correct: Callable[[Graph, QuantPlan, CalibrationStats, P], Graph]
    parameters: type[P]
    needs: tuple[Statistic, ...]


@dataclass(frozen=True)
class Exemplified:
    """What an `ExampleCorrection` starts from.

    Attributes:
        exact: the float graph, the reference.
        graph: the same nodes with the weights so far, those of int8 convolutions on their grids if an earlier
            algorithm rounded them.
        plan: with the weights' scales.
        examples: calibration images.
        relieve: the scheme's, if it has one; it may be given a graph of a single convolution.
    """

    exact: Graph
    graph: Graph
    plan: QuantPlan
    examples: Examples
    relieve: Relief | None = None


@dataclass(frozen=True)
class ExampleCorrection(Generic[P]):
    """Changes constants by calibration images, which run through both networks; runs after all other corrections.

    Attributes:
        correct: (graphs, plan and images, parameters) → the graph with new constants, and the plan, in which weight
            scales may have grown.
        parameters: their type; every parameter has a default.
        needs: the statistics that it uses besides the images.
    """

    correct: Callable[[Exemplified, P], tuple[Graph, QuantPlan]]
    parameters: type[P]
    needs: tuple[Statistic, ...] = ()


Algorithm: TypeAlias = RangeMethod[Any] | GraphCorrection[Any] | WeightCorrection[Any] | ExampleCorrection[Any]


@dataclass(frozen=True)
class Chosen:
    """An algorithm with its name and parameters, as chosen by a recipe."""

    name: str
    algorithm: Algorithm
    parameters: Parameters

    def as_dict(self) -> dict[str, Any]:
        """The parameters by name."""
        return self.parameters.model_dump()
