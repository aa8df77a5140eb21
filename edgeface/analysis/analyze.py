"""Analysis of an artifact or a model: judge it, take it apart, and say what helps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from edgeface.analysis import alone, ranges
from edgeface.analysis.corrections import corrections
from edgeface.analysis.fallbacks import fallbacks, suggestions
from edgeface.analysis.headline import Known, headline
from edgeface.analysis.noise import own_noise
from edgeface.analysis.panel import Panel, open_panel
from edgeface.analysis.parts import Judged, Losses, Remedies
from edgeface.analysis.request import AnalyzeRequest
from edgeface.analysis.result import Analysis
from edgeface.analysis.subject import Subject, open_subject
from edgeface.analysis.symptoms import (
    Symptom,
    calibration_symptom,
    input_symptoms,
    output_symptoms,
    range_symptoms,
)
from edgeface.analysis.workbench import Workbench, open_workbench
from edgeface.analysis.wrong_inputs import wrong_inputs
from edgeface.backends import runtime_named
from edgeface.backends.float_io import FloatRunner
from edgeface.backends.onnx.runner import OrtRunner
from edgeface.compile.calibrate import calibrate
from edgeface.compile.judge_built import evidence_of, thresholds_of
from edgeface.compile.layers import layer_errors
from edgeface.compile.repair.groups import node_groups
from edgeface.contracts import Contract
from edgeface.core.artifact import sha256_hex
from edgeface.core.blas_threads import one_blas_thread
from edgeface.core.memory import release_memory
from edgeface.core.progress import note
from edgeface.graph.onnx_writer import write_onnx
from edgeface.images.split import spread
from edgeface.tasks.task import Image
from edgeface.validate.compare import Watch
from edgeface.validate.gate import judge
from edgeface.validate.inputs import synthetic_for, task_images

SYNTHETIC_IMAGES = 4


@one_blas_thread()
def analyze(request: AnalyzeRequest, watching: Callable[[Contract], Watch] | None = None) -> Analysis:
    """What is wrong with an artifact's or a model's quantization, where, and what helps.

    The same inputs give the same result; it takes about a minute for a small detector on 16 images.

    Args:
        request: the request.
        watching: given the contract, what is called for every image with both networks' decisions.

    Raises:
        EdgefaceError: an input cannot be used.
    """
    with open_subject(request) as subject:
        stats = calibrate(subject.job)
        panel = _panel(subject, request.count)
        with open_workbench(subject.job, subject.target, stats, panel) as bench:
            release_memory()
            model = bench.built.write(bench.folder)
            watch = None if watching is None else watching(panel.contract)
            return _analysis(_Opened(subject, bench, model, _runner(subject, model)), watch)


@dataclass(frozen=True)
class _Opened:
    """A subject with its workbench; `model` is the file that was built, `runner` runs what is analyzed."""

    subject: Subject
    bench: Workbench
    model: Path
    runner: FloatRunner

    @property
    def panel(self) -> Panel:
        return self.bench.panel


def _analysis(opened: _Opened, watch: Watch | None) -> Analysis:
    judged = _judged(opened, watch)
    losses = _losses(opened.bench, opened.model)
    remedies = _remedies(opened.bench, judged)
    symptoms = tuple(_symptoms(opened, judged, losses))
    subject, panel = opened.subject, opened.panel
    drift = panel.task.drift_is
    return Analysis(
        subject=subject.name,
        target=subject.target.name,
        contract=panel.contract,
        drift=drift,
        headline=headline(Known(subject.target.name, drift, judged, symptoms, remedies, losses)),
        judged=judged,
        symptoms=symptoms,
        losses=losses,
        remedies=remedies,
        wrong_inputs=() if panel.kind == "synthetic" else tuple(wrong_inputs(panel, opened.runner.run)),
        prices=opened.bench.prices.source,
        names=panel.names,
        built=opened.bench.built,
    )


def _panel(subject: Subject, count: int) -> Panel:
    job, contract = subject.job, subject.job.source.contract
    files = spread(job.images.judge, count) if job.images.judge else []
    chosen = set(files)
    names = [name for file, name in zip(job.images.judge, job.images.judge_names, strict=True) if file in chosen]

    def images() -> Iterator[Image]:
        if files:
            return task_images(files, "fp32 on the images", contract, job.detector)
        note("no images given: numbers are compared on synthetic images, decisions are not")
        return synthetic_for(contract, SYNTHETIC_IMAGES, "fp32 on synthetic images")

    return open_panel(job.source.reference, contract, images(), evidence_of(job), names)


def _runner(subject: Subject, model: Path) -> FloatRunner:
    """What is analyzed: the artifact's own file, or the one that was built."""
    path = model if subject.artifact is None else subject.artifact.model_path
    runner = runtime_named(subject.target.runtime).open(path, 1)
    return FloatRunner(runner, subject.target.layout)


def _judged(opened: _Opened, watch: Watch | None) -> Judged:
    subject, bench, panel = opened.subject, opened.bench, opened.panel
    artifact = subject.artifact
    effect = panel.judge(opened.runner.run, watch)
    same = artifact is None or artifact.manifest.model_sha256 == sha256_hex(bench.built.model)
    rebuilt = effect if same else panel.judge(_runner(replace(subject, artifact=None), opened.model).run)
    limits = thresholds_of(subject.job, bench.built) if artifact is None else artifact.certificate().thresholds
    noise = own_noise(panel, OrtRunner(write_onnx(bench.quantized.exact)).run)
    floor = {each.change.name: each.effect.agreement for each in noise}
    required = judge(limits, effect.tensors, effect.agreement, panel.task, floor)
    missed = tuple(f"{each.what} {each.measured}, required {each.limit}" for each in required if each.missed)
    return Judged(effect, rebuilt, same, len(panel.seen), panel.kind, missed, tuple(noise))


def _losses(bench: Workbench, model: Path) -> Losses:
    panel, quantized = bench.panel, bench.quantized
    names = [*(name for name in quantized.exact.inputs if name not in bench.stated), *bench.integer]
    layers = layer_errors(bench.built, model, panel.feeds(1)[0])
    by_layer = alone.errors_alone(quantized, names, panel.feeds(alone.IMAGES))
    uses = ranges.range_uses(quantized, bench.parts.stats, names, panel.feeds(ranges.IMAGES))
    release_memory()  # every value of a network was in memory
    return Losses(layers, tuple(by_layer), tuple(uses))


def _remedies(bench: Workbench, judged: Judged) -> Remedies:
    base = judged.rebuilt
    with_float_io = base if bench.built.io == "float" else bench.panel.judge(bench.emitted(*bench.in_float(())))
    found = fallbacks(bench, node_groups(bench.quantized.exact, bench.integer), with_float_io)
    return Remedies(tuple(found), tuple(suggestions(bench, found, base)), tuple(corrections(bench, base)))


def _symptoms(opened: _Opened, judged: Judged, losses: Losses) -> Iterator[Symptom]:
    yield from input_symptoms(opened.panel, opened.subject.job.source.reference.run)
    yield from output_symptoms(opened.panel, opened.runner)
    if not judged.same:
        yield from calibration_symptom(judged.effect, judged.rebuilt)
    yield from range_symptoms(losses.ranges)
