import numpy as np
import pytest

from edgeface.backends import target
from edgeface.compile.build import build
from edgeface.compile.calibrate import calibrate
from edgeface.compile.job import BuildOptions, Job
from edgeface.compile.recipe import Recipe, recipe_for
from edgeface.errors import InputError
from edgeface.graph.onnx_reader import read_onnx
from edgeface.images.split import Images, choose_images
from edgeface.passes import run_passes
from edgeface.quantize.settings import DEFAULT

INT8 = target("tflite-int8")


@pytest.fixture(scope="module")
def job(seeded_source):
    """Make a job of the seeded network: (recipe, images, options) with defaults."""
    graph = run_passes(read_onnx(seeded_source.onnx, "retinaface_mnet025"))

    def make(recipe=None, images=None, **options):
        plain = recipe_for("retinaface_mnet025")
        return Job(seeded_source, graph, {}, recipe or plain, images or Images(), BuildOptions(**options))

    return make


@pytest.fixture(scope="module")
def stats(job):
    """What calibration on synthetic images sees, for any recipe of the seeded network."""
    return calibrate(job())


@pytest.fixture(scope="module")
def plain(job, stats):
    """The int8 model by the shipped recipe."""
    return build(job(), INT8, stats)


@pytest.fixture
def built(job, stats):
    """An int8 model by a recipe that asks for this: `built(**options of the build, **settings)`."""

    def make(integer_only=False, **quantize):
        return build(job(asking(**quantize), integer_only=integer_only), INT8, stats)

    return make


def asking(**quantize):
    return Recipe(model="retinaface_mnet025", quantize=quantize)


def test_a_float_target_is_not_quantized_with_any_io(job):
    built = build(job(io="int8"), target("tflite-fp32"))
    assert (built.io, built.quantization) == ("float", None)


@pytest.mark.slow
def test_calibration_images_decide_the_model(job, images, plain):
    given = build(job(images=choose_images(images, None, 1)), INT8)
    assert given.model != plain.model
    assert given.quantization["plan_sha256"] != plain.quantization["plan_sha256"]


KEPT = {"*/stage1/*": "because"}


def test_kept_float_is_listed_by_the_recipe_s_reason(built):
    kept = built(keep_float=KEPT).quantization["kept_float"]
    assert kept["because"]
    assert all("stage1" in name for name in kept["because"])
    assert "because" not in built(keep_float=KEPT, integer_only=True).quantization["kept_float"]


@pytest.mark.slow
def test_float32_by_precision_equals_keep_float(built):
    kept = built(keep_float=KEPT)
    asked = built(precision={"*/stage1/*": {"dtype": "float32", "reason": "because"}})
    assert asked.model == kept.model
    assert asked.quantization["kept_float"] == kept.quantization["kept_float"]
    assert asked.quantization["dtypes"] == kept.quantization["dtypes"]


def test_int8_by_precision_overrides_keep_float(built, plain):
    assert plain.quantization["dtypes"]["float32"] > 0
    back = built(keep_float=KEPT, precision={"*": {"dtype": "int8", "reason": "a test"}})
    assert set(back.quantization["dtypes"]) == {"int8"}
    assert back.quantization["kept_float"] == {}


@pytest.mark.parametrize("dtype", ["int16", "float16"])
@pytest.mark.parametrize("name", ["tflite-int8", "onnx-int8", "tensorrt-int8"])
def test_a_dtype_that_a_target_lacks_is_refused_before_anything_is_calibrated(job, monkeypatch, name, dtype):
    monkeypatch.delattr("edgeface.compile.build.calibrate")
    recipe = asking(precision={"*Softmax": {"dtype": dtype, "reason": "a test"}})
    with pytest.raises(InputError, match=f"{name} cannot compute in {dtype}") as caught:
        build(job(recipe), target(name))
    assert "'*Softmax'" in caught.value.where
    assert "use int8 or float32" in caught.value.fix


