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
    """Default input size in pixels."""

    height: int = Field(ge=8, le=8192)
    width: int = Field(ge=8, le=8192)


class Half(_Strict):
    """Options of float16 targets. `keep_float` maps patterns of node names to reasons for float32."""

    keep_float: dict[str, str] = {}


class Recipe(_Strict):
    """One model's recipe.

    `max_drop` holds a user's own limits by name (`edgeface.core.max_drop`), in place of the gates' on the same figures.
    `evidence` says how many faces and pairs a verdict needs.

    `gates` are by target. Keys with "*" are patterns, e.g. "*-int8": all that match apply, in order, and a later one
    overrides an earlier one's thresholds. On top of them the most specific of these keys decides:
    "<variant>:<target>:integer-only", "<target>:integer-only", "<variant>:<target>", "<target>". A pattern that ends
    in ":integer-only" applies to such builds only.
    """

    model: str
    variant: str | None = None
    input: InputSize | None = None
    quantize: QuantizeSettings = QuantizeSettings()
    half: Half = Half()
    evidence: MinEvidence = MinEvidence()
    gates: dict[str, Thresholds] = {}
    max_drop: dict[str, str] = {}

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
        raise InputError(
            f"recipe key {wrong.told}", where=str(path), fix=wrong.fix(RECIPE.fix or "see recipes/")
        ) from error
