"""A recipe's file with every key, its default or value, and what it means."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from edgeface.compile.recipe import Half, InputSize, Recipe
from edgeface.compile.recipe_effective import effective_document
from edgeface.compile.toml_text import toml_key, toml_value
from edgeface.core.thresholds import MinEvidence, Thresholds
from edgeface.quantize.algorithms import algorithms
from edgeface.quantize.ranges import MAX_HEADROOM
from edgeface.quantize.settings import AskedPrecision, QuantizeSettings

_WIDTH = 78
HEADROOM = (
    f"Widens each range by so much of it, 0 to {MAX_HEADROOM}, since other images exceed what calibration saw, more so "
    "the fewer images calibrated."
)
METHOD = "How a range is chosen: {names}."


def commented_recipe(recipe: Recipe, head: str) -> str:
    """A recipe file's content, from which `read_recipe` reads what compiles the same.

    Args:
        recipe: the recipe.
        head: the comment that it starts with.
    """
    said = effective_document(recipe)
    lines = [
        *_comment(head),
        "",
        *_keys({"model": recipe.model, "variant": said["variant"]}, Recipe),
        *_optional_table("input", said["input"], InputSize, {"height": 480, "width": 640}),
        *_quantize(said["quantize"]),
        *_patterns("half.keep_float", said["half"]["keep_float"], Half, "keep_float"),
        *_table("evidence", said["evidence"], MinEvidence),
        *_gates(said["gates"]),
        *_table("max_drop", said["max_drop"], None),
    ]
    return "\n".join(lines) + "\n"


def _quantize(said: Mapping[str, Any]) -> Iterator[str]:
    own = {key: said[key] for key in ("algorithms", "calibration_images")}
    yield from _table("quantize", own, QuantizeSettings)
    yield from _ranges(said["ranges"])
    for name, parameters in said["parameters"].items():
        yield from _heading(f"quantize.parameters.{name}", None)
        yield from _keys(parameters, algorithms()[name].parameters)
    yield from _patterns("quantize.keep_float", said["keep_float"], QuantizeSettings, "keep_float")
    yield from _patterns("quantize.precision", said["precision"], QuantizeSettings, "precision")
    seen: set[str] = set()
    for pattern, asked in said["precision"].items():
        yield from ("", f"[quantize.precision.{toml_key(pattern)}]", *_keys(asked, AskedPrecision, seen))
    yield from _patterns("quantize.integers", said["integers"], QuantizeSettings, "integers")
    for targets, reasons in said["integers"].items():
        yield from ("", f"[quantize.integers.{toml_key(targets)}]")
        yield from (f"{toml_key(pattern)} = {toml_value(reason)}" for pattern, reason in reasons.items())


def _ranges(said: Mapping[str, Any]) -> Iterator[str]:
    yield from _heading("quantize.ranges", description(QuantizeSettings, "ranges"))
    known = algorithms()
    methods = [name for name, found in known.items() if type(found).__name__ == "RangeMethod"]
    yield from _comment(METHOD.format(names=", ".join(methods)))
    yield f"method = {toml_value(said['method'])}"
    own = {key: value for key, value in said.items() if key not in ("method", "headroom")}
    yield from _keys(own, known[said["method"]].parameters)
    yield from _comment(HEADROOM)
    yield f"headroom = {toml_value(said['headroom'])}"


def _gates(said: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Every gate; what a threshold means stands where it is stated first."""
    yield from ("", *_comment(description(Recipe, "gates")))
    seen: set[str] = set()
    for number, (key, stated) in enumerate(said.items()):
        yield from ([""] if number else [])
        yield f"[gates.{toml_key(key)}]"
        yield from _keys({name: value for name, value in stated.items() if name != "evidence"}, Thresholds, seen)
        if "evidence" in stated:
            yield from ("", f"[gates.{toml_key(key)}.evidence]", *_keys(stated["evidence"], MinEvidence, seen))


def _optional_table(
    name: str, said: Mapping[str, Any] | None, model: type[BaseModel], example: Mapping[str, Any]
) -> Iterator[str]:
    if said is not None:
        yield from _table(name, said, model)
        return
    shown = ["", f"[{name}]", *(f"{key} = {toml_value(value)}" for key, value in example.items())]
    yield from ("", *_comment(f"{description(Recipe, name)} Not set."), *(f"# {line}" for line in shown[1:]))


def _patterns(name: str, said: Mapping[str, Any], model: type[BaseModel], field: str) -> Iterator[str]:
    """A table from patterns to reasons; only its heading where the values are tables of their own."""
    yield from _heading(name, description(model, field))
    yield from (f"{toml_key(key)} = {toml_value(value)}" for key, value in said.items() if isinstance(value, str))


def _table(name: str, said: Mapping[str, Any], model: type[BaseModel] | None) -> Iterator[str]:
    yield from _heading(name, description(Recipe, name))
    yield from _keys(said, model)


def _heading(name: str, text: str | None) -> Iterator[str]:
    yield ""
    yield from _comment(text or "")
    yield f"[{name}]"


def _keys(said: Mapping[str, Any], model: type[BaseModel] | None, seen: set[str] | None = None) -> Iterator[str]:
    """Keys with their values, each with what it means; those without a value as a comment."""
    for key, value in said.items():
        if model is not None and key not in (seen or ()):
            yield from _comment(description(model, key))
        if seen is not None:
            seen.add(key)
        yield f"# {toml_key(key)} is not set" if value is None else f"{toml_key(key)} = {toml_value(value)}"


def description(model: type[BaseModel], field: str) -> str:
    """What a key means, as its field says."""
    return model.model_fields[field].description or ""


def _comment(text: str) -> list[str]:
    """Comment lines of at most 80 characters."""
    return [f"# {line}".rstrip() for part in text.splitlines() for line in textwrap.wrap(part, _WIDTH) or [""]]