def test_integer_only_leaves_no_pattern_in_float(built):
    asked = built(precision={"*/stage1/*": {"dtype": "float32", "reason": "because"}}, integer_only=True)
    assert "because" not in asked.quantization["kept_float"]


def test_integer_only_splits_what_the_recipe_computes_in_float(built):
    asked = {"*/stage1/*": {"dtype": "float32", "reason": "a test"}, "*Head.*": {"dtype": "int8", "reason": "a test"}}
    made = built(precision=asked, integer_only=True)
    found = {entry["name"]: entry["parameters"] for entry in made.quantization["algorithms"]}
    assert list(found)[1:3] == ["channel_splitting", "copy_staggering"]
    assert found["channel_splitting"]["nodes"] == ("*/stage1/*",)
    widened = [name for name in made.exact.activations if made.exact.type(name).shape[1] in (16, 32)]
    assert any("stage1" in name for name in widened)
    whole = built(keep_float={"kind:prelu": "a test"}, integer_only=True)
    assert [entry["name"] for entry in whole.quantization["algorithms"]] == list(DEFAULT)


def test_the_manifest_names_the_algorithms_and_their_parameters(job, stats, plain):
    found = plain.quantization
    assert [entry["name"] for entry in found["algorithms"]] == ["cross_layer_equalization", "second_moment_rounding"]
    assert found["algorithms"][1]["parameters"] == {"damping": 1e-3}
    assert found["ranges"] == {"method": "percentile", "percentile": 99.9999, "headroom": 0.1}
    assert set(found["dtypes"]) == {"float32", "int8"}
    assert set(build(job(), target("onnx-int8"), stats).quantization["dtypes"]) == {"float32", "uint8"}


def test_each_chosen_algorithm_changes_the_model(built):
    chosen = ([], ["cross_layer_equalization"], ["second_moment_rounding"], None)
    models = [built(**({} if names is None else {"algorithms": names})).model for names in chosen]
    assert len(set(models)) == 4


def test_deprecated_switches_build_the_same_as_the_list(built):
    old = built(equalize=False, round_weights=True)
    assert old.model == built(algorithms=["second_moment_rounding"]).model


def test_saved_statistics_give_the_same_model(job, tmp_path, plain):
    path = tmp_path / "statistics.npz"
    calibrate(job(save_statistics=path))
    assert build(job(statistics=path), INT8).model == plain.model


@pytest.mark.slow
def test_statistics_of_another_graph_are_refused(job, tmp_path, seeded_source):
    from dataclasses import replace

    from edgeface.compile.open_source import open_source
    from edgeface.compile.source import Declared

    path = tmp_path / "statistics.npz"
    calibrate(job(save_statistics=path))
    source = open_source(Declared("retinaface_mnet025", input_size=(64, 64), seed=1), [])
    graph = run_passes(read_onnx(source.onnx, "retinaface_mnet025"))
    other = replace(job(statistics=path), source=source, graph=graph)
    with pytest.raises(InputError, match="another network") as caught:
        build(other, INT8)
    assert caught.value.where == str(path)


def test_real_weights_are_not_calibrated_on_synthetic_images(job, seeded_weights):
    from dataclasses import replace

    from edgeface.compile.open_source import open_source
    from edgeface.compile.source import Declared

    declared = Declared("retinaface_mnet025", seeded_weights, variant="official", input_size=(64, 96))
    with pytest.raises(InputError, match="images") as caught:
        build(replace(job(), source=open_source(declared, [])), INT8)
    assert "--calibration" in str(caught.value.fix)


def test_int8_holds_less_than_a_third_of_the_float_bytes(job, plain):
    sizes = {name: len(build(job(), target(name)).model) for name in ("tflite-fp32", "tflite-fp16")}
    sizes["tflite-int8"] = len(plain.model)
    assert sizes["tflite-int8"] < sizes["tflite-fp16"] < sizes["tflite-fp32"]
    assert sizes["tflite-int8"] < 560_000
    assert np.isclose(sizes["tflite-fp16"] / sizes["tflite-fp32"], 0.5, atol=0.05)
