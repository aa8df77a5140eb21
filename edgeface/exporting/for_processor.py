"""The class of processors that an export is for: this machine's, where times are measured, or one with a table."""

from __future__ import annotations

import platform
from dataclasses import dataclass, replace
from pathlib import Path

from edgeface.backends import runtime_for, runtime_named, targets
from edgeface.backends.target import Target
from edgeface.compile.prices import HERE
from edgeface.compile.request import ExportRequest
from edgeface.core.processor import class_here, processor_here
from edgeface.core.versions import missing, versions
from edgeface.cost.prices.processor import table_here
from edgeface.devices.emulator import is_native
from edgeface.exporting.choose import CANDIDATES
from edgeface.prediction.ratio_table import RatioTable, ratio_tables, ratios_of


@dataclass(frozen=True)
class Wanted:
    """A class of processors, as `--device` names it.

    Attributes:
        device: "here", or the name of a table of ratios.
        title: for sentences.
        here: whether this machine's processor is of this class, so that times are measured.
        table: of ratios; None where none describes it.
    """

    device: str
    title: str
    here: bool
    table: RatioTable | None


def processor_of(device: str | None) -> Wanted | None:
    """The class of that name; None without a name, and for one of a board or of a table of prices alone."""
    if device == HERE:
        found = class_here()
        named = found.name if found is not None else platform.machine()
        return Wanted(HERE, f"this processor ({named})", True, ratios_of(processor_here()))
    table = next((each for each in ratio_tables().values() if device in {each.name, each.prices}), None)
    if table is None:
        return None
    here = table.describes(processor_here())
    return Wanted(table.name, f"{table.title}{', as here' if here else ''}", here, table)


def for_prices(request: ExportRequest) -> ExportRequest:
    """The request for what knows tables of prices only: without "here" where none describes this machine."""
    return replace(request, device=None) if request.device == HERE and table_here() is None else request


def fitting_targets(request: ExportRequest) -> tuple[str, ...]:
    """Every target of a CPU that the request's interface and arithmetic leave; those that boards prefer come first."""
    names = [name for name, each in targets().items() if not _misfits(request, each)]
    first = {name: place for place, name in enumerate(CANDIDATES)}
    return tuple(sorted(names, key=lambda name: (first.get(name, len(first)), name)))


def _misfits(request: ExportRequest, wanted: Target) -> bool:
    runtime = runtime_named(wanted.runtime)
    integer = wanted.scheme is not None
    io = request.io in wanted.io_types or request.io == "float"
    return wanted.finish is not None or runtime.processor != "cpu" or not io or (request.integer_only and not integer)


def unusable(wanted: Target) -> str | None:
    """Why a target's artifacts cannot be timed and judged on this machine; None if they can."""
    runtime = runtime_named(wanted.runtime)
    if wanted.judged_on is not None and not is_native():
        return f"made for Arm: it is judged on {wanted.judged_on}, whose numbers are not this processor's"
    if runtime_for(Path(wanted.model_file)) != runtime:
        return f"it is judged by {runtime.title}, which is not what runs it here"
    lacking = missing(runtime.distributions)
    install = runtime.install or f"pip install {' '.join(lacking)}"
    return f"{' and '.join(lacking)} not installed: {install}" if lacking else None


def shipped_with(wanted: Target) -> str:
    """What runs artifacts of a target where they are shipped, with the version that judged it here."""
    runtime = runtime_named(wanted.runtime)
    known = versions(*runtime.distributions)
    packages = [f"{name}=={known[name]}" for name in runtime.distributions if name in known]
    if not packages:
        return runtime.title
    how = f"{runtime.install}; judged with {packages[0]}" if runtime.install else f"pip install {packages[0]}"
    return f"{runtime.title} ({how})"
