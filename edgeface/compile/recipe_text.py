"""Recipes as TOML, so that what a search found is compiled again without searching."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from edgeface.compile.recipe import Recipe
from edgeface.compile.toml_text import toml_key, toml_value
from edgeface.quantize.settings import QuantizeSettings

RECIPE = "recipe.toml"
"""Next to an artifact's manifest, where a search changed its recipe."""


def recipe_text(recipe: Recipe, remark: str) -> str:
    """A recipe file's content, from which `read_recipe` reads an equal recipe.

    Args:
        recipe: the recipe.
        remark: what it is, for a comment at its start.
    """
    fields = recipe.model_dump(mode="json", exclude={"quantize"}, exclude_unset=True, exclude_none=True)
    section = {key: value for key, value in settings_document(recipe.quantize).items() if value != {}}
    document = {**fields, "model": recipe.model, "quantize": section}
    lines = [*(f"# {line}" for line in remark.splitlines()), *_table(document, ())]
    return "\n".join(lines).strip() + "\n"


def settings_document(settings: QuantizeSettings) -> dict[str, Any]:
    """The [quantize] section as a recipe states it."""
    return {
        "algorithms": list(settings.algorithms),
        "calibration_images": settings.calibration_images,
        "ranges": settings.ranges.as_dict(),
        "parameters": settings.parameters,
        "keep_float": settings.keep_float,
        "precision": {pattern: asked.model_dump() for pattern, asked in settings.precision.items()},
        "integers": settings.integers,
    }


def _table(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    """A table's own keys, then the tables in it."""
    own = {key: value for key, value in table.items() if not isinstance(value, Mapping)}
    if path and (own or not table):
        yield ""
        yield f"[{'.'.join(toml_key(name) for name in path)}]"
    for key, value in own.items():
        yield f"{toml_key(key)} = {toml_value(value)}"
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _table(value, (*path, key))
