"""What a benchmark found, as `benchmark.json` keeps it: a run that was stopped goes on from there."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from edgeface.core.artifact import read_json, write_json
from edgeface.core.prediction_record import Predicted
from edgeface.core.progress import note
from edgeface.errors import InputError
from edgeface.reading.damage import damage_reported
from edgeface.reading.regular_file import is_file

BENCHMARK = "benchmark.json"
PAGE = "benchmark.html"
Outcome = Literal["written", "refused", "impossible"]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class FigureRecord(_Record):
    """A figure of the certificate with its cases and 95 % interval, in words."""

    label: str
    value: str
    cases: str
    interval: str = ""


class Timed(_Record):
    """Measured here with one thread, interleaved with the others.

    Attributes:
        median_ms: of one inference.
        ratio, ratio_low, ratio_high: to the baseline's, with a 95 % interval.
        memory_bytes: what its process grew by from opening the model to its last run, with the runtime itself; None if
            unknown.
    """

    median_ms: float
    ratio: float
    ratio_low: float
    ratio_high: float
    memory_bytes: int | None = None


class Measured(_Record):
    """The quickest median that `edgeface parity --on` measured of an artifact on a board, with its threads and day."""

    board: str
    median_ms: float
    threads: int
    runtime: str
    date: str


class TargetRecord(_Record):
    """One target.

    Attributes:
        target: its name.
        key: of everything that decides the result, so that a later run knows whether it still holds.
        outcome: whether an artifact was written, refused by its gate, or cannot be made of this network.
        why: the reason of the latter two.
        state, headline: the verdict of what was judged.
        figures: what the verdict rests on.
        model_sha256, model_bytes: of the artifact's model.
        predicted: on the board, in each runtime.
        unpredicted: why nothing was.
        timed: None before it was measured, and of what was not written.
        measured: on boards, by `edgeface parity --on`.
    """

    target: str
    key: str
    outcome: Outcome
    why: str = ""
    state: Literal["good", "unsure", "bad"] | None = None
    headline: str = ""
    figures: tuple[FigureRecord, ...] = ()
    model_sha256: str = ""
    model_bytes: int = Field(default=0, ge=0)
    predicted: tuple[Predicted, ...] = ()
    unpredicted: str = ""
    timed: Timed | None = None
    measured: tuple[Measured, ...] = ()


class BenchmarkRecord(_Record):
    """The content of `benchmark.json`.

    Attributes:
        format: 1.
        model: the artifacts' name.
        contract: family, variant and input size in words.
        board: its title; empty without one.
        images: how many judged.
        recipe, recipe_sha256: the recipe's name and hash.
        machine: processor, cores and versions, where it was timed.
        baseline: the target that ratios refer to.
        date: of the last run, ISO 8601.
        targets: in the order of the request.
    """

    format: Literal[1] = 1
    model: str
    contract: str = ""
    board: str = ""
    images: int = 0
    recipe: str = ""
    recipe_sha256: str = ""
    machine: dict[str, Any] = {}
    baseline: str = ""
    date: str = ""
    targets: tuple[TargetRecord, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return self.model_dump(mode="json")


def read_benchmark(out: Path) -> BenchmarkRecord | None:
    """The record in a folder; None where there is none.

    Raises:
        InputError: it is damaged.
    """
    path = out / BENCHMARK
    if not is_file(path):
        return None
    with damage_reported("benchmark", str(path), "delete it; every target is then built again"):
        return BenchmarkRecord.model_validate(read_json(path))


def write_benchmark(out: Path, record: BenchmarkRecord) -> None:
    """Write the record into a folder.

    Raises:
        WriteError: it cannot be written.
    """
    write_json(out / BENCHMARK, record.as_dict())


def remembered(out: Path, again: bool) -> BenchmarkRecord:
    """What an earlier run found; an empty record without one, and of a damaged one, which a note names.

    Args:
        out: the folder.
        again: forget it.
    """
    try:
        found = None if again else read_benchmark(out)
    except InputError as error:
        note(f"every target is built again: {error.what}")
        found = None
    return found or BenchmarkRecord(model="")
