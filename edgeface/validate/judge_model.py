"""The whole verdict on a model: what a comparison found and how its runtime takes it, against the thresholds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from edgeface.core.progress import note
from edgeface.core.thresholds import Thresholds
from edgeface.tasks.task import Task
from edgeface.validate.compare import Findings
from edgeface.validate.gate import judge
from edgeface.validate.kernels import judge_kernels, kernel_facts


def judge_model(
    findings: Findings, limits: Thresholds, model: Path, task: Task, as_typed: bool = False
) -> tuple[Findings, dict[str, Any]]:
    """The findings with every requirement judged, and the model file's kernel facts; `as_typed` as in `kernel_facts`.

    A gate that requires nothing passes everything; that is said aloud.
    """
    kernels = kernel_facts(model, as_typed)
    requirements = judge(limits, findings.tensors, findings.decisions, task) + judge_kernels(limits, kernels)
    if not requirements:
        note(f"warning: no gate requires anything of {model.name}: add [gates] to the recipe")
    return replace(findings, requirements=requirements), kernels
