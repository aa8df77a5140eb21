"""The complete verdict on a model: comparison and kernels, against the thresholds."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

from edgeface.backends.runtime import Runtime
from edgeface.core.progress import note
from edgeface.core.thresholds import Thresholds
from edgeface.tasks.task import Task
from edgeface.validate.compare import Findings
from edgeface.validate.gate import judge
from edgeface.validate.kernels import inspect_kernels, judge_kernels


def judge_model(
    findings: Findings,
    limits: Thresholds,
    model: Path,
    task: Task,
    runtime: Runtime | None = None,
    probabilities: Collection[str] = (),
) -> tuple[Findings, dict[str, Any]]:
    """The findings with every requirement judged, and what `inspect_kernels` found.

    A gate without requirements passes everything; a warning says so. `probabilities` are outputs that are.
    """
    kernels = inspect_kernels(model, runtime)
    noise = None if findings.noise is None else findings.noise.by_name
    requirements = judge(limits, findings.tensors, findings.decisions, task, noise, probabilities)
    requirements += judge_kernels(limits, kernels)
    if not requirements:
        note(f"warning: the recipe has no gate for {model.name}: add [gates] to the recipe")
    return replace(findings, requirements=requirements, in_words=_in_words(findings, task)), kernels.facts


def _in_words(findings: Findings, task: Task) -> str | None:
    if findings.noise is None or findings.decisions is None:
        return None
    return task.noise_sentence(findings.decisions.as_dict(), findings.noise.as_dict())
