"""A device's reported processors, clocks and temperatures, validated before use."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from edgeface.devices.link import Link, printable
from edgeface.devices.table import core_titles
from edgeface.errors import RuntimeFailure
from edgeface.reading.invalid import first_invalid

WARM_CELSIUS = 70.0

Text = Annotated[str, Field(max_length=400), AfterValidator(lambda text: printable(text, 200))]
_Khz = Annotated[int | None, Field(ge=0, le=100_000_000)]


class Cpu(BaseModel):
    """A processor: `part` is that of its MIDR register, clocks are in kHz; None where unknown."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    index: int = Field(ge=0, lt=64)
    part: Annotated[int | None, Field(ge=0, le=0xFFF)]
    max_khz: _Khz
    now_khz: _Khz
    governor: Text | None


class Zone(BaseModel):
    """A thermal zone."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: Text
    celsius: float = Field(ge=-100, le=300)


class DeviceState(BaseModel):
    """A device's state at one moment. `allowed` are the processors that its agent may use."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    architecture: Text
    kernel: Text
    python: Text
    model: Text | None
    allowed: list[Annotated[int, Field(ge=0, lt=4096)]] = Field(max_length=64)
    cpus: list[Cpu] = Field(max_length=64)
    zones: list[Zone] = Field(max_length=32)

    def pinned(self, threads: int) -> tuple[int, ...]:
        """The processors for a number of threads: the fastest cluster, and slower ones if it has too few."""
        order = sorted(self.cpus, key=lambda cpu: (-(cpu.max_khz or 0), cpu.index))
        return tuple(sorted(cpu.index for cpu in order[:threads]))

    def summary(self) -> str:
        """Processors and system in one line."""
        titles = core_titles()
        kinds = [titles.get(cpu.part or 0, "an unknown core") for cpu in self.cpus]
        cores = " + ".join(f"{kinds.count(kind)}×{kind}" for kind in dict.fromkeys(kinds)) or "unknown cores"
        return f"{self.model or self.architecture}: {cores}, Linux {self.kernel}, Python {self.python}"

    def warnings(self) -> list[str]:
        """Reasons why latencies of this device may be unreliable."""
        found = []
        governors = sorted({cpu.governor for cpu in self.cpus if cpu.governor and cpu.governor != "performance"})
        if governors:
            found.append(f"the governor is {', '.join(governors)}: clocks follow the load; set it to performance")
        slow = [cpu for cpu in self.cpus if cpu.now_khz and cpu.max_khz and cpu.now_khz < 0.95 * cpu.max_khz]
        if slow:
            clocks = ", ".join(f"{cpu.index} at {cpu.now_khz // 1000} of {cpu.max_khz // 1000} MHz" for cpu in slow)  # type: ignore[operator]
            found.append(f"processors below their highest clock: {clocks}")
        warm = [zone for zone in self.zones if zone.celsius >= WARM_CELSIUS]
        if warm:
            found.append("warm: " + ", ".join(f"{zone.name} {zone.celsius:.0f} °C" for zone in warm))
        if not self.zones:
            found.append("no temperature can be read: throttling would go unnoticed")
        if not any(cpu.governor for cpu in self.cpus):
            found.append("no governor can be read")
        return found


def device_state(link: Link) -> DeviceState:
    """The current state of a device.

    Raises:
        RuntimeFailure: it does not answer, or its answer is invalid.
    """
    head, _ = link.ask({"do": "describe"})
    return checked_state(head, link.name)


def checked_state(head: dict[str, Any], name: str) -> DeviceState:
    """The validated state of an answer.

    Raises:
        RuntimeFailure: the answer is not a valid state.
    """
    try:
        return DeviceState.model_validate(head)
    except ValidationError as error:
        wrong = first_invalid(error)
        raise RuntimeFailure(
            f"the device's description of itself is invalid: {printable(wrong.told, 200)}",
            where=name,
        ) from error
