"""The whole verdict on a model: what a comparison found and how its runtime takes it, against the thresholds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from edgeface.core.progress import note
from edgeface.validate.compare import Findings
from edgeface.validate.gate import Thresholds, judge
from edgeface.validate.kernels import judge_kernels, kernel_facts


def judge_model(
    findings: Findings, limits: Thresholds, model: Path, as_typed: bool = False
) -> tuple[Findings, dict[str, Any]]:
    """The findings with every demand judged, and the kernel facts of the model file; `as_typed` as in `kernel_facts`.

    A gate that demands nothing passes everything; that is said aloud.
    """
    kernels = kernel_facts(model, as_typed)
    demands = judge(limits, findings.tensors, findings.decisions) + judge_kernels(limits, kernels)
    if not demands:
        note(f"warning: no gate demands anything of {model.name}: add [gates] to the recipe")
    return replace(findings, demands=demands), kernels
