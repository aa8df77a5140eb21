"""Sums of calibration statistics: those of parts of a list of images are those of the whole list, bit by bit."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

from edgeface.errors import InputError
from edgeface.quantize.exact_sum import mean_moments
from edgeface.quantize.statistics import CalibrationStats

_AGAIN = "calibrate again with this version, part by part"


def merge(parts: Mapping[str, CalibrationStats]) -> CalibrationStats:
    """The statistics of all images of some parts; their order changes nothing.

    Counts, bounds and the units of sums are added or compared exactly. What they give does not depend on how the images
    were divided, as long as no sum exceeds the exact part of its format (`exact_sum`).

    Args:
        parts: statistics by a name for errors, such as their file.

    Raises:
        InputError: they are of different networks, hold different kinds, are of an older format, or share an image.
    """
    names = list(parts)
    if len(names) == 1:
        return parts[names[0]]
    for name in names:
        _check(names[0], parts[names[0]], name, parts[name])
    _refuse_shared(parts)
    return reduce(_added, parts.values())


def _check(first: str, wanted: CalibrationStats, name: str, found: CalibrationStats) -> None:
    """Refuse statistics that do not add up with the first."""
    if found.sums is None:
        raise InputError("these statistics are of an older format, which does not add up", where=name, fix=_AGAIN)
    if found.holds != wanted.holds:
        kinds = " and ".join(kind.replace("_", " ") for kind in sorted({*found.holds} ^ {*wanted.holds}))
        raise InputError(f"only one of these has {kinds}", where=f"{first}; {name}", fix=_AGAIN)
    if found.graph_digest != wanted.graph_digest or _shapes(found) != _shapes(wanted):
        raise InputError(
            "these statistics are of different networks, input sizes or versions of edgeface",
            where=f"{first}; {name}",
            fix=_AGAIN,
        )


def _shapes(stats: CalibrationStats) -> tuple[dict[str, int], dict[str, tuple[int, ...]]]:
    """The channels of every value, and the shapes of the moments."""
    values = {name: len(found.low) for name, found in stats.values.items()}
    return values, {name: found.coarse.shape for name, found in (stats.sums or {}).items()}


def _refuse_shared(parts: Mapping[str, CalibrationStats]) -> None:
    owner: dict[str, str] = {}
    for name, part in parts.items():
        for digest in part.seen:
            if digest in owner:
                shared = len({*part.seen} & {*parts[owner[digest]].seen})
                raise InputError(
                    f"{shared} of the images are in both files",
                    where=f"{owner[digest]}; {name}",
                    fix="name each part once, and give every part other images",
                )
        owner |= dict.fromkeys(part.seen, name)


def _added(one: CalibrationStats, other: CalibrationStats) -> CalibrationStats:
    assert one.sums is not None
    assert other.sums is not None
    sums = {name: found + other.sums[name] for name, found in one.sums.items()}
    sampled = one.sampled + other.sampled
    return CalibrationStats(
        {name: found.merged(other.values[name]) for name, found in one.values.items()},
        mean_moments(sums),
        one.images + other.images,
        one.graph_digest,
        one.holds,
        sampled=sampled,
        sums=sums,
        seen=tuple(sorted((*one.seen, *other.seen))),
    )
