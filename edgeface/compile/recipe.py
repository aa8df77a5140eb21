"""Recipes: how a model is compiled and what is required of the result, one TOML file per model."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edgeface.core.max_drop import own_limits, with_own
from edgeface.core.thresholds import MinEvidence, Thresholds
from edgeface.errors import InputError
from edgeface.quantize.settings import QuantizeSettings
from edgeface.reading.document import read_toml
from edgeface.reading.invalid import first_invalid
from edgeface.reading.kinds import RECIPE

_FOLDERS = (Path(__file__).parents[1] / "_recipes", Path(__file__).parents[2] / "recipes")


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class InputSize(_Strict):
    """Default input size."""

    height: int = Field(ge=8, le=8192, description="Height of the input in pixels.")
    width: int = Field(ge=8, le=8192, description="Width of the input in pixels.")


class Half(_Strict):
    """Options of targets that compute in float16."""

    keep_float: dict[str, str] = Field(
        default={}, description="Patterns of node names to compute in float32, each with the reason."
    )


class Recipe(_Strict):
    """One model's recipe.

    `gates` are by target. Keys with "*" are patterns, e.g. "*-int8": all that match apply, in order, and a later one
    overrides an earlier one's thresholds. On top of them the most specific of these keys decides:
    "<variant>:<target>:integer-only", "<target>:integer-only", "<variant>:<target>", "<target>". A pattern that ends
    in ":integer-only" applies to such builds only.
    """

    model: str = Field(description="The model, or the task, that the recipe is for.")
    variant: str | None = Field(default=None, description="The contract's variant, as --variant states it.")
    input: InputSize | None = Field(default=None, description="Input size, where --input states none.")
    quantize: QuantizeSettings = Field(default=QuantizeSettings(), description="How integer targets are quantized.")
    half: Half = Field(default=Half(), description="Targets that compute in float16.")
    evidence: MinEvidence = Field(
        default=MinEvidence(), description="What a verdict needs besides figures within their limits."
    )
    gates: dict[str, Thresholds] = Field(
        default={},
        description='What is required of artifacts, by target. A key may be a pattern ("*-int8"), may end in '
        '":integer-only", and may start with a variant ("rgb:tflite-int8"); what is more specific overrides.',
    )
    max_drop: dict[str, str] = Field(
        default={},
        description="Your own limits, as --max-drop states them, in place of the gates' on the same figures.",
    )

    def thresholds(self, target: str, variant: str, integer_only: bool = False) -> Thresholds:
        """The gate's thresholds for a target."""
        keys = [f"{variant}:{target}", target]
        if integer_only:
            keys = [f"{key}:integer-only" for key in keys] + keys
        patterns = [pattern for pattern in self.gates if "*" in pattern and any(fnmatchcase(k, pattern) for k in keys)]
        exact = [next((key for key in keys if key in self.gates), "")]
        chosen = [self.gates[key] for key in (*patterns, *exact) if key]
        stated: dict[str, Any] = {"evidence": self.evidence}
        for gate in chosen:
            stated |= {name: getattr(gate, name) for name in gate.model_fields_set}
        return with_own(Thresholds(**stated), own_limits(self.max_drop, Thresholds.model_fields))


def recipe_for(model: str) -> Recipe:
    """The shipped recipe of a model, or the defaults where none is shipped."""
    for folder in _FOLDERS:
        path = folder / f"{model}.toml"
        if path.is_file():
            return read_recipe(path)
    return Recipe(model=model)


def read_recipe(path: Path) -> Recipe:
    """The recipe in a file.

    Raises:
        InputError: not readable, not TOML, an unknown key, invalid value or unknown algorithm.
    """
    return _validated(read_toml(path, RECIPE), path)


def _validated(document: dict[str, Any], path: Path) -> Recipe:
    try:
        return Recipe.model_validate(document)
    except InputError as error:
        raise InputError(error.what, where=f"{path}, {error.where}", fix=error.fix) from error
    except ValidationError as error:
        wrong = first_invalid(error, Recipe)
        raise InputError(f"recipe key {wrong.told}", where=str(path), fix=wrong.fix(RECIPE.fix)) from error
