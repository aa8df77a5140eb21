"""The candidates of an export for a board: each is built once, predicted, and judged when it is its turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from edgeface.backends import targets as known_targets
from edgeface.backends.target import Target
from edgeface.compile.build import Built, build
from edgeface.compile.job import Job
from edgeface.compile.request import ExportRequest
from edgeface.compile.stage import Staged, write_model
from edgeface.core.memory import release_memory
from edgeface.core.prediction_record import Predicted
from edgeface.core.progress import note, track
from edgeface.errors import EdgefaceError, GraphError, InputError
from edgeface.exporting.choose import CANDIDATES, Candidate
from edgeface.exporting.for_board import Predictor, board_of, reason
from edgeface.exporting.for_processor import fitting_targets, processor_of
from edgeface.exporting.validation import Validation
from edgeface.quantize.statistics import CalibrationStats


def with_candidates(request: ExportRequest) -> ExportRequest:
    """The request with the targets to choose from: those that its interface and arithmetic leave.

    Raises:
        InputError: the request is for no board, and no class of processors.
    """
    if processor_of(request.device) is not None:
        return replace(request, targets=fitting_targets(request))
    if board_of(request.device) is None:
        raise InputError(
            "no target named",
            where="--target",
            fix="pass one, e.g. tflite-int8, or --device here, or with a board, e.g. rk3399, for which one is chosen",
        )
    known = [known_targets()[name] for name in CANDIDATES if name in known_targets()]
    fitting = [each for each in known if request.io in each.io_types or request.io == "float"]
    integer = [each for each in fitting if each.scheme is not None or not request.integer_only]
    return replace(request, targets=tuple(each.name for each in integer))


class Trials:
    """Builds, predicts and judges the candidates of one export.

    Args:
        job: the export.
        targets: the candidates.
        stats: calibration statistics.
        predictor: predicts for the board.
        validation: judges builds.
    """

    def __init__(
        self,
        job: Job,
        targets: Sequence[Target],
        stats: CalibrationStats | None,
        predictor: Predictor,
        validation: Validation,
    ) -> None:
        self._job, self._stats = job, stats
        self._targets = {each.name: each for each in targets}
        self._predictor = predictor
        self._validation = validation
        self._built: dict[str, Built] = {}

    def candidates(self) -> list[Candidate]:
        """Every target with its prediction; where nothing can be predicted here, none is built before its turn."""
        found, able = list[Candidate](), True
        for name in track(self._targets, f"building and predicting for {self._predictor.board.title}"):
            if not able:
                found.append(Candidate(name))
                continue
            try:
                built = self._build(name)
            except GraphError as error:
                found.append(Candidate(name, unbuilt=error.what))
                continue
            predicted, missing = self._predicted(built)
            found.append(Candidate(name, predicted, missing=missing))
            able = predicted is not None or self._predictor.possible
        release_memory()  # calibration kept every activation of an image
        return found

    def judge(self, name: str) -> tuple[Staged, Predicted | None]:
        """The artifact of a target, and its prediction, which a repair may change.

        Raises:
            GateError: it is not good enough.
            GraphError: the target cannot express the network.
            RuntimeFailure: its runtime is missing, or fails.
        """
        (staged,) = self._validation.staged([self._build(name)], self._stats)
        return staged, self._predicted(staged.built)[0]

    def _build(self, name: str) -> Built:
        if name not in self._built:
            self._built[name] = build(self._job, self._targets[name], self._stats)
        return self._built[name]

    def _predicted(self, built: Built) -> tuple[Predicted | None, str | None]:
        """What is predicted of a model, or why nothing is."""
        try:
            return self._predictor.predicted(write_model(self._job, built, self._validation.folder)), None
        except EdgefaceError as error:
            note(f"{built.target.name}: no prediction for {self._predictor.board.title}: {reason(error)}")
            return None, reason(error)
