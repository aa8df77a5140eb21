"""The workbench: one quantized model, and others that differ from it in what is computed in float."""

from __future__ import annotations

import glob
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count
from pathlib import Path

from edgeface.analysis.panel import Panel
from edgeface.analysis.price import Prices
from edgeface.backends import runtime_named
from edgeface.backends.float_io import FloatRunner
from edgeface.backends.target import EmitOptions, Target
from edgeface.compile.build import Built, Parts, emit_quantized, parts_of
from edgeface.compile.job import Job
from edgeface.compile.quantization import quantize_for, stated_precision
from edgeface.core.progress import step
from edgeface.core.temporary import temporary_folder
from edgeface.core.writing import fill_file
from edgeface.graph.ir import Graph
from edgeface.quantize.plan import QuantPlan, Stated
from edgeface.quantize.precision import state_precision
from edgeface.quantize.quantize import Quantized
from edgeface.quantize.statistics import CalibrationStats
from edgeface.validate.reference import Network

FLOAT = Stated("float32", "analysis")


@dataclass(frozen=True)
class Workbench:
    """A model as it is built, with everything that models like it are made of.

    Attributes:
        job: the export that it is of.
        target: an integer target.
        stats: calibration statistics of the job's graph.
        parts: what it is quantized from.
        quantized: its graph and plan.
        built: its files.
        panel: the images that judge.
        folder: a temporary folder.
    """

    job: Job
    target: Target
    stats: CalibrationStats
    parts: Parts
    quantized: Quantized
    built: Built
    panel: Panel
    folder: Path

    @cached_property
    def stated(self) -> dict[str, Stated]:
        """The values with another dtype than the target's 8 bits, with a float interface."""
        return stated_precision(self.job, self.parts.graph, self.target, "float")

    @cached_property
    def prices(self) -> Prices:
        """Predicts the times of others as multiples of this one's."""
        return Prices(self.job, self.target, *self.in_float(()))

    @cached_property
    def integer(self) -> tuple[str, ...]:
        """The values that nodes compute in integers, in the order of the graph."""
        kept = {name for name, asked in self.stated.items() if asked.is_float}
        typed = [n.output for n in self.parts.graph.nodes if self.parts.graph.type(n.output).dtype == "float32"]
        return tuple(name for name in typed if name not in kept)

    def restated(self, in_float: Collection[str]) -> dict[str, Stated]:
        """What is stated where exactly these nodes, by their outputs, are computed in float; with what follows."""
        graph = self.quantized.exact
        named = graph.rebuild([replace(node, origin=node.output) for node in graph.nodes])
        asked = {glob.escape(name): FLOAT for name in in_float}
        others = {n: s for n, s in self.stated.items() if not s.is_float and n not in in_float}
        return state_precision(named, asked | {glob.escape(n): s for n, s in others.items()}, float_interface=True)

    def in_float(self, outputs: Collection[str]) -> tuple[Graph, QuantPlan]:
        """The model with these nodes, by their outputs, in float too; the others keep scales and weights."""
        kept = {
            name for name, asked in self.stated.items() if asked.is_float and name in self.quantized.exact.producers
        }
        return self._mixed(self.restated(kept.union(outputs)))

    def only(self, outputs: Collection[str]) -> tuple[Graph, QuantPlan]:
        """The model with only these nodes in integers, and all others in float."""
        others = {n.output for n in self.quantized.exact.nodes}.difference(outputs)
        return self._mixed(self.restated(others))

    def _mixed(self, stated: Mapping[str, Stated]) -> tuple[Graph, QuantPlan]:
        """The quantized graph with the weights of float nodes as they were, and a plan that says so."""
        exact, rounded = self.quantized.exact, self.quantized.graph
        in_integers = {i for n in exact.nodes if not _is_float(stated, n.output) for i in n.inputs}
        in_float = {i for n in exact.nodes if _is_float(stated, n.output) for i in n.inputs} - in_integers
        restored = {name: data for name, data in exact.constants.items() if name in in_float}
        params = {name: p for name, p in self.quantized.plan.params.items() if name not in restored}
        return rounded.rebuild(constants=restored), QuantPlan(params, stated, self.quantized.plan.default)

    def emitted(self, graph: Graph, plan: QuantPlan) -> Network:
        """A model in the runtime that judges it."""
        return self.opened(self.target.emit(graph, plan, EmitOptions("float")))

    def opened(self, files: Mapping[str, bytes]) -> Network:
        """A model's files in the runtime that judges it."""
        folder = self.folder / f"{next(_NUMBERS)}"
        folder.mkdir()
        for name, data in files.items():
            fill_file(folder / name, data, "a model to compare")
        opened = runtime_named(self.target.runtime).open(folder / self.target.model_file, 1)
        return FloatRunner(opened, self.target.layout).run

    def rebuilt(self, job: Job) -> Built:
        """The model of another job on the same graph and statistics, all of it done again."""
        parts = parts_of(job, self.target, self.stats)
        quantized = quantize_for(job, parts.graph, self.target, parts.io, parts.stats)
        files = self.target.emit(quantized.graph, quantized.plan, EmitOptions(parts.io))
        return Built(self.target, quantized.exact, files, parts.io, None)


@contextmanager
def open_workbench(job: Job, target: Target, stats: CalibrationStats, panel: Panel) -> Iterator[Workbench]:
    """The workbench of a job for an integer target; its files are removed at the end.

    Raises:
        InputError, GraphError: as `build`.
    """
    parts = parts_of(job, target, stats)
    with step("choosing scales and correcting weights"):
        quantized = quantize_for(job, parts.graph, target, parts.io, parts.stats)
    built = emit_quantized(job, target, parts.io, quantized)
    with temporary_folder() as folder:
        yield Workbench(job, target, stats, parts, quantized, built, panel, folder)


_NUMBERS = count()


def _is_float(stated: Mapping[str, Stated], name: str) -> bool:
    return name in stated and stated[name].is_float
