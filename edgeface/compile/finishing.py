"""Inputs of a target's finish: the judged model, a judge for what is built from it, and further models."""

from __future__ import annotations

from typing import Any

from edgeface.backends import target
from edgeface.backends.finish import Finishing
from edgeface.backends.float_io import FloatRunner
from edgeface.backends.runtime import Runner
from edgeface.compile.build import build
from edgeface.compile.job import Job
from edgeface.compile.judge_built import Judged, open_judge
from edgeface.core.requirement import Requirement
from edgeface.tasks import task_of
from edgeface.validate.gate import judge
from edgeface.validate.judge import Candidate


def finishing(job: Job, judged: Judged) -> Finishing:
    """A finish's view of an export.

    Args:
        job: the export.
        judged: the accepted model, in the folder of its artifact.
    """
    built = judged.built

    def judge_runner(runner: Runner, name: str) -> tuple[list[Requirement], dict[str, Any]]:
        with open_judge(job, f"judging {name}") as on_images:
            (found,) = on_images.score([Candidate(FloatRunner(runner, built.target.layout).run)])
        task = task_of(job.source.contract)
        noise = judged.findings.noise  # of the same reference on the same images
        of_noise = None if noise is None else noise.by_name
        requirements = judge(judged.limits, found.tensors, found.decisions, task, of_noise)
        return requirements, found.comparison().model_dump(mode="json", exclude={"noise", "in_words"})

    return Finishing(
        target=built.target.name,
        files=built.files,
        folder=judged.model.parent,
        options=job.engines,
        judge=judge_runner,
        emit=lambda name: build(job, target(name)).files,
    )
