"""The numbers of Permute's orders."""

from __future__ import annotations

from collections.abc import Sequence

_ORDERS: dict[int, tuple[str, ...]] = {
    2: ("wh", "hw"),
    3: ("whc", "hwc", "wch", "cwh", "hcw", "chw"),
    4: (
        *("whdc", "hwdc", "wdhc", "dwhc", "hdwc", "dhwc", "whcd", "hwcd", "wchd", "cwhd", "hcwd", "chwd"),
        *("wdch", "dwch", "wcdh", "cwdh", "dcwh", "cdwh", "hdcw", "dhcw", "hcdw", "chdw", "dchw", "cdhw"),
    ),
}
"""The input's axes that become width, height, depth and channels."""
_LETTERS = {2: "hw", 3: "chw", 4: "cdhw"}


def permute_order(perm: Sequence[int]) -> int:
    """Permute's number for axes counted from the outermost: output axis i is input axis perm[i]."""
    letters = _LETTERS[len(perm)]
    return _ORDERS[len(perm)].index("".join(letters[axis] for axis in reversed(perm)))


def permuted(sizes: Sequence[int], order: int) -> tuple[int, ...]:
    """The sizes after a Permute with that number, counted from the outermost.

    Raises:
        ValueError: there is no such order.
    """
    orders = _ORDERS.get(len(sizes), ("w",))
    if not 0 <= order < len(orders):
        raise ValueError(f"order {order} of {len(sizes)} axes")
    by_letter = dict(zip(_LETTERS.get(len(sizes), "w"), sizes, strict=True))
    return tuple(by_letter[letter] for letter in reversed(orders[order]))
