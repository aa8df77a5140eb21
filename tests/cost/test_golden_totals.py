"""The reference networks cost the same, to the unit, whatever file they come in."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from reference_exports import (
    FUSED_EMBEDDINGS,
    GOLDEN,
    Golden,
    exported_by_dynamo,
    golden,
    halved,
    quantized,
    simplified,
    tflite,
    traced,
    trained,
)

from edgeface.budgets.check import check
from edgeface.cost.counter import count
from edgeface.cost.readers.onnx_network import read_onnx_network
from edgeface.models.architectures import architecture, architectures

DETECTOR = "retinaface_mnet025"
LARGEST = "iresnet100"
SMALL = ["mobilefacenet:y1", "mobilefacenet:mbf", "vargfacenet", "iresnet18", DETECTOR]
UP_TO_50 = SMALL + [name for name in GOLDEN if name not in (*SMALL, LARGEST)]
BY_DYNAMO = [*SMALL, LARGEST]
IN_INT8 = [name for name in SMALL if name != "iresnet18"]  # 24 million weights that say nothing new
QUICK = {"mobilefacenet:y1", DETECTOR}
DEEPER = {name for name in GOLDEN if name not in SMALL}
"""The blocks of those in SMALL, more often or wider: by name they are counted here, in files by `make hostile`."""


LONG_BY_DYNAMO = {*DEEPER, "vargfacenet", "iresnet18"}
"""It takes up to ten seconds of each; the other three have all that differs: a bias, no bias, branches."""


def slow_but(quick, names, late=DEEPER):
    """Names as parameters, of which only those of `quick` are not marked slow; those of `late` take minutes."""
    mark = {name: pytest.mark.hostile if name in late else pytest.mark.slow for name in names}
    return [name if name in quick else pytest.param(name, marks=mark[name]) for name in names]


DETECTOR_AT = {
    (240, 320): (367_902_200, 184_738_560),
    (640, 640): (1_953_909_600, 981_145_600),
    (1080, 1920): (9_917_613_360, 4_980_057_600),
}


class Export(NamedTuple):
    name: str
    model: bytes


@pytest.fixture(scope="module")
def folded(request):
    return Export(request.param, traced(request.param, trained(request.param)))


@pytest.fixture(scope="module")
def unfolded(request):
    return Export(request.param, traced(request.param, trained(request.param), folded=False))


@pytest.fixture(scope="module")
def by_dynamo(request):
    plain, optimized = exported_by_dynamo(request.param, trained(request.param))
    return Export(request.param, plain), Export(request.param, optimized)


def cost_of(complexity) -> Golden:
    return Golden(complexity.lfr_flops, complexity.macs, complexity.parameters)


def counted(model: bytes) -> Golden:
    return cost_of(count(read_onnx_network(model, "model.onnx")))


def test_there_are_figures_for_every_architecture_whose_complexity_is_published():
    unpublished = {"mobilefacenet:relu6-128", "mobilefacenet:prelu-112x96"}
    assert list(GOLDEN) == [name for name in architectures() if name not in unpublished]


@pytest.mark.parametrize("name", GOLDEN)
def test_by_name(name):
    assert cost_of(check(name).complexity) == golden(name)


@pytest.mark.parametrize("size", DETECTOR_AT, ids=str)
def test_the_detector_by_name_at_other_sizes(size):
    found = check(DETECTOR, input_size=size).complexity
    assert cost_of(found) == Golden(*DETECTOR_AT[size], GOLDEN[DETECTOR].parameters)


@pytest.mark.parametrize("name", slow_but(QUICK, GOLDEN))
def test_a_torch_module(name):
    found = check(trained(name), input_size=architecture(name).input_size)
    assert cost_of(found.complexity) == golden(name)


@pytest.mark.parametrize("folded", slow_but(QUICK, [*UP_TO_50, LARGEST]), indirect=True)
def test_onnx_of_the_tracing_exporter_that_folds_batch_norm(folded):
    assert counted(folded.model) == golden(folded.name)


@pytest.mark.parametrize("unfolded", slow_but(QUICK, UP_TO_50), indirect=True)
def test_onnx_of_the_tracing_exporter_that_preserves_batch_norm(unfolded):
    assert counted(unfolded.model) == golden(unfolded.name)


@pytest.mark.parametrize("by_dynamo", slow_but((), BY_DYNAMO, LONG_BY_DYNAMO), indirect=True)
def test_onnx_of_the_dynamo_exporter(by_dynamo):
    plain, optimized = by_dynamo
    assert counted(plain.model) == golden(plain.name)
    # It folds the last batch norm into the fully connected layer, see FUSED_EMBEDDINGS; mbf's layer has no bias, and
    # the one that folding leaves there is known for batch norm's by its name.
    assert counted(optimized.model) == golden(optimized.name, fused=True)


@pytest.mark.parametrize("folded", slow_but({DETECTOR}, SMALL), indirect=True)
class TestDerivedFromFolded:
    def test_onnxsim(self, folded):
        assert counted(simplified(folded.model)) == golden(folded.name)

    def test_fp16(self, folded):
        assert counted(halved(folded.model)) == golden(folded.name)

    def test_quantized_by_onnx_runtime(self, folded, tmp_path):
        assert counted(quantized(folded.name, folded.model, tmp_path / "q.onnx")) == golden(folded.name)


@pytest.mark.parametrize("unfolded", slow_but({DETECTOR}, SMALL), indirect=True)
class TestDerivedFromUnfolded:
    def test_onnxsim_which_folds_batch_norm(self, unfolded):
        assert counted(simplified(unfolded.model)) == golden(unfolded.name)

    def test_fp16(self, unfolded):
        assert counted(halved(unfolded.model)) == golden(unfolded.name)


@pytest.mark.parametrize("by_dynamo", slow_but((), SMALL, LONG_BY_DYNAMO), indirect=True)
class TestDerivedFromDynamo:
    def test_onnxsim(self, by_dynamo):
        for export, fused in zip(by_dynamo, (False, True), strict=True):
            assert counted(simplified(export.model)) == golden(export.name, fused)

    def test_quantized_by_onnx_runtime(self, by_dynamo, tmp_path):
        name, model = by_dynamo[1]
        assert counted(quantized(name, model, tmp_path / "q.onnx")) == golden(name, fused=True)


@pytest.mark.parametrize("unfolded", slow_but({"mobilefacenet:y1"}, UP_TO_50), indirect=True)
def test_tflite_fp32(unfolded, tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(tflite(*unfolded, "tflite-fp32"))
    assert cost_of(check(path).complexity) == golden(unfolded.name, fused=True)


@pytest.mark.parametrize("unfolded", slow_but((), IN_INT8), indirect=True)
def test_tflite_int8(unfolded, tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(tflite(*unfolded, "tflite-int8"))
    assert cost_of(check(path).complexity) == golden(unfolded.name, fused=True)


def test_constants_that_are_equal_because_nothing_was_trained_count_each():
    name = "mobilefacenet:y1"
    fresh = architecture(name).build()
    assert counted(traced(name, fresh)) == golden(name)
    assert counted(traced(name, fresh, folded=False)) == golden(name)


def test_only_fully_connected_layers_with_a_bias_lose_parameters_by_fusing():
    assert set(GOLDEN) - set(FUSED_EMBEDDINGS) == {"mobilefacenet:mbf", DETECTOR}


@pytest.mark.parametrize("unfolded", ["mobilefacenet:mbf"], indirect=True)
def test_a_file_that_does_not_say_whose_the_last_bias_is_leaves_no_other_doubt(unfolded, tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(tflite(*unfolded, "tflite-fp32", recorded=False))
    complexity = check(path).complexity
    assert complexity.lfr_flops - complexity.doubtful_flops == golden(unfolded.name).lfr_flops
    assert complexity.doubtful_flops == 512
