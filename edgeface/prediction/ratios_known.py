"""What a table of ratios knows of a network's targets: measured of this network, or of others with the same task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, fsum, log

from edgeface.core.processor_record import Took
from edgeface.prediction.ratio_table import Network, RatioTable

ALIKE = 1.05
"""Below this ratio neither target is called quicker: another day's measurement may say the opposite."""


@dataclass(frozen=True)
class Asked:
    """The network that is asked about, as its manifest has it."""

    name: str
    task: str
    macs: int


@dataclass(frozen=True)
class Known:
    """What is known of a network on a class of processors: the ratios by target, and what they rest on."""

    took: Mapping[str, Took]
    evidence: str


def known(table: RatioTable, asked: Asked) -> Known:
    """The ratios of a network's targets; none where no network of its task was measured."""
    others = table.by_task.get(asked.task, ())
    same = [each for each in others if (each.name, each.macs) == (asked.name, asked.macs)]
    of = same or others
    targets = dict.fromkeys(name for each in of for name in each.ratios)
    measured = "measured" if table.basis == "measured" else "measured with instruction sets hidden"
    where = f"{measured} on {table.title}: table {table.name} of {table.date}; {table.source}"
    if not of:
        return Known({}, f"no network for {asked.task} was {where}")
    others_of = f"other networks for {asked.task}, {_titles(others)}, not of it"
    whose = f"this network, {_titles(same)}" if same else others_of
    return Known({name: _joined(of, name) for name in targets}, f"ratios of {whose}, {where}")


def _joined(networks: Sequence[Network], target: str) -> Took:
    """The geometric mean of a target's ratios, and the ends of all intervals."""
    found = [each.ratios[target] for each in networks if target in each.ratios]
    mean = exp(fsum(log(each.value) for each in found) / len(found))
    return Took(ratio=mean, low=min(each.low for each in found), high=max(each.high for each in found))


def _titles(networks: Sequence[Network]) -> str:
    return " and ".join(each.title for each in networks)


@dataclass(frozen=True)
class Quicker:
    """A target that is known to be quicker than another, and a sentence that says so."""

    target: str
    sentence: str


def quicker(table: RatioTable, asked: Asked, target: str) -> Quicker | None:
    """The quickest target, if it is known to be quicker than one; None where it is not.

    Another is called quicker if all that was measured of it is below what was measured of the target.
    """
    found = known(table, asked)
    own = found.took.get(target)
    if own is None:
        return None
    best = min(found.took, key=lambda name: found.took[name].ratio)
    other = found.took[best]
    if other.ratio * ALIKE > own.ratio or other.high >= own.low:
        return None
    return Quicker(
        best,
        f"on {table.title} {best} is predicted to take {other.ratio:.2f} × onnx-fp32's time, {target} {own.ratio:.2f}: "
        f"ship {best} if it passes its gate ({found.evidence})",
    )
