"""The board that an export is for: what is predicted of its artifacts there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from edgeface.bundle.boards import Board, boards
from edgeface.compile.prices import HERE
from edgeface.compile.request import ExportRequest
from edgeface.core.artifact import Manifest
from edgeface.core.prediction_record import Predicted, PredictionRecord
from edgeface.core.progress import note, step
from edgeface.cost.prices.table import price_tables
from edgeface.devices.install import status
from edgeface.devices.table import profile
from edgeface.errors import EdgefaceError, InputError, did_you_mean
from edgeface.prediction.predict import predict
from edgeface.prediction.prediction import Prediction

OLDER = {"litert": "tflite-runtime"}
"""By the runtime to ship, the one that boards have instead, which is predicted for comparison."""


def board_of(device: str | None) -> Board | None:
    """The board of that name; None without one, and for the name of a table of prices, or "here".

    Raises:
        InputError: there is neither a board nor a table of this name, or a device profile is not usable.
    """
    if device is None:
        return None
    known, tables = boards(), [HERE, *described()]
    if device not in known and device not in tables:
        names = sorted({*known, *tables})
        raise InputError(
            f"no board and no table of prices is called {device!r}",
            where="--device",
            fix=f"{did_you_mean(device, names)}use one of {', '.join(names)}",
        )
    return known.get(device)


def described() -> frozenset[str]:
    """The names that tables of prices are found by: their own, and those of boards."""
    return frozenset(name for table in price_tables().values() for name in (table.name, *table.boards))


def without_board(request: ExportRequest, board: Board | None) -> ExportRequest:
    """The request for what knows tables of prices only: without the name of a board that no table describes.

    Then every table decides, as without a device.
    """
    return request if board is None or board.name in described() else replace(request, device=None)


@dataclass(frozen=True)
class Predictor:
    """Predicts for a board, on the cores and with the threads that bundles recommend there, as far as those are known.

    Args:
        board: the board.
    """

    board: Board

    @property
    def possible(self) -> bool:
        """Whether models can be counted here, and the board's profile says what counts take; else only remembered."""
        return bool(profile(self.board.name).latency) and status().state == "ready"

    def predicted(self, model: Path, runtime: str | None = None) -> Predicted:
        """What is predicted of a model file.

        Args:
            model: a file that an export wrote.
            runtime: the runtime on the board; None for the one that artifacts of its kind are shipped with.

        Raises:
            EdgefaceError: nothing can be predicted.
        """
        known = profile(self.board.name)
        core = {number: cluster.core for number, cluster in known.cores}[self.board.cores[0]]
        published = {each.threads for each in known.latency if each.core == core}
        threads = self.board.threads if self.board.threads in published else None
        return _recorded(predict(model, self.board.name, runtime, core, threads))

    def record(self, model: Path, manifest: Manifest) -> PredictionRecord:
        """The record of an artifact's model; a prediction that fails is a reason in it, never an error."""
        target = manifest.target
        found, missing = list[Predicted](), None
        try:
            with step(f"predicting {target} on {self.board.title}"):
                found.append(self.predicted(model))
                if found[0].runtime in OLDER:
                    found.append(self.predicted(model, OLDER[found[0].runtime]))
        except EdgefaceError as error:
            missing = None if found else reason(error)
            note(f"{target}: {'one' if found else 'no'} prediction for {self.board.title}: {reason(error)}")
        board = self.board
        return PredictionRecord(
            model_sha256=manifest.model_sha256,
            device=board.name,
            title=board.title,
            cores=board.cores,
            threads=board.threads,
            predictions=tuple(found),
            missing=missing,
        )


def reason(error: EdgefaceError) -> str:
    """Why nothing was predicted, and how to change that, in one line."""
    return error.what if error.fix is None else f"{error.what}; {error.fix}"


def _recorded(found: Prediction) -> Predicted:
    return Predicted(
        runtime=found.runtime,
        version=found.version,
        core=found.core,
        threads=found.threads,
        low_ms=found.low_ms,
        expected_ms=found.expected_ms,
        high_ms=found.high_ms,
        fitted_ms=found.fitted_ms,
        bound=found.bound,
        evidence=found.evidence,
        caveats=found.caveats,
    )
