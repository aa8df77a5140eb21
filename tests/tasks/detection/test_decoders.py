"""Decoders are found by filename, and contracts that name one stay what they are."""

from __future__ import annotations

import json

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from edgeface.contracts import Anchors, Contract, DetectionContract, detection
from edgeface.errors import ContractError
from edgeface.models import family
from edgeface.tasks.detection import decoders as package
from edgeface.tasks.detection.decoders import decoders, open_decoder
from edgeface.tasks.detection.decoders.ssd import Ssd
from edgeface.tasks.detection.detect import decoding_of, detect_faces

SSD = family("retinaface_mnet025").variants()["official"].with_input_size(64, 96)
CONTRACTS = TypeAdapter(Contract)
BEFORE = (
    '{"family":"f","variant":"v","activation":"relu","input":{"name":"input","height":64,"width":96,"colour":"bgr",'
    '"mean":[104.0,117.0,123.0],"scale":[1.0,1.0,1.0]},"task":"detection","negative_slope":0.0,'
    '"anchors":{"strides":[8,16],"sizes":[[16,32],[64]],"variances":[0.1,0.2]},'
    '"outputs":{"boxes":"boxes","scores":"scores","landmarks":"landmarks"},"score_threshold":0.6,"nms_iou":0.4}'
)
"""A detector's contract as it was written when there was one decoder."""


@pytest.fixture
def contract(blobs):
    image = {"height": 64, "width": 96, "color": "bgr", "mean": (0, 0, 0)}
    return DetectionContract(family="f", variant="v", activation="relu", input=image, **blobs)


def test_ssd_and_added_decoders_are_found(blobs):
    assert {"blobs", "ssd"} <= set(decoders())


def test_contracts_of_ssd_are_read_and_written_as_they_were():
    read = CONTRACTS.validate_json(BEFORE)
    assert read.model_dump_json() == BEFORE
    assert json.dumps(read.model_dump(mode="json"), separators=(",", ":")) == BEFORE
    assert (read.decoder, read.anchors) == ("ssd", Anchors(strides=(8, 16), sizes=((16, 32), (64,))))
    assert CONTRACTS.validate_json(BEFORE.replace('"anchors"', '"decoder":"ssd","anchors"')) == read


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ('"anchors"', '"anchorz"', "anchors"),
        ('"sizes"', '"sides"', "anchors.sizes"),
        ('"scores":"scores"', '"score":"scores"', "outputs.score"),
    ],
)
def test_a_contract_of_ssd_with_a_wrong_key_names_it(old, new, where):
    with pytest.raises(ValidationError) as caught:
        CONTRACTS.validate_json(BEFORE.replace(old, new))
    assert where in [".".join(map(str, error["loc"][1:])) for error in caught.value.errors()]


def test_rectangular_anchors_survive_a_file_and_whole_sides_stay_whole():
    written = BEFORE.replace("[[16,32],[64]]", "[[16,[24.5,32]],[64]]")
    read = CONTRACTS.validate_json(written)
    assert read.model_dump_json() == written
    assert decoding_of(read).decoder.sizes == ((16, (24.5, 32)), (64,))


def test_a_contract_of_another_decoder_survives_a_file(contract):
    written = contract.model_dump_json()
    assert '"decoder":"blobs","parameters":{"stride":8,"places":[[0.3,0.4]' in written
    read = CONTRACTS.validate_json(written)
    assert read == contract
    assert hash(read) == hash(contract)
    assert read.model_dump_json() == written
    assert read.output_names == ("warm", "size")
    with pytest.raises(ContractError, match="'blobs' has no anchors"):
        _ = read.anchors


def test_another_decoder_finds_faces_from_its_outputs(contract):
    outputs = {name: np.zeros((1, 96, 1), np.float32) for name in ("warm", "size")}
    outputs["warm"][0, [12 * 2 + 3, 12 * 2 + 4, 50], 0] = 0.9, 0.8, 0.3
    outputs["size"] += 24
    (face,) = detect_faces(outputs, contract, 0.5, (128, 192))  # of the two that overlap, one
    assert face.box == pytest.approx((2 * 16, 2 * 8, 2 * 40, 2 * 32))
    assert face.score == pytest.approx(0.9)
    assert face.landmarks[2] == pytest.approx((2 * 28, 2 * (20 + 2.4)))
    assert len(detect_faces(outputs, contract, 0.5, (128, 192), threshold=0.2)) == 2


def test_outputs_of_another_network_are_refused(contract):
    with pytest.raises(ContractError, match=r"'warm' is missing, the contract says \[1, 96, 1\]"):
        detect_faces({}, contract, 1.0, (64, 96))


def test_parameters_are_checked_where_they_are_opened(blobs):
    assert open_decoder("ssd", {"strides": [8], "sizes": [[16, 32]]}, "x") == Ssd((8,), ((16, 32),))
    for given, message in (
        ({**blobs["parameters"], "step": 3}, "has no parameter 'step'"),
        ({"stride": 8}, "cannot use its parameters: 'places' is missing"),
        ({**blobs["parameters"], "stride": "wide"}, "cannot use its parameters: 'stride' must be"),
    ):
        with pytest.raises(ContractError, match=message) as caught:
            open_decoder("blobs", given, "a file")
        assert caught.value.where == "a file"
        assert caught.value.fix == "its parameters: stride, places"


def test_an_unknown_decoder_is_refused_with_the_nearest():
    with pytest.raises(ContractError, match="unknown decoder 'sdd'") as caught:
        decoding_of(SSD.model_copy(update={"decoder": "sdd"}))
    assert "did you mean ssd?" in caught.value.fix
    assert caught.value.where == "retinaface_mnet025 (official)"


def test_every_output_that_a_decoder_takes_must_have_a_name(contract, blobs):
    names = {"heat": "warm"}
    document = {**contract.model_dump(mode="json"), "outputs": names}
    with pytest.raises(ContractError, match="names outputs heat, its decoder takes heat, sides"):
        decoding_of(detection(CONTRACTS.validate_python(document)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("WEIGHTS = 3", "defines DECODER"),
        ("class Plain:\n    expected = decode = None\nDECODER = Plain", "defines DECODER"),
        (
            "import dataclasses\nDECODER = dataclasses.make_dataclass('Half', ['a'])\nDECODER.decode = None",
            "offers expected",
        ),
    ],
)
def test_a_file_that_is_not_a_decoder_is_named(text, message, tmp_path, monkeypatch):
    name = f"unfit_{len(text)}"
    (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    with pytest.raises(ContractError, match=message) as caught:
        decoders()
    assert caught.value.where.endswith(f"{name}.py")
