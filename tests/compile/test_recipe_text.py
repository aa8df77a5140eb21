"""Recipes as text: what is written is read as an equal recipe, whatever names, reasons and numbers it holds."""

from pathlib import Path

import pytest

from edgeface.compile.recipe import Recipe, read_recipe
from edgeface.compile.recipe_text import recipe_text
from edgeface.core.thresholds import Thresholds
from edgeface.quantize.ranges import RangeRule
from edgeface.quantize.settings import AskedPrecision, QuantizeSettings

SHIPPED = sorted((Path(__file__).resolve().parents[2] / "recipes").glob("*.toml"))


def same(one, other):
    """Whether two recipes compile and judge alike; the order of gates and patterns counts."""
    return (
        one.model_dump(exclude={"quantize"}) == other.model_dump(exclude={"quantize"})
        and list(one.gates) == list(other.gates)
        and list(one.quantize.patterns.items()) == list(other.quantize.patterns.items())
        and one.quantize.integers == other.quantize.integers
        and one.quantize.ranges.as_dict() == other.quantize.ranges.as_dict()
        and one.quantize.chosen == other.quantize.chosen
        and one.quantize.calibration_images == other.quantize.calibration_images
    )


def written(recipe, folder):
    path = folder / "recipe.toml"
    path.write_text(recipe_text(recipe, "a remark\nof two lines"), encoding="utf-8")
    return read_recipe(path)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_recipes_are_read_again_as_they_are(path, tmp_path):
    assert same(written(read_recipe(path), tmp_path), read_recipe(path))


@pytest.mark.parametrize(
    "name", ["/a/b.c/*", 'quote " and \\', "[*]x[?]", "ünï ✓", "tab\tend", "a.b", "-", "", "\x7f\x01", "'single'"]
)
def test_any_name_of_a_node_and_any_reason_is_read_again(name, tmp_path):
    settings = QuantizeSettings(
        keep_float={name: f"because of {name}"},
        precision={f"{name}/x": AskedPrecision(dtype="int16", reason=name or "-")},
        parameters={},
        ranges=RangeRule("percentile", headroom=0.25, parameters={"percentile": 99.5}),
    )
    recipe = Recipe(model="m", quantize=settings, gates={"v:t": Thresholds(snr_db=1e-7, max_transposes=0)})
    assert same(written(recipe, tmp_path), recipe)


def test_a_thresholds_absence_is_not_its_default(tmp_path):
    recipe = Recipe(model="m", gates={"*-int8": Thresholds(snr_db=5.0), "t": Thresholds()})
    assert written(recipe, tmp_path).gates["t"].model_fields_set == set()
