"""Judging of built models in their runtimes, all in one pass, against the recipe's gate."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from edgeface.backends import runtime_named
from edgeface.backends.float_io import FloatRunner
from edgeface.backends.opened import open_here
from edgeface.compile.build import Built
from edgeface.compile.job import Job
from edgeface.core.certificate import Certificate, Evidence
from edgeface.core.repair_record import RepairRecord
from edgeface.core.thresholds import Thresholds
from edgeface.core.versions import versions
from edgeface.tasks import task_of
from edgeface.tasks.task import Agreement, Image
from edgeface.validate.compare import Findings, Watch
from edgeface.validate.inputs import synthetic_for, task_images
from edgeface.validate.judge import Candidate, Judge
from edgeface.validate.judge_model import judge_model
from edgeface.validate.measure import Measured
from edgeface.validate.noise import NoiseFloor, Noises

SYNTHETIC_IMAGES = 4


@dataclass(frozen=True)
class Judged:
    """A built model with its findings. `model` is its file; `kernels` describe how its runtime executes it.

    `repair` is what was changed so that its gate holds, or what was tried. `measured` are the measurements beyond its
    agreement, as values, for reports.
    """

    built: Built
    model: Path
    limits: Thresholds
    findings: Findings
    kernels: dict[str, Any]
    repair: RepairRecord | None = None
    measured: tuple[Measured, ...] = ()

    def certificate(self, reference: str) -> Certificate:
        """The certificate, deterministic for the same inputs; `reference` names the reference."""
        return Certificate(
            **self.findings.comparison().model_dump(),
            format=4,
            target=self.built.target.name,
            reference=reference,
            thresholds=self.limits,
            kernels=self.kernels,
            repair=self.repair,
            versions=versions(*runtime_named(self.built.target.runtime).distributions),
        )


def open_judge(job: Job, doing: str, keep: bool = False, noises: Noises | None = None) -> Judge:
    """The judge of a job, on images that did not calibrate, or on synthetic ones where there are none.

    Args:
        job: the export.
        doing: the purpose of reading images, for progress and errors.
        keep: whether it will score more than once.
        noises: the reference's own noise that is measured too; see `needed_noise`.
    """
    contract = job.source.contract

    def images() -> Iterable[Image]:
        if job.images.judge:
            return task_images(job.images.judge, doing, contract, job.detector)
        return synthetic_for(contract, SYNTHETIC_IMAGES, f"{doing} on synthetic images")

    return Judge(job.source.reference, contract, images, evidence_of(job), keep, noises or Noises())


def needed_noise(job: Job, built: Sequence[Built]) -> Noises:
    """The reference's own noise that requirements on models are relative to; none where none is.

    A part of the images shows enough where every requirement is met even if the noise on all images were the least that
    the part allows: more images would then change no verdict. A model that is refused, or nearly, gets all images.
    """
    limits = [thresholds_of(job, item) for item in built]
    if all(each.noise_factor is None for each in limits):
        return Noises()
    task = task_of(job.source.contract)

    def enough(agreed: Sequence[Agreement | None], least: Callable[[int], Mapping[str, Agreement]]) -> bool:
        return all(
            found is not None and all(each.met for each in task.requirements(limit, found, least(found.cases)))
            for limit, found in zip(limits, agreed, strict=True)
        )

    return Noises(task.noises, enough, len(job.images.judge))


def evidence_of(job: Job) -> Evidence:
    """The kind of images that judge a job's artifacts."""
    if not job.images.judge:
        return "synthetic"
    return "composed" if "judged_on" in job.images.composed else "images"


def judge_built(
    job: Job,
    built: Sequence[Built],
    models: Sequence[Path],
    watches: Sequence[Watch],
    noise: NoiseFloor | None = None,
) -> list[Judged]:
    """All models judged in one pass over the images, each by its thresholds.

    Args:
        job: the export.
        built: the models.
        models: their files.
        watches: one for each model, called for every compared image.
        noise: the reference's own on these images, where it is known already.

    Raises:
        InputError: an image cannot be used.
        RuntimeFailure: a runtime refuses a model, or fails.
    """
    places = [job.open_model(item.target, model, 1) for item, model in zip(built, models, strict=True)]
    runs = [FloatRunner(each.runner, item.target.layout).run for each, item in zip(places, built, strict=True)]
    observers = [tuple(observer() for observer in job.observers) for _ in built]
    candidates = [Candidate(*parts) for parts in zip(runs, watches, observers, strict=True)]
    noises = needed_noise(job, built) if noise is None else None
    with open_judge(job, f"judging {_named(built)}", noises=noises) as judge:
        scored = [replace(found, noise=noise or found.noise) for found in judge.score(candidates)]
    measured = [measure.of(job.source.reference, runs) for measure in job.measures]
    judged = []
    for index, (item, model, findings) in enumerate(zip(built, models, scored, strict=True)):
        found = [column[index] for column in measured] + [observer.measured() for observer in observers[index]]
        limits, runtime = thresholds_of(job, item), runtime_named(item.target.runtime)
        task, reference = task_of(job.source.contract), job.source.reference
        known, kernels = judge_model(findings, limits, model, task, runtime, reference.probabilities)
        for each in found:
            known = known.requiring(*each.requirements(limits))
            known = replace(known, further={**known.further, **each.entries()})
        judged.append(Judged(item, model, limits, known, {**kernels, **places[index].facts}, measured=tuple(found)))
    return judged


def opened(built: Built, model: Path) -> FloatRunner:
    """A model file in its runtime on this machine: for a target that is judged elsewhere, nearly what counts."""
    return FloatRunner(open_here(built.target, model).runner, built.target.layout)


def thresholds_of(job: Job, built: Built) -> Thresholds:
    """The recipe's requirements on a model."""
    integer_only = job.for_target(built.target).options.integer_only and built.quantization is not None
    return job.recipe.thresholds(built.target.name, job.source.contract.variant, integer_only)


def _named(built: Sequence[Built]) -> str:
    return built[0].target.name if len(built) == 1 else f"{len(built)} targets"
