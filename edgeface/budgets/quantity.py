"""Amounts in budget files: integers, or text with a unit such as "1.024 GFLOP", both read exactly."""

from __future__ import annotations

import re
from fractions import Fraction

from edgeface.budgets.metrics import UNITS, Metric

LARGEST = 2**63 - 1
_TEXT = re.compile(r"\s*(\d[\d_]*(?:\.\d+)?(?:[eE]\d{1,2})?)\s*([A-Za-z]*)\s*", re.ASCII)
_SI = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_BINARY = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
_KINDS = {"FLOP": "FLOP", "FLOPs": "FLOP", "MAC": "MAC", "MACs": "MAC", "B": "B"}
_UNITS: dict[str, tuple[str, int]] = {
    **{prefix + name: (kind, scale) for name, kind in _KINDS.items() for prefix, scale in _SI.items()},
    **{prefix + "B": ("B", scale) for prefix, scale in _BINARY.items()},
    **{prefix: ("", scale) for prefix, scale in _SI.items()},
}
_EXAMPLES = {"FLOP": '"1.024 GFLOP"', "MAC": '"500 MMAC"', "B": '"20 MB" or "20 MiB"', "": '"2 M"'}
_TRAPS = {
    ("MAC", "FLOP"): "counts multiply–accumulates, and one MAC is two FLOPs: double it, or limit `macs`",
    ("FLOP", "MAC"): "counts FLOPs, and two FLOPs are one MAC: halve it, or limit `flops` or `lfr_flops`",
}


def read_quantity(value: object, metric: Metric) -> int:
    """A limit's amount in the metric's unit.

    Args:
        value: an integer, or text with a number and a unit (k, M, G, T for FLOP, MAC, B; KiB … for bytes).
        metric: the limited metric, whose unit the text must have.

    Raises:
        ValueError: it is neither, has another unit, is not an integer in that unit, or is outside 1 … 2⁶³ − 1.
    """
    if isinstance(value, str):
        amount = _from_text(value, metric)
    elif isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST:
        amount = Fraction(value)  # in TOML, 1e9 is a float
    else:
        raise ValueError(f"give a whole number up to {LARGEST}, or text with a unit such as {_EXAMPLES[UNITS[metric]]}")
    if amount.denominator != 1:
        raise ValueError(f"{value!r} is not a whole number of {UNITS[metric] or metric}")
    if not 1 <= amount <= LARGEST:
        raise ValueError(f"{value!r} is outside 1 … {LARGEST}")
    return int(amount)


def _from_text(text: str, metric: Metric) -> Fraction:
    unit, example = UNITS[metric], _EXAMPLES[UNITS[metric]]
    match = _TEXT.fullmatch(text) if len(text) <= 60 else None
    if match is None:
        raise ValueError(f"{text[:60]!r} is not an amount: give a positive number and a unit, such as {example}")
    number, name = Fraction(match[1]), match[2]
    if name not in _UNITS:
        raise ValueError(_unknown_unit(text, name, metric))
    kind, scale = _UNITS[name]
    if kind == unit or not name:
        return number * scale
    if not kind:
        raise ValueError(f"{text!r} has no unit: write {name}{unit}")
    trap = _TRAPS.get((kind, unit), f"is in {kind}, and {metric} is in {unit or 'counts'}, such as {example}")
    raise ValueError(f"{text!r} {trap}")


def _unknown_unit(text: str, name: str, metric: Metric) -> str:
    if name.upper().endswith("FLOPS") and name.endswith("S"):
        return f"{text!r}: FLOPS is a rate, work is in FLOP: write {name[:-1]}"
    if name == "KB":
        return f"{text!r}: write kB for 1000 bytes or KiB for 1024"
    example = _EXAMPLES[UNITS[metric]]
    return f"{text!r} has an unknown unit ({name}; units are case-sensitive): write it as in {example}"
