"""Times of models that are built but not judged yet, in interleaved rounds against onnx-fp32 of the same network."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from edgeface.backends import target
from edgeface.bench.export_latency import REFERENCE
from edgeface.bench.measure import BenchRequest, bench
from edgeface.compile.build import build
from edgeface.compile.job import BuildOptions, Job
from edgeface.core.processor_record import Took
from edgeface.core.progress import step
from edgeface.core.writing import fill_file, make_folders
from edgeface.exporting.processor_choice import overlap

ROUNDS, FINAL_ROUNDS, BATCH_MS = 9, 31, 40.0
"""All candidates run in a few rounds, and those that may be the quickest in more."""


class Stopwatch:
    """Times the models of one export on this processor, with one thread.

    Args:
        job: the export.
        folder: for temporary files.
    """

    def __init__(self, job: Job, folder: Path) -> None:
        self._job = job
        self._folder = folder / "stopwatch"
        self._fp32: bytes | None = None

    def took(self, models: Mapping[str, Path]) -> dict[str, Took]:
        """What each model takes.

        Args:
            models: files that a runtime opens, by target.

        Raises:
            RuntimeFailure: a runtime refuses its model, or dies.
        """
        make_folders(self._folder, "the model")
        path = self._folder / "reference.onnx"
        fill_file(path, self._reference(), "the model")
        try:
            with step("timing the candidates on this processor"):
                found = _timed(models, path, ROUNDS)
                near = _near_the_best(found)
                if 1 < len(near) < len(found):
                    found |= _timed({name: models[name] for name in near}, path, FINAL_ROUNDS)
            return found
        finally:
            shutil.rmtree(self._folder)

    def _reference(self) -> bytes:
        if self._fp32 is None:
            self._fp32 = build(replace(self._job, options=BuildOptions()), target(REFERENCE)).model
        return self._fp32


def _timed(models: Mapping[str, Path], reference: Path, rounds: int) -> dict[str, Took]:
    report = bench(BenchRequest([reference, *models.values()], rounds=rounds, batch_ms=BATCH_MS, peaks=False))
    return {
        name: Took(ratio=item.ratio, low=item.ratio_low, high=item.ratio_high, ms=item.median_ms)
        for name, item in zip(models, report.measurements[1:], strict=True)
    }


def _near_the_best(found: Mapping[str, Took]) -> list[str]:
    """Those that are not told apart from the quickest."""
    best = min(found.values(), key=lambda took: took.ratio, default=None)
    return [name for name, took in found.items() if best is not None and overlap(took, best)]
