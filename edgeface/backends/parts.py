"""A model that can be taken apart: some of its operators as a model of their own, which the same runtime runs."""

from __future__ import annotations

from collections.abc import Collection, Hashable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Operation:
    """An operator, with what the runtime fuses into it.

    Attributes:
        name: of its result in the file.
        operator: its type, as the file calls it.
        alike: equal for operators that cost the same: of the same type, attributes, shapes and dtypes.
    """

    name: str
    operator: str
    alike: Hashable


class Parts(Protocol):
    """A model's operators, in the order of the file; those that compute constants belong to their readers."""

    operations: tuple[Operation, ...]

    def model(self, chosen: Collection[int]) -> dict[str, bytes]:
        """Files of a model of some operators, by suffix; the one that a runtime opens is the first.

        Its inputs are the values that they read and do not make, its outputs those that others or nobody reads.

        Args:
            chosen: indices of `operations`.
        """
        ...
