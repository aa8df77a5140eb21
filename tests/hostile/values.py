"""Documents (JSON, TOML) whose values lie, and their text."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Iterator
from typing import Any

from tests.hostile.draw import Draw

Document = dict[str, Any]
Path = tuple[Any, ...]

DEEP = 3000
"""Levels of nesting: more than Python recurses into, far from what exhausts a stack."""


class Raw:
    """Text that stands in a document as it is."""

    def __init__(self, text: str) -> None:
        self.text = text


def _hostile(draw: Draw) -> Any:
    """A value that a reader may not expect."""
    scalars = (None, True, False, 0, -1, 1, 2**31, -(2**31) - 1, 2**63, 2**64, 1e308, -1e308, 5e-324, -0.0)
    texts = (
        "",
        " ",
        "\x00",
        "\x1b[2J\x1b[31m",
        "\u202e\u2066",
        "a" * 5000,
        "../" * 8 + "x",
        "/dev/null",
        "é\ud7ff",
        "1e999",
    )
    special = (math.nan, math.inf, -math.inf, Raw("1" + "0" * 400), Raw("9" * 5000), Raw("1e999"), Raw("-1e999"))
    shapes = ([], {}, [[]], [None], {"": 0}, [0] * 1000, Raw("[" * DEEP + "]" * DEEP), {"a": {"b": {"c": []}}})
    return copy.copy(draw.one((*scalars, *texts, *special, *special, *shapes)))


def places(document: Any, path: Path = ()) -> Iterator[Path]:
    """The way to every value in a document, its own first."""
    yield path
    if isinstance(document, dict):
        for key in document:
            yield from places(document[key], (*path, key))
    elif isinstance(document, list):
        for index in range(min(len(document), 8)):
            yield from places(document[index], (*path, index))


def lied(draw: Draw, document: Document) -> tuple[Document, str]:
    """A copy of a document with one to three changes, and what they are."""
    changed = copy.deepcopy(document)
    said = [draw.act(_ACTS, changed) for _ in range(1 + (draw.below(3) if draw.chance(0.3) else 0))]
    return changed, ", ".join(said)


def _somewhere(draw: Draw, document: Document) -> tuple[Any, Any]:
    """A container in the document, and a key in it."""
    path = draw.one([found for found in places(document) if found] or [("added",)])
    holder: Any = document
    for key in path[:-1]:
        holder = holder[key]
    return holder, path[-1]


def _replaced(draw: Draw, document: Document) -> str:
    holder, key = _somewhere(draw, document)
    holder[key] = _hostile(draw)
    return f"{key} is {str(holder[key])[:20]!r}"


def _number_replaced(draw: Draw, document: Document) -> str:
    numbers = [path for path in places(document) if path and _is_number(_at(document, path))]
    if not numbers:
        return _replaced(draw, document)
    path = draw.one(numbers)
    value = draw.one((math.nan, math.inf, -math.inf, 0, -1, 1e30, 1e-30, -0.5, 2**40, Raw("1" + "0" * 400), True, "1"))
    _at(document, path[:-1])[path[-1]] = value
    return f"{path[-1]} is {str(value)[:20]}"


def _removed(draw: Draw, document: Document) -> str:
    holder, key = _somewhere(draw, document)
    if isinstance(holder, dict):
        holder.pop(key, None)
    else:
        del holder[key]
    return f"no {key}"


def _added(draw: Draw, document: Document) -> str:
    inside = [document, *(_at(document, path) for path in places(document) if isinstance(_at(document, path), dict))]
    name = draw.one(("extra", "", "\x1b[31mred", "a.b", "__class__", "model", "format", "x" * 3000))
    draw.one(inside)[name] = _hostile(draw)
    return f"added {name[:10]!r}"


def _moved(draw: Draw, document: Document) -> str:
    """A value of one key under another one."""
    first, key = _somewhere(draw, document)
    second, other = _somewhere(draw, document)
    if first is not second or key != other:
        second[other] = copy.deepcopy(first[key])
    return f"{other} is {key}'s"


def _repeated(draw: Draw, document: Document) -> str:
    lists = [_at(document, path) for path in places(document) if isinstance(_at(document, path), list)]
    if not lists:
        return _replaced(draw, document)
    chosen = draw.one(lists)
    times = draw.one((2, 3, 100))
    chosen[:] = chosen * times
    return f"a list {times} times"


_ACTS = (_replaced, _replaced, _number_replaced, _number_replaced, _removed, _added, _moved, _repeated)


def _at(document: Any, path: Path) -> Any:
    for key in path:
        document = document[key]
    return document


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def json_bytes(document: Any) -> bytes:
    """A document as JSON, with the names NaN and Infinity that Python reads."""
    raw: list[str] = []

    def hold(value: Any) -> Any:
        if isinstance(value, Raw):
            raw.append(value.text)
            return f"\x01raw{len(raw) - 1}"
        if isinstance(value, dict):
            return {key: hold(item) for key, item in value.items()}
        return [hold(item) for item in value] if isinstance(value, list | tuple) else value

    text = json.dumps(hold(document), ensure_ascii=False)
    for index, given in enumerate(raw):
        text = text.replace(f'"\\u0001raw{index}"', given)
    return text.encode("utf-8", "surrogatepass")


def toml_bytes(document: Any) -> bytes:
    """A document as TOML: plain values first, then a table for each dictionary at the top."""
    lines = [f"{_key(key)} = {_inline(value)}" for key, value in document.items() if not _is_table(value)]
    for key, value in document.items():
        if _is_table(value):
            lines.append(f"[{_key(key)}]")
            lines += [f"{_key(name)} = {_inline(item)}" for name, item in value.items()]
    return "\n".join([*lines, ""]).encode("utf-8", "surrogatepass")


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) and bool(value)


def _key(name: Any) -> str:
    return json.dumps(str(name))


def _inline(value: Any) -> str:
    if isinstance(value, Raw):
        return value.text
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(key)} = {_inline(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return "null" if value is None else json.dumps(value, ensure_ascii=False)


def numbers_in(value: Any) -> Iterator[float]:
    """Every number in plain data, models or dataclasses included."""
    if hasattr(value, "model_dump"):
        value = value.model_dump()
    if isinstance(value, dict):
        for item in value.values():
            yield from numbers_in(item)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from numbers_in(item)
    elif _is_number(value):
        yield value
    elif hasattr(value, "__dict__") and not isinstance(value, type):
        yield from numbers_in(vars(value))


def not_finite(value: Any) -> str | None:
    """A complaint about a number in an accepted document that is NaN or infinite."""
    wrong = [number for number in numbers_in(value) if isinstance(number, float) and not math.isfinite(number)]
    return f"{wrong[0]} was accepted in {str(value)[:200]}" if wrong else None
