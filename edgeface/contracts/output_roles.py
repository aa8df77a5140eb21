"""Names of a network's outputs by what a decoder takes them for.

This file ships to boards as it is: Python 3.8 and the standard library.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def flat_roles(outputs: Mapping[str, str | Sequence[str]]) -> dict[str, str]:
    """Names by role: a role with a list of names, of several scales, is a role for each, `scores_0` and so on.

    Args:
        outputs: names, or lists of names, by role.

    Raises:
        ValueError: a role that a list makes is named besides.
    """
    flat: dict[str, str] = {}
    for role, names in outputs.items():
        pairs = [(role, names)] if isinstance(names, str) else [(f"{role}_{i}", name) for i, name in enumerate(names)]
        for own, name in pairs:
            if own in flat:
                raise ValueError(f"the output {own} is named twice")
            flat[own] = name
    return flat
