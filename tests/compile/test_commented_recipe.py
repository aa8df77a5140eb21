"""The effective recipe as a file with comments."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from edgeface.compile.commented_recipe import HEADROOM, METHOD, commented_recipe
from edgeface.compile.recipe import Half, InputSize, Recipe, read_recipe, recipe_for
from edgeface.compile.recipe_effective import effective_document, record_of
from edgeface.core.thresholds import MinEvidence, Thresholds
from edgeface.quantize.algorithms import algorithms
from edgeface.quantize.settings import AskedPrecision, QuantizeSettings

ROOT = Path(__file__).parents[2]
OWN = """
model = "mine"
[quantize]
algorithms = ["second_moment_rounding"]
[quantize.ranges]
method = "entropy"
[quantize.precision."*Head*"]
dtype = "int16"
reason = "scores need finer steps"
[quantize.precision."a.b"]
dtype = "float32"
reason = "tried"
[gates.tflite-int8]
min_cosine = 0.5
[gates.tflite-int8.evidence]
faces = 3
[max_drop]
matched = "0.5%"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text)
    return path


def recipes(folder: Path) -> list[Recipe]:
    shipped = [recipe_for(path.stem) for path in sorted((ROOT / "recipes").glob("*.toml"))]
    return [*shipped, recipe_for("none_such"), read_recipe(written(folder, OWN))]


def test_it_is_read_to_what_compiles_the_same(tmp_path):
    for recipe in recipes(tmp_path):
        again = read_recipe(written(tmp_path, commented_recipe(recipe, "a recipe\n\nof two lines")))
        assert effective_document(again) == effective_document(recipe)
        assert record_of(again, "x") == record_of(recipe, "x")
        assert again.quantize.every_algorithm == recipe.quantize.every_algorithm
        assert again.thresholds("tflite-int8", "v") == recipe.thresholds("tflite-int8", "v")


def test_the_hash_is_of_what_a_recipe_says(tmp_path):
    shortest = written(tmp_path, 'model = "m"')
    plain = record_of(read_recipe(shortest), "m")
    shortest.write_text('# said by a person\nmodel = "m"\n[quantize]\ncalibration_images = 40\n')
    assert record_of(read_recipe(shortest), "m") == plain
    shortest.write_text('model = "m"\n[quantize]\ncalibration_images = 41\n')
    assert record_of(read_recipe(shortest), "m").sha256 != plain.sha256


def test_every_key_is_explained_before_it_stands_first_and_lines_of_comments_fit_a_terminal(tmp_path):
    for recipe in recipes(tmp_path):
        lines = commented_recipe(recipe, "a recipe").splitlines()
        keys = [(number, line.split(" = ")[0]) for number, line in enumerate(lines) if re.match(r"[a-z_]+ = ", line)]
        first = {name: number for number, name in reversed(keys)}
        unexplained = {name for name, number in first.items() if not lines[number - 1].startswith("# ")}
        assert unexplained == {"matched"} & set(first)  # a user's own limit, whose table is explained
        assert all(len(line) <= 80 for line in lines if line.startswith("#"))


def rows() -> list[str]:
    """The rows of the page's tables: every key with its description and default."""
    models = (Recipe, InputSize, QuantizeSettings, AskedPrecision, Half, MinEvidence, Thresholds)
    models = (*models, *(found.parameters for found in algorithms().values()))
    fields = [(name, field) for model in models for name, field in model.model_fields.items()]
    ranges = [("method", METHOD.partition(":")[0] + "."), ("headroom", HEADROOM)]
    return [f"| `{name}` | {text} |" for name, text in [*((name, f.description) for name, f in fields), *ranges]]


@pytest.mark.parametrize("row", rows())
def test_every_key_is_documented_in_the_words_of_its_field(row):
    assert row in (ROOT / "docs" / "recipes.md").read_text().splitlines()
