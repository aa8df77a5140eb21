"""Targets and runtimes, found by folder: a module `target` defines TARGETS, a module `runtime` RUNTIMES."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from edgeface.backends.runtime import Processor, Runtime
from edgeface.backends.target import Target
from edgeface.core.file_kind import MODELS, kind_of
from edgeface.errors import InputError, did_you_mean

Named = TypeVar("Named", Target, Runtime)


def targets() -> dict[str, Target]:
    """All targets by name, sorted."""
    return _targets(tuple(__path__))


def target(name: str) -> Target:
    """The target of that name.

    Raises:
        InputError: the name is unknown; the closest one is suggested.
    """
    return _named(targets(), name, "target")


def runtimes() -> dict[str, Runtime]:
    """All runtimes by name, sorted; their libraries are not imported."""
    return _runtimes(tuple(__path__))


def runtime_named(name: str) -> Runtime:
    """The runtime of that name.

    Raises:
        InputError: the name is unknown; the closest one is suggested.
    """
    return _named(runtimes(), name, "runtime")


def runtime_for(model: Path, processor: Processor = "cpu") -> Runtime:
    """The runtime for a model file on a processor, as deployed there.

    Args:
        model: a model file, which need not exist: its suffix and the files next to it decide.
        processor: processor to run on.

    Raises:
        InputError: no runtime on that processor supports such a file; a known format is named.
    """
    there = [each for each in runtimes().values() if each.processor == processor]
    for each in there:
        if each.claims is not None and each.claims(model):
            return each
    for each in there:
        if model.suffix in each.suffixes:
            return each
    made = [each.name for each in targets().values() if each.finish is not None and each.finish.processor == processor]
    fix = f"pass an artifact folder or a file ending in {' or '.join(suffixes(processor))}"
    kind = kind_of(model)
    raise InputError(
        f"no runtime supports {model.suffix or 'files without a suffix'} on a {processor.upper()}"
        + ("" if kind is None else f": this is {kind.name}"),
        where=str(model),
        fix=fix + (f", or export it to {' or '.join(made)}" if made else "")
        if kind is None or kind.key in MODELS
        else f"{kind.fix()}; or {fix}",
    )


def suffixes(processor: Processor = "cpu") -> tuple[str, ...]:
    """The suffixes of the model files supported on a processor, sorted."""
    there = (each for each in runtimes().values() if each.processor == processor)
    return tuple(sorted({suffix for each in there for suffix in each.suffixes}))


@cache
def _targets(path: tuple[str, ...]) -> dict[str, Target]:
    return _by_name(found for module in _modules(path, "target") for found in module.TARGETS)


@cache
def _runtimes(path: tuple[str, ...]) -> dict[str, Runtime]:
    found = _by_name(each for module in _modules(path, "runtime") for each in module.RUNTIMES)
    by_suffix: dict[tuple[str, str], str] = {}
    for each in found.values():
        for suffix in each.suffixes:
            other = by_suffix.setdefault((each.processor, suffix), each.name)
            if other != each.name:
                raise InputError(
                    f"the runtimes {other!r} and {each.name!r} both run {suffix} on a {each.processor.upper()}",
                    fix="leave the suffixes of one of them empty, so that only targets name it",
                )
    return found


def _modules(path: Iterable[str], name: str) -> Iterable[Any]:
    """The modules of that name in the backend folders."""
    for folder in pkgutil.iter_modules(path):
        dotted = f"{__name__}.{folder.name}.{name}"
        if folder.ispkg and importlib.util.find_spec(dotted) is not None:
            yield importlib.import_module(dotted)


def _by_name(items: Iterable[Named]) -> dict[str, Named]:
    found: dict[str, Named] = {}
    for item in items:
        if item.name in found:
            raise InputError(f"two backends define {item.name!r}", fix="rename one of them")
        found[item.name] = item
    return dict(sorted(found.items()))


def _named(known: dict[str, Named], name: str, kind: str) -> Named:
    if name not in known:
        raise InputError(
            f"unknown {kind} {name!r}", fix=f"{did_you_mean(name, known)}known {kind}s: {', '.join(known)}"
        )
    return known[name]
