"""Decoders of detectors' outputs, found by filename: a file here with DECODER, a frozen dataclass, is one.

The dataclass's fields are the decoder's parameters, as contracts name them; `Decoder` in
`edgeface.tasks.detection.decoding` is its interface. Such a file ships to boards as it is, and therefore imports no
more than Python 3.8, the standard library, numpy and the files that ship with it (`edgeface.bundle.shipped`).
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from types import ModuleType
from typing import Any

from pydantic import TypeAdapter, ValidationError

from edgeface.errors import ContractError, did_you_mean
from edgeface.reading.invalid import first_invalid
from edgeface.tasks.detection.decoding import Decoder, Documented, Recognized

OFFERED = ("expected", "decode")


def decoders() -> dict[str, type[Any]]:
    """Every decoder's dataclass by name, sorted; files whose name starts with an underscore are skipped.

    Raises:
        ContractError: a file defines no DECODER, or one that lacks something.
    """
    return {name: _checked(module) for name, module in _modules().items()}


def parameters_of_decoders() -> dict[str, tuple[str, ...]]:
    """The names of every decoder's parameters."""
    return {name: tuple(field.name for field in fields(kind)) for name, kind in decoders().items()}


def recognized(outputs: Mapping[str, tuple[int, ...]], height: int, width: int) -> list[tuple[str, Recognized]]:
    """The decoders that outputs may be for, by name, each with what it needs; several where shapes do not tell.

    Args:
        outputs: shapes of the network's outputs by name, for one image.
        height: the input tensor's height in pixels.
        width: the input tensor's width in pixels.
    """
    found = []
    for name, module in _modules().items():
        recognize = getattr(module, "recognized", None)
        found += [(name, one) for one in recognize(outputs, height, width)] if recognize else []
    return found


def documented_inputs(name: str) -> tuple[Documented, ...]:
    """The preprocessings that a decoder's sources document, the usual one first; none for an unknown decoder."""
    found: tuple[Documented, ...] = getattr(_modules().get(name), "INPUTS", ())
    return found


def undecoded(name: str, decoder: Decoder) -> tuple[Decoder, ...]:
    """Decoders, of the same name, of what the graph decodes that a decoder is for; none if it does not."""
    find = getattr(_modules().get(name), "undecoded", None)
    found: tuple[Decoder, ...] = find(decoder) if find else ()
    return found


def _modules() -> dict[str, ModuleType]:
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))
    return {name: importlib.import_module(f"{__name__}.{name}") for name in names}


def _checked(module: ModuleType) -> type[Any]:
    found: type[Any] | None = getattr(module, "DECODER", None)
    if not isinstance(found, type) or not is_dataclass(found):
        what = "a decoder's file defines DECODER, a frozen dataclass"
    elif not all(hasattr(found, name) for name in OFFERED):
        what = f"a decoder offers {' and '.join(OFFERED)}"
    else:
        return found
    raise ContractError(what, where=str(module.__file__), fix="see edgeface/tasks/detection/decoding.py")


def open_decoder(name: str, parameters: Mapping[str, Any], where: str) -> Decoder:
    """The decoder of a name with its parameters.

    Args:
        name: filename without suffix of a file here.
        parameters: as a contract has them.
        where: the location that errors name.

    Raises:
        ContractError: there is no such decoder, or it does not have these parameters.
    """
    known = decoders()
    if name not in known:
        raise ContractError(
            f"unknown decoder {name!r}",
            where=where,
            fix=f"{did_you_mean(name, known)}known decoders: {', '.join(known)}, or add its file",
        )
    kind = known[name]
    wanted = [field.name for field in fields(kind)]
    unknown = sorted(set(parameters).difference(wanted))
    if unknown:
        raise _refused(name, f"has no parameter {unknown[0]!r}", where, wanted)
    try:
        decoder: Decoder = TypeAdapter(kind).validate_python(dict(parameters))
    except ValidationError as error:
        wrong = first_invalid(error)
        raise _refused(name, f"cannot use its parameters: {wrong.told}", where, wanted) from error
    return decoder


def _refused(name: str, what: str, where: str, wanted: list[str]) -> ContractError:
    return ContractError(f"the decoder {name} {what}", where=where, fix=f"its parameters: {', '.join(wanted)}")
