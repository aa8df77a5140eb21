"""What an export would do with a network's operators, before anything is calibrated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from edgeface.backends import target
from edgeface.backends.target import EmitOptions, Target
from edgeface.compile.open_source import open_source
from edgeface.compile.recipe import Recipe
from edgeface.compile.request import ExportRequest
from edgeface.compile.requested import requested_recipe
from edgeface.compile.source import Declared
from edgeface.compile.told import with_told_model
from edgeface.core.progress import note
from edgeface.errors import GraphError, OperatorError, Refusal
from edgeface.graph.ir import Graph
from edgeface.graph.onnx_reader import parse_onnx, read_onnx
from edgeface.graph.onnx_steps.image_shapes import image_shapes
from edgeface.models import family
from edgeface.models.layouts import told_variant
from edgeface.passes import run_passes
from edgeface.quantize.build_plan import build_plan
from edgeface.quantize.histogram import BINS
from edgeface.quantize.plan import QuantPlan, Stated, in_float32
from edgeface.quantize.precision import state_precision
from edgeface.quantize.ranges import RangeRule
from edgeface.quantize.statistics import CalibrationStats, ValueStats


@dataclass(frozen=True)
class Forecast:
    """What a target would make of a network.

    Attributes:
        target: its name.
        lowered: nodes by operator that it computes in its own type.
        fallback: nodes that an integer target computes in float, and why.
        refused: nodes that it cannot express; none if the export can go on.
    """

    target: str
    lowered: Mapping[str, int]
    fallback: tuple[Refusal, ...] = ()
    refused: tuple[Refusal, ...] = ()


@dataclass(frozen=True)
class DryRun:
    """The network as it was read, and a forecast for every target.

    Attributes:
        model: the network's name.
        inputs, outputs: shapes by name.
        forecasts: in the order of the request.
    """

    model: str
    inputs: Mapping[str, tuple[int, ...]]
    outputs: Mapping[str, tuple[int, ...]]
    forecasts: tuple[Forecast, ...] = field(default=())

    @property
    def possible(self) -> bool:
        """Whether every target can express the network."""
        return not any(each.refused for each in self.forecasts)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "possible": self.possible}


def dry_run(request: ExportRequest) -> DryRun:
    """A forecast of an export; no images are needed, and for an ONNX file no contract.

    Raises:
        InputError, CheckpointError, ContractError: an input cannot be used.
        OperatorError: nodes cannot be read.
    """
    targets = [target(name) for name in dict.fromkeys(request.targets)]
    request = with_told_model(request)
    graph, recipe = _opened(request)
    graph = run_passes(graph)
    shapes = {name: graph.type(name).shape for name in (*graph.inputs, *graph.outputs)}
    return DryRun(
        graph.name,
        {name: shapes[name] for name in graph.inputs},
        {name: shapes[name] for name in graph.outputs},
        tuple(forecast(graph, each, recipe) for each in targets),
    )


def _opened(request: ExportRequest) -> tuple[Graph, Recipe | None]:
    path = request.onnx_file
    if path is not None and request.contract is None:
        size = request.input_size
        return read_onnx(
            path, path.stem, None if size is None else image_shapes(parse_onnx(path), size, str(path))
        ), None
    recipe = requested_recipe(request)
    size = request.input_size or (None if recipe.input is None else (recipe.input.height, recipe.input.width))
    variant = request.variant if request.variant is not None else recipe.variant
    onnx, contract = request.onnx_file, request.contract
    if variant is None and request.weights is not None and onnx is None:
        variant = _shown_variant(recipe.model, request.weights)
    declared = Declared(recipe.model, request.weights, variant, request.color, size, request.seed, onnx, contract)
    return read_onnx(open_source(declared, []).onnx, recipe.model), recipe


def _shown_variant(model: str, weights: Path) -> str | None:
    """The variant that stands for all whose tensors the checkpoint has; None where they tell it, or it is the only one.

    Which it is, only images tell, and its operators are nearly the same.
    """
    found = family(model)
    if len(found.variants()) < 2 or told_variant(weights, found) is not None:
        return None
    first = next(iter(found.variants()))
    note(f"the tensors do not tell the variant: shown as {first}; --variant names another")
    return first


def forecast(graph: Graph, wanted: Target, recipe: Recipe | None = None) -> Forecast:
    """What a target makes of a graph: it is emitted with made-up ranges, and thrown away.

    Args:
        graph: a graph after the passes.
        wanted: the target.
        recipe: what it keeps in float is in float; None if no recipe is known.
    """
    stated: Mapping[str, Stated] = {}
    refused: tuple[Refusal, ...] = ()
    try:
        graph = run_passes(graph, wanted.legalize)
        if wanted.scheme is not None:
            patterns = in_float32(wanted.float_kinds) | (
                {} if recipe is None else recipe.quantize.patterns_for(wanted.name)
            )
            stated = state_precision(graph, patterns, float_interface=True)
            if wanted.integer_forms is not None:
                graph = wanted.integer_forms(graph, {name for name, asked in stated.items() if asked.is_float})
        wanted.emit(graph, _made_up_plan(graph, wanted, stated), EmitOptions())
    except OperatorError as error:
        refused = error.refusals
    except GraphError as error:
        refused = (Refusal(error.where or graph.name, _operator_at(graph, error), error.what, error.fix),)
    floats = {name for name, asked in stated.items() if asked.is_float}
    fallback = [node for node in graph.nodes if node.output in floats]
    names = {item.node for item in refused}
    fine = [n for n in graph.nodes if n.output not in floats and names.isdisjoint((n.origin or n.output, str(n)))]
    return Forecast(
        wanted.name,
        dict(sorted(Counter(type(node.op).__name__ for node in fine).items())),
        tuple(Refusal(n.origin or n.output, type(n.op).__name__, stated[n.output].reason) for n in fallback),
        refused,
    )


def _operator_at(graph: Graph, error: GraphError) -> str:
    """The operator of the node that an error names."""
    return next((type(n.op).__name__ for n in graph.nodes if error.where and str(n) in error.where), "graph")


def _made_up_plan(graph: Graph, wanted: Target, stated: Mapping[str, Stated]) -> QuantPlan:
    """A plan of the target as if every value had been between 0 and 1, which every prescribed scale covers."""
    if wanted.scheme is None:
        return wanted.float_plan()
    none, low, high = np.zeros((1, BINS), np.int64), np.zeros(1), np.ones(1)
    values = {name: ValueStats(none, low, high, low, 1) for name in graph.reals}
    stats = CalibrationStats(values, images=1)
    return build_plan(graph, stats, wanted.scheme, RangeRule("minmax"), stated=stated)
