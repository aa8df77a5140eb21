"""Numbers as text: exact, or short with SI prefixes."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

_PREFIXES = ("", "k", "M", "G", "T", "P", "E")
_DIGITS = 4


def exact(value: int | float) -> str:
    """All digits, with thousands separators: 933336950 as `933,336,950`."""
    return f"{value:,}"


def human(value: int | float, unit: str) -> str:
    """Four digits with an SI prefix (a thousand is 1000, also for bytes): 933336950 FLOP as `933.3 MFLOP`.

    Exact values have no trailing zeros: `1 GFLOP` is exact, `1.000 GFLOP` is rounded.

    Args:
        value: finite.
        unit: FLOP, MAC, B, FLOP/B, or "" for counts.
    """
    number = Decimal(str(value))
    power = 0
    rounded = _rounded(number)
    while abs(rounded) >= 1000 and power < len(_PREFIXES) - 1:
        number /= 1000
        power += 1
        rounded = _rounded(number)
    text = f"{rounded.normalize():f}" if rounded == number else f"{rounded:f}"
    return f"{text} {_PREFIXES[power]}{unit}".rstrip()


def both(value: int | float, unit: str) -> str:
    """The exact and, from 1000 on, the short form: `933,336,950 FLOP (933.3 MFLOP)`."""
    plain = f"{exact(value)} {unit}".rstrip()
    return plain if abs(value) < 1000 else f"{plain} ({human(value, unit)})"


def _rounded(number: Decimal) -> Decimal:
    if not number:
        return Decimal(0)
    places = _DIGITS - 1 - number.adjusted()
    rounded = number.quantize(Decimal(1).scaleb(-max(places, 0)), ROUND_HALF_EVEN)
    if rounded.adjusted() > number.adjusted() and places > 0:  # 9.9999 became 10.000, which has one digit too many
        rounded = rounded.quantize(Decimal(1).scaleb(1 - places), ROUND_HALF_EVEN)
    return rounded
