"""Built models in the runtimes that prove them, scored side by side and held against the recipe's gate."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from edgeface.backends import runtime_named
from edgeface.backends.float_io import FloatRunner
from edgeface.compile.build import Built
from edgeface.compile.job import Job
from edgeface.core.certificate import Certificate, Evidence
from edgeface.core.thresholds import Thresholds
from edgeface.core.versions import versions
from edgeface.tasks import task_of
from edgeface.tasks.task import Image
from edgeface.validate.compare import Findings, Watch
from edgeface.validate.inputs import synthetic_for, task_images
from edgeface.validate.judge import Candidate, Judge
from edgeface.validate.judge_model import judge_model

SYNTHETIC_IMAGES = 4


@dataclass(frozen=True)
class Judged:
    """A built model with what was found of it. `model` is its file; `kernels` are how its runtime takes it."""

    built: Built
    model: Path
    limits: Thresholds
    findings: Findings
    kernels: dict[str, Any]

    def certificate(self, reference: str) -> Certificate:
        """What was measured, deterministic for the same inputs; `reference` names what it was compared with."""
        return Certificate(
            **self.findings.comparison().model_dump(),
            format=2,
            target=self.built.target.name,
            reference=reference,
            thresholds=self.limits,
            kernels=self.kernels,
            versions=versions(*runtime_named(self.built.target.runtime).distributions),
        )


def open_judge(job: Job, doing: str) -> Judge:
    """The judge of a job, on the images that calibration did not see, or on synthetic ones where there are none.

    Args:
        job: what is exported.
        doing: what images are read for, in progress and errors.
    """
    contract = job.source.contract

    def images() -> Iterable[Image]:
        if job.images.judge:
            return task_images(job.images.judge, doing, contract, job.detector)
        return synthetic_for(contract, SYNTHETIC_IMAGES, f"{doing} on synthetic images")

    return Judge(job.source.reference, contract, images, evidence_of(job))


def evidence_of(job: Job) -> Evidence:
    """What a job's artifacts are judged on."""
    if not job.images.judge:
        return "synthetic"
    return "composed" if "judged_on" in job.images.composed else "images"


def judge_built(job: Job, built: Sequence[Built], models: Sequence[Path], watches: Sequence[Watch]) -> list[Judged]:
    """Score all models in one pass over the images, and judge each by its own thresholds.

    Args:
        job: what is exported.
        built: the models.
        models: their files.
        watches: each looks on while its model's decisions are compared.

    Raises:
        InputError: an image cannot be used.
        RuntimeFailure: a runtime refuses a model, or fails.
    """
    runs = [opened(item, model).run for item, model in zip(built, models, strict=True)]
    observers = [tuple(observer() for observer in job.observers) for _ in built]
    candidates = [Candidate(*parts) for parts in zip(runs, watches, observers, strict=True)]
    with open_judge(job, f"judging {_named(built)}") as judge:
        scored = judge.score(candidates)
    measured = [measure.of(job.source.reference, runs) for measure in job.measures]
    judged = []
    for index, (item, model, findings) in enumerate(zip(built, models, scored, strict=True)):
        found = [column[index] for column in measured] + [observer.measured() for observer in observers[index]]
        limits, runtime = thresholds_of(job, item), runtime_named(item.target.runtime)
        known, kernels = judge_model(findings, limits, model, task_of(job.source.contract), runtime)
        for each in found:
            known = known.requiring(*each.requirements(limits))
            known = replace(known, further={**known.further, **each.entries()})
        judged.append(Judged(item, model, limits, known, kernels))
    return judged


def opened(built: Built, model: Path) -> FloatRunner:
    """A model file in the runtime that proves it."""
    return FloatRunner(runtime_named(built.target.runtime).open(model, 1), built.target.layout)


def thresholds_of(job: Job, built: Built) -> Thresholds:
    """What the recipe requires of a model."""
    integer_only = job.options.integer_only and built.quantization is not None
    return job.recipe.thresholds(built.target.name, job.source.contract.variant, integer_only)


def _named(built: Sequence[Built]) -> str:
    return built[0].target.name if len(built) == 1 else f"{len(built)} targets"
