from __future__ import annotations

import pytest

from edgeface.report.origin import made_words, origin


def quantization(manifest):
    return dict(next(table.rows for table in origin(manifest) if table.caption == "Quantization"))


def test_algorithms_are_named_with_their_parameters_and_values_counted_by_dtype(seeded_artifact):
    manifest = seeded_artifact("tflite-int8").manifest
    rows = quantization(manifest)
    assert rows["algorithms"] == (
        "cross_layer_equalization caution=0.1 margin=0.2 max_octaves=8 weight_noise=4.0, "
        "second_moment_rounding damping=0.001"
    )
    assert rows["ranges"] == "headroom 0.1, method percentile, percentile 99.9999"
    counted = manifest.quantization["dtypes"]
    assert rows["values by dtype"] == f"{counted['float32']} float32, {counted['int8']} int8"


def test_a_network_without_corrections_says_so(seeded_artifact):
    manifest = seeded_artifact("tflite-int8").manifest
    plain = manifest.model_copy(update={"quantization": {**manifest.quantization, "algorithms": []}})
    assert quantization(plain)["algorithms"] == "none"


@pytest.mark.slow
def test_float16_lists_values_that_stay_float32(seeded_artifact):
    rows = quantization(seeded_artifact("onnx-fp16").manifest)
    assert len(rows) == 1
    [(kept, _)] = rows.items()
    assert kept.endswith("in float")


def test_the_recipe_is_named_with_its_hash_and_the_day_where_it_is_known(seeded_artifact):
    manifest = seeded_artifact("tflite-int8").manifest
    assert manifest.recipe is not None
    sources = next(table.rows for table in origin(manifest) if table.caption == "Sources")
    assert ("recipe", manifest.recipe.name, manifest.recipe.sha256) in sources
    version = manifest.versions["edgeface"]
    named = f"recipe {manifest.recipe.name} ({manifest.recipe.sha256[:12]}), edgeface {version}"
    assert made_words(manifest, "2026-11-28") == f"{named}, 2026-11-28"
    assert made_words(manifest, "") == named
    older = manifest.model_copy(update={"recipe": None})
    assert made_words(older, "") == f"edgeface {version}"
    assert not any(row[0] == "recipe" for table in origin(older) for row in table.rows)
