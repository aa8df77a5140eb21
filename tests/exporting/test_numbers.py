"""A network for numbers of another producer goes the whole way: grey, channels last, x before y, uint8."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from edgeface.bundle.pack import Order, pack_bundle
from edgeface.compile.report_options import ReportOptions
from edgeface.compile.request import ExportRequest
from edgeface.errors import ContractError
from edgeface.exporting.export import export
from edgeface.inference.load import load
from edgeface.validate.check_parity import ParityRequest, check_parity

CONTRACT = """
task = "landmarks"
family = "points"
[input]
name = "pixels"
size = [16, 24]
layout = "nhwc"
swapped_axes = true
color = "grey"
mean = 0
fit = "stretch"
crop = 1.2
[outputs]
points = "points"
live = "live"
"""


def network():
    """Pixels uint8 [N,24,16,1] (x before y) to six numbers, and one from 0 to 1."""
    random = np.random.default_rng(0)
    stored = {
        "weight": random.normal(0, 0.3, (8, 1, 3, 3)).astype(np.float32),
        "scale": np.float32(1 / 255),
        "dense": random.normal(0, 0.3, (6, 8)).astype(np.float32),
        "one": random.normal(0, 0.5, (1, 8)).astype(np.float32),
    }
    nodes = [
        helper.make_node("Cast", ["pixels"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["numbers"], ["image"], perm=[0, 3, 2, 1]),
        helper.make_node("Mul", ["image", "scale"], ["unit"]),
        helper.make_node("Conv", ["unit", "weight"], ["maps"], strides=[2, 2]),
        helper.make_node("Relu", ["maps"], ["bent"]),
        helper.make_node("GlobalAveragePool", ["bent"], ["means"]),
        helper.make_node("Flatten", ["means"], ["flat"]),
        helper.make_node("Gemm", ["flat", "dense"], ["points"], transB=1),
        helper.make_node("Gemm", ["flat", "one"], ["logit"], transB=1),
        helper.make_node("Sigmoid", ["logit"], ["live"]),
    ]
    given = helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["N", 24, 16, 1])
    made = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ("points", "live")]
    constants = [numpy_helper.from_array(np.asarray(array), name) for name, array in stored.items()]
    graph = helper.make_graph(nodes, "g", [given], made, constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("numbers")
    (folder / "mine.onnx").write_bytes(network().SerializeToString())
    (folder / "mine.toml").write_text(CONTRACT)
    images = folder / "images"
    images.mkdir()
    random = np.random.default_rng(1)
    for number in range(12):
        coarse = random.integers(0, 256, (4, 5, 3)).astype(np.uint8)
        cv2.imwrite(str(images / f"{number}.png"), cv2.resize(coarse, (50, 40), interpolation=cv2.INTER_CUBIC))
    artifacts = export(
        ExportRequest(
            model=str(folder / "mine.onnx"),
            contract=folder / "mine.toml",
            targets=("onnx-fp32", "tflite-int8"),
            calibration=images,
            out=folder / "out",
            report=ReportOptions(latency=False),
        )
    )
    return folder, artifacts


def test_every_target_gives_the_reference_s_numbers(exported):
    _, artifacts = exported
    for artifact, error in zip(artifacts, (1e-6, 0.03), strict=True):
        decisions = artifact.certificate().decisions
        assert set(decisions["outputs"]) == {"points", "live"}
        assert decisions["drift"] < error
        assert artifact.contract.input.layout == "nchw"
        assert artifact.manifest.sources["weights"]["layout"] == "nhwc"
        assert "error" in (artifact.folder / "report.html").read_text(encoding="utf-8")
    assert artifacts[1].certificate().noise is not None


def test_the_picture_is_fed_upright_stretched_and_grey(exported):
    folder, artifacts = exported
    image = cv2.imread(str(folder / "images" / "3.png"))
    first, second = (load(artifact.folder).read(image) for artifact in artifacts)
    from edgeface.backends.onnx.runner import OrtRunner

    gray = cv2.cvtColor(cv2.resize(image, (24, 16), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
    wanted = OrtRunner(network().SerializeToString()).run({"pixels": gray.T[None, :, :, None]})
    for role in ("points", "live"):
        np.testing.assert_allclose(first[role], wanted[role], atol=1e-5)
        np.testing.assert_allclose(second[role], wanted[role], atol=0.05)


def test_it_is_compared_again_with_the_file_it_is_from(exported):
    folder, artifacts = exported
    found = check_parity(artifacts[0], ParityRequest(weights=folder / "mine.onnx"))
    assert found.certificate.passed


def test_a_bundle_says_that_its_numbers_decide_nothing(exported):
    _, artifacts = exported
    with pytest.raises(ContractError, match="its task is landmarks, and its numbers decide nothing here"):
        pack_bundle(Order(artifacts[1].folder, artifacts[1].folder, "rk3399"))
