"""Which of a checkpoint's contents are its tensors, and their names: the same for shapes and for values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

WRAPPERS = ("state_dict", "net_state_dict", "model_state_dict", "model", "net", "ema", "weights")
_PREFIX = "module."
_LEVELS = 3
_Tensor = TypeVar("_Tensor")


def named_tensors(content: object, kind: type[_Tensor]) -> dict[str, _Tensor]:
    """The tensors by name in what a checkpoint holds; empty if there are none.

    Wrapping dictionaries such as {"state_dict": …} are unwrapped, and a `module.` prefix on all keys, which torch's
    DataParallel adds, is removed.

    Args:
        content: the unpickled content.
        kind: the class of its tensors.
    """
    for _ in range(_LEVELS):
        if not isinstance(content, Mapping):
            break
        found = {key: value for key, value in content.items() if isinstance(value, kind)}
        if found and all(isinstance(key, str) for key in found):
            return _without_prefix(found)
        content = _unwrapped(content)
    return {}


def _unwrapped(content: Mapping[Any, Any]) -> object:
    return next((content[key] for key in WRAPPERS if isinstance(content.get(key), Mapping)), None)


def _without_prefix(found: dict[str, _Tensor]) -> dict[str, _Tensor]:
    if not all(key.startswith(_PREFIX) for key in found):
        return found
    return {key.removeprefix(_PREFIX): value for key, value in found.items()}
