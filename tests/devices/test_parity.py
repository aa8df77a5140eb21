"""Artifacts of the seeded network on emulated cores."""

from __future__ import annotations

import json

import pytest

from edgeface.backends.device import Device
from edgeface.backends.tflite.runner import LiteRtRunner
from edgeface.cli import main
from edgeface.devices.connect import LOOPBACK
from edgeface.devices.parity import device_parity
from edgeface.devices.runner import Loading, open_here
from edgeface.devices.trace import arithmetic_of
from edgeface.errors import InputError
from edgeface.images.synthetic import synthetic_images

A72 = Device("emulator", "a72")

pytestmark = pytest.mark.usefixtures("emulator")


def edgeface(capsys, *arguments):
    with pytest.raises(SystemExit) as ended:
        main(["--quiet", *map(str, arguments)])
    return ended.value.code, capsys.readouterr()


# test_real_models.py has the A53 too, with real weights.
@pytest.mark.parametrize("name", ["a72", pytest.param("a53", marks=pytest.mark.hostile)])
def test_integers_are_equal_bit_by_bit_in_every_runtime(built, name):
    paths = None if name == "a72" else [Loading(), Loading(kernels="reference")]
    found = device_parity(built["integer"], Device("emulator", name), synthetic_images(1, seed=3), paths)
    assert found.absent == {} or list(found.absent) == ["tflite-runtime reference"]
    for path in found.paths:
        assert path.arithmetic == "integer"
        assert path.total.identical, path.as_dict()
        assert path.total.values == (64 * 96 // 64 + 4 * 6 + 2 * 3) * 2 * 16
        assert path.versions[0] == path.versions[1]
    assert found.passed


def test_floats_agree_within_the_tolerance(built):
    found = device_parity(built["float"], A72, synthetic_images(1), [Loading()])
    assert found.passed
    assert found.paths[0].arithmetic == "float"
    assert found.paths[0].total.max_abs < 1e-4


def test_a_mixed_artifact_may_differ_only_where_it_computes_in_float(built):
    found = device_parity(built["mixed"], A72, synthetic_images(1), [Loading(kernels="reference")])
    (path,) = found.paths
    assert path.arithmetic == "mixed"
    assert found.passed
    assert path.total.identical or all(origin.is_float for origin in path.origins)


def test_kernels_that_round_differently_fail_and_the_first_tensor_is_named(built):
    found = device_parity(built["integer"], A72, synthetic_images(2, seed=3), [Loading(kernels="builtin")])
    assert not found.passed
    (path,) = found.paths
    first = path.first
    assert first is not None
    assert not first.is_float
    graph = LiteRtRunner(built["integer"].model_path, kernels="reference")
    made = graph.operators()[first.number]
    assert made.name == first.op
    assert first.tensor in {graph.tensors()[index].name for index in made.outputs}
    assert path.as_dict()["first"]["tensor"] == first.tensor


def test_onnx_runtime_agrees_too(detector_artifact):
    from edgeface.core.artifact import Artifact

    found = device_parity(Artifact.open(detector_artifact), A72, synthetic_images(1))
    assert found.passed
    assert [path.name for path in found.paths] == ["onnxruntime"]


def test_no_images_are_refused(built):
    with pytest.raises(InputError, match="no images"):
        device_parity(built["integer"], LOOPBACK, [], [Loading()])


@pytest.mark.hostile  # a quarter of a minute; test_add_a_device.py has the command and its document too
def test_the_command_prints_one_document_and_its_verdict(built, images, capsys):
    for path in sorted(images.iterdir())[1:]:
        path.unlink()
    code, printed = edgeface(capsys, "parity", built["integer"].folder, "--on", "a53", "--images", images, "--json")
    document = json.loads(printed.out)
    assert (code, document["passed"], document["on"], document["images"]) == (0, True, "a53", 1)
    assert document["latency"] is None
    assert [path["path"] for path in document["paths"]][:2] == ["litert xnnpack", "litert reference"]


def test_fixtures_compute_in_the_declared_arithmetic(built):
    for kind, artifact in built.items():
        graph = open_here(artifact.model_path, Loading())
        assert arithmetic_of(graph.operators(), graph.tensors()) == kind
