"""bundle.json, a bundle's settings: types and ranges are checked before anything uses them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from edgeface.bundle.face_runner.errors import RunnerError
from edgeface.bundle.face_runner.integrity import NAME

BUNDLE = "bundle.json"
TASKS = "detector", "recognizer"
MAX_SIDE_PX = 8192
MAX_WIDTH = 1 << 16
_MAX_CORES = 64
_LANDMARKS = 5
_MAX_SCALES = 64
_CHANNELS = {"bgr": 3, "rgb": 3, "grey": 1}
_FITS = ("letterbox", "stretch")
_SHOWN = 60
_FIX = "unpack the bundle again, or pack it again"


def read_settings(data: bytes, where: str = BUNDLE) -> dict[str, Any]:
    """The settings in a bundle's file; further keys than those that the runner needs are kept.

    Args:
        data: the file's content.
        where: its name in errors.

    Raises:
        RunnerError: it is not JSON, or a value that the runner needs is missing, of another type or out of range.

    The recognizer of a bundle that only detects is null.
    """
    try:
        settings = json.loads(data, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:  # not UTF-8, too long a number, or too deep
        raise RunnerError(f"the bundle's settings are not JSON: {error}", where, _FIX) from error
    alone = isinstance(settings, dict) and settings.get("recognizer", settings) is None
    _check(settings, _DETECTING if alone else _SETTINGS, where, ())
    for task in tasks_of(settings):
        _check_input(settings[task]["contract"]["input"], (task, "contract", "input"), where)
    return dict(settings)


def tasks_of(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """The tasks that a bundle has a network for."""
    return tuple(task for task in TASKS if settings[task] is not None)


def _check(value: Any, wanted: Any, where: str, way: tuple[str, ...]) -> None:
    if isinstance(wanted, Mapping):
        if not isinstance(value, dict):
            raise _wrong(value, way, where)
        for key, inner in wanted.items():
            if key not in value:
                raise RunnerError(f"the bundle's settings lack {'.'.join((*way, key))}", where, _FIX)
            _check(value[key], inner, where, (*way, key))
    elif not wanted(value):
        raise _wrong(value, way, where)


def _wrong(value: Any, way: tuple[str, ...], where: str) -> RunnerError:
    shown = ascii(value)
    shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
    return RunnerError(f"the bundle's settings have {'.'.join(way) or 'at their top'} = {shown}", where, _FIX)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number of JSON")


def _text(value: Any) -> bool:
    return isinstance(value, str) and value.isprintable()


def _file(value: Any) -> bool:
    """Whether a value is the name of a file inside the bundle."""
    return isinstance(value, str) and NAME.fullmatch(value) is not None


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _whole(least: int, most: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _number(least: float, most: float) -> Callable[[Any], bool]:
    def check(value: Any) -> bool:
        return isinstance(value, (int, float)) and not isinstance(value, bool) and least <= value <= most

    return check


def _each(check: Callable[[Any], bool], least: int, most: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and least <= len(value) <= most and all(map(check, value))


def _names(value: Any) -> bool:
    """Whether a value is names of outputs by role, or lists of names for roles of several scales."""
    several = _each(_text, 1, _MAX_SCALES)
    return isinstance(value, dict) and all(_text(name) or several(name) for name in value.values())


def _check_input(spec: Mapping[str, Any], way: tuple[str, ...], where: str) -> None:
    """Refuse an input whose mean and scale are not for its channels, or that is fitted in no known way."""
    if spec.get("fit", _FITS[0]) not in _FITS:
        raise _wrong(spec["fit"], (*way, "fit"), where)
    for key in ("mean", "scale"):
        if len(spec[key]) != _CHANNELS[spec["colour"]]:
            raise _wrong(spec[key], (*way, key), where)


_REAL = _number(-1e9, 1e9)
_INPUT: Mapping[str, Any] = {
    "height": _whole(1, MAX_SIDE_PX),
    "width": _whole(1, MAX_SIDE_PX),
    "colour": lambda value: isinstance(value, str) and value in _CHANNELS,
    "mean": _each(_REAL, 1, 3),
    "scale": _each(_REAL, 1, 3),
}
_DECLARED: Mapping[str, Any] = {"family": _text, "variant": _text, "input": _INPUT}
_SETTINGS: Mapping[str, Any] = {
    "device": {"threads": _whole(1, _MAX_CORES), "cores": _each(_whole(0, 1023), 1, _MAX_CORES)},
    "thresholds": {"face": _number(0, 1), "match": _number(-1, 1)},
    "detector": {"model": _file, "contract": {**_DECLARED, "outputs": _names, "nms_iou": _number(0, 1)}},
    "recognizer": {
        "model": _file,
        "contract": {
            **_DECLARED,
            "output": _text,
            "width": _whole(1, MAX_WIDTH),
            "flip": _flag,
            "template": _each(_each(_number(-MAX_SIDE_PX, MAX_SIDE_PX), 2, 2), _LANDMARKS, _LANDMARKS),
        },
    },
}
"""What the runner needs; a dictionary is looked into, a function says whether a value will do."""
_DETECTING: Mapping[str, Any] = {
    **{key: _SETTINGS[key] for key in ("device", "detector")},
    "thresholds": {"face": _SETTINGS["thresholds"]["face"]},
}
"""The same for a bundle without a recognizer."""
