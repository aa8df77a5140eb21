import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from edgeface.errors import CheckpointError, InputError
from edgeface.models import families, family
from edgeface.models.torch_export import export_onnx

NAME = "retinaface_mnet025"
FAMILY = family(NAME)
SMALL = FAMILY.variants()["official"].with_input_size(64, 96)


def test_listing_families_does_not_import_torch() -> None:
    code = (
        "import sys, edgeface.models as m; m.family('retinaface_mnet025').variants(); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_unknown_family_is_refused_with_the_closest_name() -> None:
    assert NAME in families()
    with pytest.raises(InputError, match="did you mean retinaface_mnet025"):
        family("retinaface_mnet25")


def test_variants_differ_as_their_trainings_did() -> None:
    variants = FAMILY.variants()
    assert list(variants) == ["official", "1mb", "rgb"]
    assert variants["1mb"].activation == "relu"
    assert variants["1mb"].negative_slope == 0.0
    assert variants["official"].with_color("rgb").input == variants["rgb"].input


@pytest.mark.parametrize(("height", "width"), [(64, 96), (135, 77), (32, 32)])
def test_outputs_follow_the_input_size(height: int, width: int) -> None:
    module = FAMILY.random(SMALL, seed=1)
    boxes, scores, landmarks = module(torch.zeros(1, 3, height, width))
    count = sum(2 * -(-height // stride) * -(-width // stride) for stride in (8, 16, 32))
    assert boxes.shape == (1, count, 4)
    assert landmarks.shape == (1, count, 10)
    torch.testing.assert_close(scores.sum(-1), torch.ones(1, count))


def test_random_weights_are_seeded_and_keep_activations_sane() -> None:
    image = torch.from_numpy(np.random.default_rng(0).normal(0, 60, (1, 3, 64, 96)).astype(np.float32))
    outputs = FAMILY.random(SMALL, seed=1)(image)
    again = FAMILY.random(SMALL, seed=1)(image)
    other = FAMILY.random(SMALL, seed=2)(image)
    assert all(torch.equal(a, b) for a, b in zip(outputs, again, strict=True))
    assert not torch.equal(outputs[0], other[0])
    assert 0.1 < float(outputs[0].std()) < 10


def test_activation_of_the_contract_reaches_the_network() -> None:
    relu = FAMILY.variants()["1mb"]
    kinds = {type(layer).__name__ for layer in FAMILY.build(relu).modules()}
    assert "ReLU" in kinds
    assert "LeakyReLU" not in kinds
    leaky = [layer for layer in FAMILY.build(SMALL).modules() if isinstance(layer, torch.nn.LeakyReLU)]
    assert {layer.negative_slope for layer in leaky} == {0.1}


def test_export_is_deterministic_named_unfolded_and_right() -> None:
    module = FAMILY.random(SMALL, seed=3)
    data = export_onnx(module, SMALL)
    assert data == export_onnx(module, SMALL)
    model = onnx.load_from_string(data)
    onnx.checker.check_model(model, full_check=True)
    assert model.opset_import[0].version >= 17
    assert sum(node.op_type == "BatchNormalization" for node in model.graph.node) == 47
    image = np.random.default_rng(0).normal(0, 60, (1, 3, 64, 96)).astype(np.float32)
    got = onnxruntime.InferenceSession(data).run(["boxes", "scores", "landmarks"], {"input": image})
    for ours, theirs in zip(got, module(torch.from_numpy(image)), strict=True):
        np.testing.assert_allclose(ours, theirs.numpy(), atol=1e-4)


def test_own_weights_load_back(tmp_path: Path) -> None:
    module = FAMILY.random(SMALL, seed=4)
    torch.save({f"module.{k}": v for k, v in module.state_dict().items()}, tmp_path / "w.pth")
    loaded = FAMILY.load(tmp_path / "w.pth", SMALL)
    assert all(
        torch.equal(a, b) for a, b in zip(module.state_dict().values(), loaded.state_dict().values(), strict=True)
    )
    assert not loaded.training


def test_weights_without_a_head_are_refused(tmp_path: Path) -> None:
    state = {k: v for k, v in FAMILY.random(SMALL, seed=4).state_dict().items() if not k.startswith("ClassHead")}
    torch.save(state, tmp_path / "w.pth")
    with pytest.raises(CheckpointError, match=r"6 missing: ClassHead\.0\.conv1x1\.weight"):
        FAMILY.load(tmp_path / "w.pth", SMALL)


@pytest.mark.real_data
@pytest.mark.parametrize("variant", ["official", "1mb"])
def test_public_checkpoints_load_strictly(variant: str, shared_data: Path) -> None:
    path = shared_data / "weights" / f"{NAME}_{variant}.pth"
    assert len(torch.load(path, map_location="cpu", weights_only=True)) == 300
    FAMILY.load(path, FAMILY.variants()[variant])


@pytest.mark.real_data
def test_weights_of_a_recognizer_are_refused_as_foreign(shared_data: Path) -> None:
    with pytest.raises(CheckpointError):
        FAMILY.load(shared_data / "weights" / "mobilefacenet_prelu_112x96.ckpt", SMALL)
