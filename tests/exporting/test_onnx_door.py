"""A user's own ONNX model, exported under a contract file with ONNX Runtime as its reference."""

from __future__ import annotations

import json

import pytest

from edgeface.compile.report_options import ReportOptions
from edgeface.compile.request import ExportRequest
from edgeface.contracts.read import read_contract
from edgeface.errors import ContractError, InputError, UnsettledError
from edgeface.exporting.export import export
from edgeface.inference.load import load
from edgeface.validate.check_parity import ParityRequest, check_parity

QUIET = ReportOptions(latency=False)
RECOGNIZER = """
task = "recognition"
width = 512
output = "output"
[input]
height = 112
width = 112
color = "rgb"
mean = [127.0, 127.0, 127.0]
scale = [0.0078125, 0.0078125, 0.0078125]
"""


def toml(document, table=""):
    """A contract's JSON as TOML: plain keys before tables."""
    plain = [f"{key} = {json.dumps(value)}" for key, value in document.items() if not isinstance(value, dict)]
    tables = [toml(value, f"{table}{key}.") for key, value in document.items() if isinstance(value, dict)]
    return "\n".join([f"[{table[:-1]}]" if table else "", *plain, *tables])


@pytest.fixture
def mine(seeded_source, tmp_path):
    """The seeded detector as a user would have it: a model file and a contract file."""
    model, contract = tmp_path / "mine.onnx", tmp_path / "mine.toml"
    model.write_bytes(seeded_source.onnx)
    contract.write_text(toml(json.loads(seeded_source.contract.model_dump_json())))
    return model, contract


def test_a_user_s_detector_is_exported(mine, tmp_path):
    model, contract = mine
    targets = ("onnx-fp32", "tflite-fp32")
    artifacts = export(
        ExportRequest(model=str(model), contract=contract, targets=targets, out=tmp_path / "out", report=QUIET)
    )
    assert [artifact.folder.name for artifact in artifacts] == [f"mine-{target}" for target in targets]
    for artifact in artifacts:
        certificate = artifact.certificate()
        assert (certificate.passed, certificate.reference) == (True, "ONNX Runtime float32")
        assert artifact.manifest.sources["weights"]["format"] == "onnx"
        assert artifact.manifest.sources["contract"] == {"how": "declared", "checked": False}
        assert (artifact.folder / "report.html").is_file()
    found = check_parity(artifacts[1], ParityRequest(weights=model))
    assert found.certificate.passed
    assert found.certificate.reference == "ONNX Runtime float32"


@pytest.mark.parametrize(
    ("given", "named"),
    [({"weights": "x.pth"}, "--weights"), ({"variant": "1mb"}, "--variant"), ({"seed": 1}, "--seed")],
)
def test_options_for_families_are_refused(mine, tmp_path, given, named):
    model, contract = mine
    with pytest.raises(InputError, match=named):
        export(ExportRequest(model=str(model), contract=contract, out=tmp_path / "out", **given))


def test_without_a_contract_or_images_the_contract_is_printed_to_be_filled_in(mine, tmp_path):
    with pytest.raises(UnsettledError, match=r"cannot be told wholly: .*no images") as caught:
        export(ExportRequest(model=str(mine[0]), targets=("onnx-fp32",), out=tmp_path / "out"))
    assert "--contract" in str(caught.value.fix)
    (tmp_path / "filled.toml").write_text(caught.value.filled)
    assert read_contract(tmp_path / "filled.toml").outputs == read_contract(mine[1]).outputs
    assert not (tmp_path / "out").exists()


def test_a_contract_is_not_for_families(mine, tmp_path):
    with pytest.raises(InputError, match="a family's contract is known"):
        export(ExportRequest(contract=mine[1], seed=1, targets=("onnx-fp32",), out=tmp_path / "out"))


def test_outputs_that_the_decoder_does_not_expect_are_refused_before_anything_is_built(mine, tmp_path):
    model, contract = mine
    contract.write_text(contract.read_text().replace("[[16, 32], [64, 128], [256, 512]]", "[[16], [64], [256]]"))
    with pytest.raises(ContractError, match="the contract says"):
        export(ExportRequest(model=str(model), contract=contract, targets=("onnx-fp32",), out=tmp_path / "out"))


@pytest.mark.hostile
@pytest.mark.real_data
def test_a_public_recognizer_of_an_unknown_family_keeps_its_identities_in_int8(shared_data, tmp_path):
    contract, faces = tmp_path / "feature.toml", tmp_path / "faces"
    contract.write_text(RECOGNIZER)
    faces.mkdir()
    import numpy as np

    stored = np.load(shared_data / "lfw" / "extra_250.npz")
    finder = export(
        ExportRequest(
            weights=shared_data / "weights" / "retinaface_mnet025_official.pth",
            variant="official",
            input_size=(256, 256),
            targets=("onnx-fp32",),
            out=tmp_path / "finder",
            report=QUIET,
        )
    )[0]
    for index in range(0, len(stored["names"]), 60):
        start, end = stored["off"][index : index + 2]
        (faces / f"{index}.jpg").write_bytes(stored["blob"][start:end].tobytes())
    artifact = export(
        ExportRequest(
            model=str(shared_data / "onnx" / "faceplugin_fr_feature.onnx"),
            contract=contract,
            calibration=faces,
            detector=finder.folder,
            targets=("tflite-int8",),
            out=tmp_path / "out",
            report=QUIET,
        )
    )[0]
    certificate = artifact.certificate()
    assert certificate.passed
    assert certificate.decisions["mean_cosine"] >= 0.99
    assert load(artifact.folder).contract.width == 512
