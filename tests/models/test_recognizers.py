"""Families of recognizers that tensors tell: seeded weights, files, and trainings' layouts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from edgeface.contracts import RecognitionContract
from edgeface.models import family
from edgeface.models._random_weights import settle_statistics
from edgeface.models.layouts import layouts
from edgeface.models.torch_export import export_onnx

LIGHT = [
    ("ghostfacenet", "v1-s2"),
    pytest.param("vargfacenet", "x1.25", marks=pytest.mark.hostile),
    pytest.param("iresnet", "r18", marks=pytest.mark.hostile),
]
FACE = torch.from_numpy(np.random.default_rng(0).normal(0, 0.5, (1, 3, 112, 112)).astype(np.float32))


def contract_of(name: str, variant: str) -> RecognitionContract:
    found = family(name).variants()[variant]
    assert isinstance(found, RecognitionContract)
    return found


@pytest.mark.parametrize(("name", "variant"), LIGHT)
def test_a_file_gives_back_the_variant_and_the_weights(name: str, variant: str, tmp_path: Path) -> None:
    contract, path = contract_of(name, variant), tmp_path / "w.pth"
    module = family(name).random(contract, 1)
    torch.save({"state_dict": {f"module.{k}": v for k, v in module.state_dict().items()}}, path)
    assert family(name).variant_of(path) == variant
    loaded = family(name).load(path, contract)
    assert not loaded.training
    embedding = loaded(FACE)
    assert embedding.shape == (1, contract.width)
    assert torch.equal(embedding, module(FACE))
    assert 0.3 < float(embedding.std()) < 100


def test_squeeze_and_excitation_and_subsampled_shortcuts_export_right() -> None:
    from edgeface.models._ir_network import Block, Form

    contract = contract_of("ir_face", "irse50")
    module = torch.nn.Sequential(torch.nn.Conv2d(3, 16, 1), Block(16, 16, 2, Form(50, se=True)), torch.nn.Flatten())
    small = contract.model_copy(update={"input": contract.input.model_copy(update={"height": 32, "width": 32})})
    image = FACE[:, :, :32, :32]
    (got,) = onnxruntime.InferenceSession(export_onnx(module.eval(), small)).run(None, {"input": image.numpy()})
    np.testing.assert_allclose(got, module(image).detach().numpy(), atol=1e-5)


@pytest.mark.parametrize(
    ("variant", "tensor", "there"),
    [
        ("irse50", "body.0.res_layer.5.fc1.weight", True),
        ("ir50", "body.0.res_layer.5.fc1.weight", False),
        ("ir50", "output_layer.4.weight", True),
        ("curricular-ir101", "output_layer.4.weight", False),
        ("adaface-ir101", "body.48.res_layer.5.running_var", True),
        ("adaface-ir101", "body.0.shortcut_layer.0.weight", False),
        ("adaface-ir101", "body.3.shortcut_layer.0.weight", True),
    ],
)
def test_trainings_of_one_lineage_differ_in_these_tensors(variant: str, tensor: str, there: bool) -> None:
    assert (tensor in layouts(family("ir_face"))[variant].shapes) is there


def test_adaface_alone_takes_bgr() -> None:
    colors = {name: contract.input.color for name, contract in family("ir_face").variants().items()}
    assert {name for name, color in colors.items() if color == "bgr"} == {n for n in colors if n.startswith("adaface")}


def test_settled_statistics_are_those_of_the_images() -> None:
    torch.manual_seed(1)
    module = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 1), torch.nn.BatchNorm2d(4)).eval()
    images = 20 + torch.randn(2, 3, 40, 40, generator=torch.Generator().manual_seed(1)) * 60
    settle_statistics(module, images)
    normalized = module(images).detach().transpose(0, 1).flatten(1)
    powers = (normalized**2).mean(1)
    assert float((powers.median() - 1).abs()) < 0.02
    assert 0.2 < float(powers.min()) <= float(powers.max()) < 1.02  # a weak channel stays weak
    assert float((normalized.mean(1) ** 2).max()) < 0.5


@pytest.mark.parametrize(
    ("variant", "millions"),
    [("v1-s1", 4.09), ("v1-s2", 4.07), ("v2-s1", 6.88), ("v2-s2", 6.84)],
)
def test_ghostfacenets_are_as_large_as_published(variant: str, millions: float) -> None:
    shapes = layouts(family("ghostfacenet"))[variant].shapes  # published: 4.09, 4.06, 6.88 and 6.84
    assert round(sum(int(np.prod(shape)) for shape in shapes.values()) / 1e6, 2) == millions


def test_the_quality_is_a_further_output() -> None:
    contract = contract_of("cr_fiqa", "r50")
    assert contract.output_names == ("embedding", "quality")
    added = set(layouts(family("cr_fiqa"))["r50"].shapes) - set(layouts(family("iresnet"))["r50"].shapes)
    assert added == {"qs.weight", "qs.bias"}
