"""The recipe that an export takes, with every default filled in, and what identifies it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from edgeface.compile.recipe import Recipe
from edgeface.compile.recipe_text import settings_document
from edgeface.core.artifact import RecipeRecord


def effective_document(recipe: Recipe) -> dict[str, Any]:
    """Everything that a recipe says or leaves to defaults, as JSON; gates have the thresholds that they state.

    `edgeface recipe` writes a file that is read to the same document.
    """
    chosen = {each.name: each.as_dict() for each in recipe.quantize.chosen if each.as_dict()}
    return {
        "variant": recipe.variant,
        "input": None if recipe.input is None else recipe.input.model_dump(),
        "quantize": {**settings_document(recipe.quantize), "parameters": chosen},
        "half": recipe.half.model_dump(),
        "evidence": recipe.evidence.model_dump(),
        "gates": {key: gate.model_dump(exclude_unset=True) for key, gate in recipe.gates.items()},
        "max_drop": recipe.max_drop,
    }


def record_of(recipe: Recipe, name: str) -> RecipeRecord:
    """What a manifest says of a recipe; the hash is of what it says, not of how its file is written."""
    said = json.dumps(effective_document(recipe), ensure_ascii=False, separators=(",", ":"))
    return RecipeRecord(name=name, sha256=hashlib.sha256(said.encode()).hexdigest())
