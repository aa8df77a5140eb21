"""Predictions of an export for a board: of its artifacts, or of candidates among which one is chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from edgeface.backends import targets as known_targets
from edgeface.backends.target import Target
from edgeface.bundle.boards import Board
from edgeface.compile.build import Built, build
from edgeface.compile.job import Job
from edgeface.compile.request import ExportRequest
from edgeface.compile.stage import Staged, write_model
from edgeface.core.memory import release_memory
from edgeface.core.prediction_record import Predicted, PredictionRecord, write_prediction
from edgeface.core.progress import note, track
from edgeface.errors import EdgefaceError, GraphError
from edgeface.exporting.choose import CANDIDATES, Candidate, choose
from edgeface.exporting.for_board import Predictor
from edgeface.exporting.validation import Validation
from edgeface.quantize.statistics import CalibrationStats


def with_candidates(request: ExportRequest) -> ExportRequest:
    """The request with the targets to choose from: those that its interface and arithmetic leave."""
    known = [known_targets()[name] for name in CANDIDATES if name in known_targets()]
    fitting = [each.name for each in known if request.io in each.io_types or request.io == "float"]
    if request.integer_only:
        fitting = [name for name in fitting if known_targets()[name].scheme is not None]
    return replace(request, targets=tuple(fitting))


class Forecasts:
    """What is predicted of an export's artifacts on its board; nothing without one.

    Args:
        board: the board, None if the export is for none.
    """

    def __init__(self, board: Board | None) -> None:
        self._predictor = None if board is None else Predictor(board)
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
                name = each.manifest.target
                self._keep(each, self._predictor.record(each.folder / each.manifest.model_file, name))

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
        unavailable = predictor.unavailable
        built: dict[str, Built] = {}
        candidates = []
        if unavailable is not None:
            note(f"no predictions for {predictor.board.title}: {unavailable}")
        for wanted in track(targets, f"building and predicting for {predictor.board.title}"):
            made = _built(job, wanted, stats)
            if isinstance(made, Built):
                built[wanted.name] = made
                predicted = None if unavailable else _predicted(predictor, write_model(job, made, validation.folder))
                candidates.append(Candidate(wanted.name, predicted))
            else:
                candidates.append(Candidate(wanted.name, unbuilt=made))
        release_memory()

        def judge(name: str) -> tuple[Staged, Predicted | None]:
            (staged,) = validation.staged([built[name]], stats)
            model = staged.folder / staged.manifest.model_file
            return staged, None if unavailable else _predicted(predictor, model)  # a repair may have changed it

        found = choose(candidates, judge, predictor.board.title)
        model = found.result.folder / found.result.manifest.model_file
        record = predictor.record(model, found.target)
        self._keep(found.result, record.model_copy(update={"candidates": found.candidates, "why": found.why}))
        return found.result

    def _keep(self, staged: Staged, record: PredictionRecord) -> None:
        write_prediction(staged.folder, record)
        self._records[staged.manifest.target] = record


def _built(job: Job, wanted: Target, stats: CalibrationStats | None) -> Built | str:
    """The model of a target, or why it cannot express the network."""
    try:
        return build(job, wanted, stats)
    except GraphError as error:
        return error.what


def _predicted(predictor: Predictor, model: Path) -> Predicted | None:
    try:
        return predictor.predicted(model)
    except EdgefaceError as error:
        note(f"{model.parent.name}: no prediction: {error.what}")
        return None
