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

ROUNDS, BATCH_MS = 15, 40.0


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
                report = bench(BenchRequest([path, *models.values()], rounds=ROUNDS, batch_ms=BATCH_MS))
        finally:
            shutil.rmtree(self._folder)
        return {
            name: Took(ratio=item.ratio, low=item.ratio_low, high=item.ratio_high, ms=item.median_ms)
            for name, item in zip(models, report.measurements[1:], strict=True)
        }

    def _reference(self) -> bytes:
        if self._fp32 is None:
            self._fp32 = build(replace(self._job, options=BuildOptions()), target(REFERENCE)).model
        return self._fp32
