"""The tensors that were taken out of a checkpoint, and how to say which."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edgeface.core.visible import visible
from edgeface.models.checkpoint_contents import Place
from edgeface.models.checkpoint_wrappings import AVERAGED
from edgeface.models.stored_tensor import StoredTensor

Shapes = Mapping[str, tuple[int, ...]]
_SHOWN = 4
_SHOWN_LETTERS = 80


@dataclass(frozen=True)
class Taken:
    """The tensors that were taken.

    Attributes:
        place: where in the file's content.
        prefix: what precedes the network's names in their keys.
        tensors: by the network's names.
        keys: their keys, by the same names.
        left_out: the shapes of the tensors in the same dictionary that are no part of the network, by key.
        others: the number of other dictionaries of tensors in the file.
        whole: whether these are all tensors of a network, and nothing else.
    """

    place: Place
    prefix: str
    tensors: Mapping[str, StoredTensor]
    keys: Mapping[str, str]
    left_out: Shapes
    others: int = 0
    whole: bool = False

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shapes by name, without batch-norm counters."""
        return {name: tensor.shape for name, tensor in self.tensors.items() if not is_counter(name)}

    @property
    def is_plain(self) -> bool:
        """Whether the file holds the network's tensors by their names, and nothing else."""
        return not (self._is_renamed or self.place or self.left_out or self.others)

    @property
    def _is_renamed(self) -> bool:
        return any(name != key for name, key in self.keys.items())

    @property
    def is_averaged(self) -> bool:
        """Whether the names say that these are averages over the training."""
        words = re.split(r"[^a-z0-9]+|_", " ".join(map(str, self.place)).lower() + f" {self.prefix.lower()}")
        return bool(AVERAGED.intersection(words))

    def location(self) -> str:
        """Where in the file, as in "`ema`, prefix `module.`"; empty for the whole content."""
        parts = [f"`{_short('.'.join(map(str, self.place)))}`"] if self.place else []
        return ", ".join([*parts, *([f"prefix `{_short(self.prefix)}`"] if self.prefix else [])])

    def describe(self) -> str:
        """For the user, as in "took `params_ema` of 3 state dicts in the file; left out: head.weight [512, 93431]"."""
        place = f"`{_short('.'.join(map(str, self.place)))}`" if self.place else "the outer one"
        parts = [f"took {place} of {self.others + 1} state dicts in the file"] if self.others else []
        parts += [f"took {place}"] if self.place and not self.others else []
        parts += [f"prefix `{_short(self.prefix)}` removed"] if self.prefix else []
        parts += ["a wrapper's part of names removed"] if self._is_renamed and not self.prefix else []
        named = [f"{_short(key)} {list(shape)}" for key, shape in list(self.left_out.items())[:_SHOWN]]
        more = f" and {len(self.left_out) - _SHOWN} more" if len(self.left_out) > _SHOWN else ""
        return "; ".join([*parts, *([f"left out: {', '.join(named)}{more}"] if named else [])])

    def as_dict(self) -> dict[str, Any]:
        """For the manifest."""
        left_out = [f"{_short(key)} {list(shape)}" for key, shape in self.left_out.items()]
        return {
            "place": [_short(str(key)) for key in self.place],
            "prefix": _short(self.prefix),
            "averaged": self.is_averaged,
            "left_out": left_out[:_SHOWN] + ([f"{len(left_out) - _SHOWN} more"] if len(left_out) > _SHOWN else []),
            "other_state_dicts": self.others,
        }


def _short(text: str) -> str:
    shown = visible(text)
    return shown if len(shown) <= _SHOWN_LETTERS else f"{shown[:_SHOWN_LETTERS]}…"


def is_counter(name: str) -> bool:
    """Whether a tensor counts batches, which no inference reads."""
    return name.endswith("num_batches_tracked")
