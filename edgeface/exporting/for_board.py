"""The board that an export is for: what is predicted of its artifacts there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from edgeface.bundle.boards import Board, boards
from edgeface.compile.request import ExportRequest
from edgeface.core.prediction_record import Predicted, PredictionRecord
from edgeface.core.progress import note, step
from edgeface.cost.prices.table import price_tables
from edgeface.devices.install import INSTALL, status
from edgeface.devices.table import profile
from edgeface.errors import EdgefaceError
from edgeface.predict import Prediction, predict

OLDER = {"litert": "tflite-runtime"}
"""By the runtime to ship, the one that boards have instead, which is predicted for comparison."""


def board_of(device: str | None) -> Board | None:
    """The board of that name; None where the name is not a board's, e.g. that of a table of prices.

    Raises:
        InputError: a device profile is not usable.
    """
    return None if device is None else boards().get(device)


def without_board(request: ExportRequest, board: Board | None) -> ExportRequest:
    """The request for what knows tables of prices only: without the name of a board that no table describes.

    Then every table decides, as without a device.
    """
    if board is None:
        return request
    described = {name for table in price_tables().values() for name in (table.name, *table.boards)}
    return request if board.name in described else replace(request, device=None)


@dataclass(frozen=True)
class Predictor:
    """Predicts for a board, on the cores and with the threads that bundles recommend there."""

    board: Board

    @property
    def unavailable(self) -> str | None:
        """Why nothing can be predicted here, and how to change that; None if it can."""
        found = status()
        if found.state == "ready":
            return None
        if found.state == "native":
            return f"counting needs the emulator, and {found.detail}: export on an x86-64 machine, or measure here"
        return f"the emulator is {found.state}; `{INSTALL}` sets it up, and then `edgeface predict` or another export"

    def predicted(self, model: Path, runtime: str | None = None) -> Predicted:
        """What is predicted of a model file.

        Args:
            model: a file that an export wrote.
            runtime: the runtime on the board; None for the one that artifacts of its kind are shipped with.

        Raises:
            EdgefaceError: nothing can be predicted.
        """
        return _recorded(predict(model, self.board.name, runtime, self._core, self.board.threads))

    def record(self, model: Path, target: str) -> PredictionRecord:
        """The record of an artifact's model; a prediction that fails is a reason in it, never an error."""
        missing = self.unavailable
        if missing is None:
            try:
                with step(f"predicting {target} on {self.board.title}"):
                    return self._made(tuple(self._every(model)))
            except EdgefaceError as error:
                missing = error.what
        note(f"{target}: no prediction for {self.board.title}: {missing}")
        return self._made((), missing)

    def _every(self, model: Path) -> Iterator[Predicted]:
        """In the runtime to ship, and in an older one that boards may have."""
        first = self.predicted(model)
        yield first
        if first.runtime in OLDER:
            yield self.predicted(model, OLDER[first.runtime])

    def _made(self, found: tuple[Predicted, ...], missing: str | None = None) -> PredictionRecord:
        board = self.board
        return PredictionRecord(
            device=board.name,
            title=board.title,
            cores=board.cores,
            threads=board.threads,
            predictions=found,
            missing=missing,
        )

    @property
    def _core(self) -> str:
        """The kind of the recommended cores."""
        kinds = {number: cluster.core for number, cluster in profile(self.board.name).cores}
        return kinds[self.board.cores[0]]


def _recorded(found: Prediction) -> Predicted:
    return Predicted(
        runtime=found.runtime,
        version=found.version,
        core=found.core,
        threads=found.threads,
        low_ms=found.low_ms,
        expected_ms=found.expected_ms,
        high_ms=found.high_ms,
        bound=found.bound,
        evidence=found.evidence,
        caveats=found.caveats,
    )
