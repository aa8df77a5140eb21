"""The recipe that an export takes, with every default filled in, and what identifies it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from edgeface.compile.recipe import Recipe
from edgeface.core.artifact import RecipeRecord


def effective_document(recipe: Recipe) -> dict[str, Any]:
    """Everything that a recipe says or leaves to defaults, as JSON; gates have the thresholds that they state.

    `edgeface recipe` writes a file that is read to the same document.
    """
    quantize = recipe.quantize
    return {
        "variant": recipe.variant,
        "input": None if recipe.input is None else recipe.input.model_dump(),
        "quantize": {
            "algorithms": list(quantize.algorithms),
            "calibration_images": quantize.calibration_images,
            "ranges": quantize.ranges.as_dict(),
            "parameters": {each.name: each.as_dict() for each in quantize.chosen if each.as_dict()},
            "keep_float": quantize.keep_float,
            "precision": {pattern: asked.model_dump() for pattern, asked in quantize.precision.items()},
        },
        "half": recipe.half.model_dump(),
        "evidence": recipe.evidence.model_dump(),
        "gates": {key: gate.model_dump(exclude_unset=True) for key, gate in recipe.gates.items()},
        "max_drop": recipe.max_drop,
    }


def record_of(recipe: Recipe, name: str) -> RecipeRecord:
    """What a manifest says of a recipe; the hash is of what it says, not of how its file is written."""
    said = json.dumps(effective_document(recipe), ensure_ascii=False, separators=(",", ":"))
    return RecipeRecord(name=name, sha256=hashlib.sha256(said.encode()).hexdigest())
