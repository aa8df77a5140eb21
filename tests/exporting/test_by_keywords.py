"""`edgeface.export` by keywords, and of a user's own torch module."""

from __future__ import annotations

import inspect
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import torch

import edgeface
from edgeface.compile.request import ExportRequest
from edgeface.errors import ContractError, InputError
from edgeface.exporting.module_file import ModuleOptions, module_file
from edgeface.models.user_module import module_outputs

CONTRACT = """
task = "recognition"
width = 8
output = "embedding"
flip = false
[input]
height = 32
width = 32
color = "rgb"
mean = [127.5, 127.5, 127.5]
scale = [0.0078125, 0.0078125, 0.0078125]
"""


class Embedder(torch.nn.Module):
    """A small network with batch norm and dropout, so that its mode matters."""

    def __init__(self, returns=lambda made: made):
        super().__init__()
        torch.manual_seed(0)
        self.body = torch.nn.Sequential(
            torch.nn.Conv2d(3, 4, 3, 4), torch.nn.BatchNorm2d(4), torch.nn.PReLU(4), torch.nn.Flatten()
        )
        self.head = torch.nn.Sequential(torch.nn.Dropout(0.5), torch.nn.Linear(256, 8))
        self.returns = returns

    def forward(self, image):
        return self.returns(self.head(self.body(image)))


@pytest.fixture
def contract(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(CONTRACT)
    return path


def test_every_option_of_a_request_is_a_keyword():
    keywords = set(inspect.signature(edgeface.export).parameters)
    grouped = {"targets": "target", "engines": "batch", "report": "latency", "repair": "effort"}
    assert {grouped.get(field.name, field.name) for field in fields(ExportRequest)} <= keywords


def test_a_module_is_exported_under_its_name_and_stays_in_its_mode(contract, tmp_path):
    module = Embedder().train()
    kept = tmp_path / "mine.onnx"
    (artifact,) = edgeface.export(
        module, target="onnx-fp32", contract=contract, out=tmp_path / "out", latency=False, save_onnx=str(kept)
    )
    assert module.training
    assert module.head[0].training
    assert artifact.folder == tmp_path / "out" / "embedder-onnx-fp32"
    assert artifact.manifest.sources["weights"]["file"] == "embedder.onnx"
    assert "edgeface export embedder.onnx" in (artifact.folder / "report.html").read_text()
    face = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    fed = ((face.astype(np.float32) - 127.5) * 0.0078125).transpose(2, 0, 1)[None]
    (expected,) = module_outputs(module, np.ascontiguousarray(fed))
    found = edgeface.load_recognizer(artifact).embed(face, color="rgb")
    np.testing.assert_allclose(found, expected[0] / np.linalg.norm(expected[0]), atol=1e-5)
    assert kept.is_file()


def test_several_targets_are_text_or_a_list(contract, tmp_path):
    given = {"contract": contract, "latency": False, "images": False, "name": "own net"}
    made = edgeface.export(Embedder(), target="onnx-fp32, tflite-fp32", out=tmp_path / "a", **given)
    again = edgeface.export(Embedder(), target=["onnx-fp32", "tflite-fp32"], out=str(tmp_path / "b"), **given)
    assert [each.folder.name for each in made] == ["own_net-onnx-fp32", "own_net-tflite-fp32"]
    for one, other in zip(made, again, strict=True):
        assert one.model_path.read_bytes() == other.model_path.read_bytes()


MODULES = {
    "half": (lambda: Embedder().half(), "module.float()"),
    "dictionary": (lambda: Embedder(lambda made: {"a": made}), "tuple of tensors"),
    "another size": (lambda: torch.nn.Linear(7, 7), "input_size"),
    "raises": (lambda: Embedder(lambda made: made.nothing), "input_size"),
}


@pytest.mark.parametrize("kind", MODULES)
def test_modules_that_cannot_be_exported_are_refused_with_a_cure(kind, tmp_path):
    make, fix = MODULES[kind]
    with pytest.raises(InputError) as caught:
        edgeface.export(make(), input_size=(32, 32), out=tmp_path / "out")
    assert fix in caught.value.fix
    assert not (tmp_path / "out").exists()


def test_outputs_have_the_contract_s_names_first(contract):
    module = Embedder(lambda made: (made, [made[:, :2], made * 3]))
    with module_file(module, None, contract, ModuleOptions()) as path:
        import onnx

        model = onnx.load(str(path))
    assert [value.name for value in model.graph.output] == ["embedding", "output_1", "output_2"]
    assert not path.exists()


class DependsOnValues(Embedder):
    def forward(self, image):
        return super().forward(image) + (5.0 if float(image.abs().sum()) > 0 else 0.0)


def test_a_trace_that_computes_something_else_is_refused():
    with (
        pytest.raises(ContractError, match="traced computes another"),
        module_file(DependsOnValues(), (32, 32), None, ModuleOptions()),
    ):
        pass


@pytest.mark.parametrize(
    ("model", "given", "named"),
    [
        (7, {}, "model is of type int"),
        ("m", {"target": [3]}, "target"),
        ("m", {"input_size": 112}, "input_size"),
        ("m", {"input_size": (112, 0)}, "input_size"),
        ("m", {"calibration": 5}, "calibration is"),
        ("m", {"statistics": [None]}, "statistics is"),
        ("m", {"name": "x"}, "for torch modules"),
        (ExportRequest(), {"force": True}, "beside a request"),
        ("m", {"batch": (1, 2)}, "batch"),
        (torch.nn.Identity(), {}, "input size"),
        ("nonsense", {}, "nonsense"),
        ("absent.pth", {}, "absent.pth"),
    ],
)
def test_what_cannot_be_used_is_an_error_before_anything_is_read(model, given, named, tmp_path):
    with pytest.raises(edgeface.EdgefaceError, match=named):
        edgeface.export(model, **{"out": tmp_path / "out", **given})
    assert not (tmp_path / "out").exists()


def test_keywords_and_a_request_mean_the_same(tmp_path):
    with pytest.raises(edgeface.EdgefaceError) as by_keywords:
        edgeface.export("mobilefacenet", calibration="absent", out=str(tmp_path))
    with pytest.raises(edgeface.EdgefaceError) as by_request:
        edgeface.export(ExportRequest("mobilefacenet", calibration=Path("absent"), out=tmp_path))
    assert str(by_keywords.value) == str(by_request.value)
