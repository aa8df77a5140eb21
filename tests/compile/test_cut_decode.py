"""A decode inside a detector's graph is cut off where the contract's decoder is shown to do the same."""

from __future__ import annotations

import numpy as np
import pytest

from edgeface.backends.onnx.runner import OrtRunner
from edgeface.compile.cut_decode import cut_decode
from edgeface.compile.onnx_source import open_onnx_source
from edgeface.compile.source import Declared
from edgeface.contracts import DetectionContract, RecognitionContract
from edgeface.models.onnx_file import open_onnx
from edgeface.tasks.detection.detect import decoding_of
from tests.compile.decoding_nets import SIDE, SIZES, ULTRA, YOLO5, YOLO8, contract, ssd, yolo5, yolo8


def decoded(path, with_contract):
    model = open_onnx(path, with_contract)
    image = np.random.default_rng(5).uniform(0, 2.55, (1, 3, SIDE, SIDE)).astype(np.float32)
    return decoding_of(with_contract).candidates(OrtRunner(model).run({"image": image}), 0.0)


@pytest.mark.parametrize(
    ("build", "declared", "parameter", "outputs"),
    [
        (ssd, ULTRA, ("box", "ssd"), 2),
        (yolo5, YOLO5, ("layout", "channels"), 2),
        (yolo8, YOLO8, ("layout", "heads"), 6),
    ],
)
def test_the_contract_decodes_what_the_graph_did(build, declared, parameter, outputs, tmp_path):
    path = build(tmp_path)
    cut = cut_decode(open_onnx(path, declared), declared)
    assert cut.contract.parameters.model_dump()[parameter[0]] == parameter[1]
    assert len(cut.contract.output_names) == outputs
    assert cut.as_dict()["cut"]
    assert cut.largest <= 0.0064
    model = open_onnx(path, cut.contract)
    assert b"Exp" not in model
    assert b"Sigmoid" not in model
    before, after = decoded(path, declared), decoded(path, cut.contract)
    np.testing.assert_allclose(after.boxes, before.boxes, atol=5e-3)
    np.testing.assert_allclose(after.scores, before.scores, atol=1e-5)
    np.testing.assert_allclose(after.landmarks, before.landmarks, atol=5e-3)


def test_priors_and_variances_are_derived_from_the_graph(tmp_path):
    path = ssd(tmp_path, variances=(0.3, 0.15))
    wrong = ULTRA.model_copy(update={"parameters": type(ULTRA.parameters)(strides=(16, 32), sizes=((9, 9), (9,)))})
    cut = cut_decode(open_onnx(path, wrong), wrong)
    assert cut.contract.parameters.model_dump() == {
        "box": "ssd",
        "strides": (16, 32),
        "sizes": SIZES,
        "variances": (0.3, 0.15),
    }


def test_ssd_with_landmarks_is_cut_too(tmp_path):
    declared = contract("ssd", {"strides": (16, 32), "sizes": SIZES, "landmarks": 0, "box": "corners"}, {})
    cut = cut_decode(open_onnx(ssd(tmp_path), declared), declared)
    assert cut.contract.outputs.by_role["boxes"] != "boxes"
    assert DetectionContract.model_validate_json(cut.contract.model_dump_json()) == cut.contract


def test_a_decode_that_no_decoder_does_stays(tmp_path):
    path = yolo5(tmp_path)
    other = YOLO5.model_copy(
        update={
            "parameters": type(YOLO5.parameters)(
                **{**YOLO5.parameters.model_dump(), "anchors": (((11, 12),), ((20, 24),))}
            )
        }
    )
    stays = cut_decode(open_onnx(path, other), other)
    assert stays.contract == other
    assert stays.as_dict()["cut"] is False
    assert "stays in the graph" in stays.note


def test_contracts_of_raw_outputs_and_of_other_tasks_have_nothing_to_cut(tmp_path):
    path = ssd(tmp_path)
    raw = ULTRA.model_copy(update={"parameters": type(ULTRA.parameters)(**ULTRA.parameters.model_dump(), box="ssd")})
    assert cut_decode(open_onnx(path, raw), raw) is None
    face = RecognitionContract(family="f", variant="v", input=ULTRA.input.model_dump(), output="boxes", width=4)
    assert cut_decode(b"", face) is None


@pytest.mark.parametrize("asked", [True, False])
def test_a_source_is_opened_with_the_cut_only_where_it_is_asked_for(asked, tmp_path):
    path, toml = ssd(tmp_path), tmp_path / "contract.toml"
    toml.write_text(
        'task = "detection"\nfamily = "ultraface"\n[input]\nname = "image"\nheight = 64\nwidth = 64\ncolor = "rgb"\n'
        "mean = [0.0, 0.0, 0.0]\nscale = [0.01, 0.01, 0.01]\n"
        '[parameters]\nstrides = [16, 32]\nsizes = [[8, 20], [30]]\n[outputs]\nscores = "scores"\nboxes = "boxes"\n'
    )
    source = open_onnx_source(path, Declared("ssd", onnx=path, contract=toml, cut_decode=asked), [])
    assert (source.contract.outputs.by_role["boxes"] == "boxes") is not asked
    assert source.provenance.get("decode", {"cut": False})["cut"] is asked
    image = np.zeros((1, 3, SIDE, SIDE), np.float32)
    assert set(source.reference.run({"image": image})) == set(source.contract.output_names)
