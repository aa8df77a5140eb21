"""Tables of measured ratios: what each target takes on a class of processors, as a part of onnx-fp32's time there.

`ratios/` holds one TOML file for each device that is a class of processors and no board: its name is the device's.
`reports/processors.py` measures and prints them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from edgeface.core.processor import Processor, class_of
from edgeface.errors import InputError
from edgeface.reading.document import read_toml
from edgeface.reading.invalid import first_invalid
from edgeface.reading.kinds import OWN

FOLDER = Path(__file__).with_name("ratios")
Share = Annotated[float, Field(gt=0, le=1000)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Ratio(_Strict):
    """A measured ratio to onnx-fp32, with the ends of its 95 % interval."""

    value: Share
    low: Share
    high: Share

    @model_validator(mode="after")
    def _is_a_range(self) -> Ratio:
        if not self.low <= self.value <= self.high:
            raise ValueError(f"{self.value:g} is not between {self.low:g} and {self.high:g}")
        return self


class Network(_Strict):
    """A network that was measured.

    Attributes:
        name: as in its manifest.
        title: with its variant and input size.
        task: as in its contract.
        macs: multiply-accumulates of one inference, as in its manifest.
        ratios: by target.
    """

    name: str
    title: str
    task: str
    macs: int = Field(ge=1)
    ratios: dict[str, Ratio]


class RatioTable(_Strict):
    """The ratios of one class of processors, for one thread.

    Attributes:
        name: the device's, which is the file's without suffix.
        title: for sentences.
        classes: names of the classes of `core.processor` that it describes.
        prices: the table of prices that describes them.
        basis: "measured" on such a processor, or "imitated": on another, whose further instructions were hidden.
        source: processor, versions and command, in a sentence.
        date: of the measurement.
        networks: those that were measured.
    """

    name: str
    title: str
    classes: Annotated[tuple[str, ...], Field(min_length=1)]
    prices: str
    basis: Literal["measured", "imitated"]
    source: str
    date: str
    networks: Annotated[tuple[Network, ...], Field(min_length=1)]

    @property
    def by_task(self) -> Mapping[str, tuple[Network, ...]]:
        """The networks of each task."""
        grouped: dict[str, list[Network]] = {}
        for each in self.networks:
            grouped.setdefault(each.task, []).append(each)
        return {task: tuple(found) for task, found in grouped.items()}

    def describes(self, processor: Processor) -> bool:
        """Whether a processor is of its classes."""
        found = class_of(processor)
        return found is not None and found.name in self.classes


def ratio_tables() -> dict[str, RatioTable]:
    """Every shipped table by name, in alphabetical order."""
    return {path.stem: read_ratios(path) for path in sorted(FOLDER.glob("*.toml"))}


def ratios_of(processor: Processor) -> RatioTable | None:
    """The table that describes a processor; None if there is none."""
    return next((table for table in ratio_tables().values() if table.describes(processor)), None)


@cache
def read_ratios(path: Path) -> RatioTable:
    """The table in a file.

    Raises:
        InputError: not readable, not TOML, or not a complete table.
    """
    try:
        return RatioTable.model_validate({**read_toml(path, OWN), "name": path.stem})
    except ValidationError as error:
        wrong = first_invalid(error)
        raise InputError(
            f"table of ratios, key {wrong.told}", where=str(path), fix="make it by reports/processors.py"
        ) from error
