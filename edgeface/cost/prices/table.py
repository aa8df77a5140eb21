"""Tables of prices: one TOML file per kind of processor, under `tables/`."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from edgeface.cost.prices.work import CLASSES, Tile, Work
from edgeface.errors import InputError, did_you_mean
from edgeface.reading.document import read_toml
from edgeface.reading.invalid import first_invalid
from edgeface.reading.kinds import OWN

_FOLDER = Path(__file__).parent / "tables"

HYBRID_CLASSES = {"conv_1x1", "conv_kxk"}
Ns = Annotated[float, Field(ge=0, le=1e6)]
Basis = Literal["measured", "predicted"]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Tiles(_Strict):
    """Sizes of the kernels' tiles, see `work.Tile`."""

    rows: int = Field(ge=1, le=64)
    columns: int = Field(ge=1, le=256)
    depth: int = Field(ge=1, le=64)
    lanes: int = Field(ge=1, le=256)

    @property
    def tile(self) -> Tile:
        """As `work_of` takes them."""
        return Tile(self.rows, self.columns, self.depth, self.lanes)


class Price(_Strict):
    """The price of a class of work: nanoseconds for each unit of `Work`, and microseconds for each node."""

    mac_ns: Ns = 0.0
    loop_ns: Ns = 0.0
    element_ns: Ns = 0.0
    weight_ns: Ns = 0.0
    node_us: Ns = 0.0

    def of(self, work: Work) -> float:
        """Microseconds."""
        moved = self.element_ns * work.elements + self.weight_ns * work.weights
        return (self.mac_ns * work.macs + self.loop_ns * work.loops + moved) / 1e3 + self.node_us


class Winograd(_Strict):
    """Prices of Winograd's form of a float convolution: of the image's transform, and of the rest, see `winograd`."""

    image: Price = Price()
    result: Price = Price()


class Applies(_Strict):
    """Processors that a table describes: an architecture, flags that it must have, and flags that it must not.

    `parts` are fields of an Arm core's MIDR; empty for any.
    """

    architecture: Literal["x86_64", "aarch64"]
    flags: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    parts: tuple[int, ...] = ()


class PriceTable(_Strict):
    """The prices of one kind of processor, for one thread.

    Attributes:
        name: the file's name without suffix.
        title: for sentences: "AVX2, no VNNI".
        runtime: the runtime and version that was measured.
        basis: "measured" on such a processor, or "predicted" from counts.
        source: how the prices were found, and how far whole networks were off.
        applies: processors that it describes.
        boards: names of devices that it describes: boards, or a class of processors.
        tiles: of kernels, by dtype.
        prices: by dtype and class of work.
        hybrid: of convolutions with float activations and int8 weights, by class, in int8's tiles; empty if unknown.
        winograd: of convolutions in Winograd's form; None where they are not quicker than int8.
    """

    name: str
    title: str
    runtime: str
    basis: Basis
    source: str
    applies: Applies
    boards: tuple[str, ...] = ()
    tiles: dict[Literal["float32", "int8"], Tiles]
    prices: dict[Literal["float32", "int8"], dict[str, Price]]
    hybrid: dict[str, Price] = {}
    winograd: Winograd | None = None

    @model_validator(mode="after")
    def _complete(self) -> PriceTable:
        """Reject a table that lacks a class of work, or names one that does not exist."""
        dtypes: tuple[Literal["float32", "int8"], ...] = ("float32", "int8")
        for dtype in dtypes:
            found = self.prices.get(dtype, {})
            wrong = sorted(set(CLASSES).symmetric_difference(found))
            if dtype not in self.tiles or wrong:
                raise ValueError(f"{dtype}: tiles and exactly these prices are needed; wrong: {', '.join(wrong)}")
        if self.hybrid and set(self.hybrid) != HYBRID_CLASSES:
            raise ValueError(f"hybrid: exactly these prices are needed: {', '.join(sorted(HYBRID_CLASSES))}")
        return self


def price_tables() -> dict[str, PriceTable]:
    """Every shipped table by name, in alphabetical order."""
    return {path.stem: read_table(path) for path in sorted(_FOLDER.glob("*.toml"))}


def price_table(name: str) -> PriceTable:
    """The table with a name, or the one that describes the board of that name.

    Raises:
        InputError: there is none.
    """
    tables = price_tables()
    boards = {board: table for table in tables.values() for board in table.boards}
    found = tables.get(name) or boards.get(name)
    if found is None:
        known = [*tables, *boards]
        raise InputError(
            f"no table of prices describes {name!r}",
            where="edgeface/cost/prices/tables",
            fix=f"{did_you_mean(name, known)}use one of {', '.join(known)}, or measure one (reports/prices.py)",
        )
    return found


@cache
def read_table(path: Path) -> PriceTable:
    """The table in a file.

    Raises:
        InputError: not readable, not TOML, or not a complete table.
    """
    document = read_toml(path, OWN)
    try:
        return PriceTable.model_validate({**document, "name": path.stem})
    except ValidationError as error:
        wrong = first_invalid(error)
        raise InputError(
            f"table of prices, key {wrong.told}",
            where=str(path),
            fix="make it by reports/prices.py",
        ) from error
