"""A staged artifact as a record of a benchmark."""

from __future__ import annotations

from edgeface.benchmark.record import FigureRecord, TargetRecord
from edgeface.compile.stage import Staged
from edgeface.core.prediction_record import PredictionRecord
from edgeface.tasks.task import Task
from edgeface.validate.describe import describe


def target_record(
    started: TargetRecord, staged: Staged, predicted: PredictionRecord | None, task: Task
) -> TargetRecord:
    """The record of a target that was judged, without its time.

    Args:
        started: with its name and key.
        staged: the artifact.
        predicted: on the board; None without one.
        task: what the network is for.
    """
    described = describe(staged.certificate, task)
    refusal = staged.refusal
    return started.model_copy(
        update={
            "outcome": "written" if refusal is None else "refused",
            "why": "" if refusal is None else refusal.what,
            "state": described.verdict.state,
            "headline": described.verdict.headline,
            "figures": tuple(
                FigureRecord(label=f.label, value=f.value, cases=f.cases, interval=f.interval)
                for f in described.figures
            ),
            "model_sha256": staged.manifest.model_sha256,
            "model_bytes": staged.manifest.model_bytes,
            "predicted": () if predicted is None else predicted.predictions,
            "unpredicted": "" if predicted is None else predicted.missing or "",
        }
    )
