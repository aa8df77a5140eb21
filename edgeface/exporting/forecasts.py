"""Predictions of an export for a board: of its artifacts, or of candidates among which one is chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from edgeface.backends.target import Target
from edgeface.compile.job import Job
from edgeface.compile.stage import Staged
from edgeface.core.prediction_record import PredictionRecord, write_prediction
from edgeface.exporting.choose import choose
from edgeface.exporting.for_board import Predictor
from edgeface.exporting.trials import Trials
from edgeface.exporting.validation import Validation
from edgeface.quantize.statistics import CalibrationStats


class Forecasts:
    """What is predicted of an export's artifacts on its board; nothing without one.

    Args:
        predictor: predicts for the board; None if the export is for none.
    """

    def __init__(self, predictor: Predictor | None) -> None:
        self._predictor = predictor
        self._records: dict[str, PredictionRecord] = {}

    @property
    def records(self) -> Mapping[str, PredictionRecord]:
        """By target."""
        return self._records

    def add(self, staged: Sequence[Staged]) -> None:
        """Predict artifacts, and write the records into their folders; those that no board runs are left out."""
        if self._predictor is None:
            return
        for each in staged:
            if each.built.target.finish is None:
                self._keep(each, self._predictor.record(_model_of(each), each.manifest))

    def chosen(
        self, job: Job, targets: Sequence[Target], stats: CalibrationStats | None, validation: Validation
    ) -> Staged:
        """The artifact of the quickest target that passes the gate, with the record of the choice in its folder.

        Args:
            job: the export.
            targets: the candidates.
            stats: calibration statistics.
            validation: judges builds.

        Raises:
            GateError: none is good enough.
        """
        predictor = self._predictor
        assert predictor is not None
        trials = Trials(job, targets, stats, predictor, validation)
        found = choose(trials.candidates(), trials.judge, predictor.board.title)
        record = predictor.record(_model_of(found.result), found.result.manifest)
        self._keep(found.result, record.model_copy(update={"candidates": found.candidates, "why": found.why}))
        return found.result

    def _keep(self, staged: Staged, record: PredictionRecord) -> None:
        write_prediction(staged.folder, record)
        self._records[staged.manifest.target] = record


def _model_of(staged: Staged) -> Path:
    return staged.folder / staged.manifest.model_file
