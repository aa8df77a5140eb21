import numpy as np
import pytest

from edgeface.backends.onnx.runner import OrtRunner
from edgeface.compile.open_source import open_source
from edgeface.compile.source import Declared
from edgeface.core import progress
from edgeface.core.artifact import sha256_hex
from edgeface.errors import CheckpointError, ContractError, InputError
from edgeface.images.synthetic import synthetic_images

MODEL = "retinaface_mnet025"
SIZE = (64, 96)


def test_torch_and_onnx_are_the_same_network(seeded_source, normal):
    feeds = {"input": normal(1, 3, 64, 96, scale=60)}
    wanted, got = seeded_source.reference.run(feeds), OrtRunner(seeded_source.onnx).run(feeds)
    assert set(wanted) == set(got) == {"boxes", "scores", "landmarks"}
    for name, array in wanted.items():
        np.testing.assert_allclose(got[name], array, atol=1e-4)


def test_a_seed_decides_the_weights():
    first, again, other = (open_source(Declared(MODEL, input_size=SIZE, seed=seed), []) for seed in (4, 4, 5))
    assert first.onnx == again.onnx
    assert first.onnx != other.onnx
    assert first.provenance == {"seed": 4, "contract": {"how": "seeded"}}
    assert (first.contract.input.height, first.contract.input.width) == SIZE


def test_neither_weights_nor_seed_nor_samples_is_refused(monkeypatch):
    monkeypatch.setattr("edgeface.compile.checkpoint.sample_of", lambda family: None)
    with pytest.raises(InputError, match="no weights") as caught:
        open_source(Declared(MODEL), [])
    assert "--weights" in str(caught.value.fix)
    assert "--seed" in str(caught.value.fix)


@pytest.mark.parametrize("declared", [Declared(MODEL, variant="2mb", seed=1), Declared("retinanet", seed=1)])
def test_an_unknown_model_or_variant_is_refused_with_the_known_ones(declared):
    with pytest.raises(InputError) as caught:
        open_source(declared, [])
    assert (MODEL if declared.model == "retinanet" else "1mb") in str(caught.value.fix)


def test_an_undeclared_checkpoint_without_images_is_refused(seeded_weights):
    with pytest.raises(ContractError, match="no images") as caught:
        open_source(Declared(MODEL, weights=seeded_weights), [])
    assert caught.value.where == str(seeded_weights)
    assert "--variant" in str(caught.value.fix)


def test_a_declared_checkpoint_without_images_is_taken_as_declared(seeded_weights):
    found = open_source(Declared(MODEL, seeded_weights, variant="1mb", input_size=SIZE), [])
    assert (found.contract.variant, found.contract.activation) == ("1mb", "relu")
    assert found.provenance["contract"] == {"how": "declared", "checked": False}
    assert found.provenance["weights"]["sha256"] == sha256_hex(seeded_weights.read_bytes())


def test_a_declared_color_order_replaces_the_variant_s(seeded_weights):
    found = open_source(Declared(MODEL, seeded_weights, variant="1mb", color="rgb", input_size=SIZE), [])
    assert (found.contract.input.color, found.contract.variant) == ("rgb", "declared")
    same = open_source(Declared(MODEL, seeded_weights, variant="1mb", color="bgr", input_size=SIZE), [])
    assert (same.contract.input.color, same.contract.variant) == ("bgr", "1mb")


def test_images_without_faces_do_not_decide_a_contract(seeded_weights):
    images = [image[::2, ::2] for image in synthetic_images(2)]
    with pytest.raises(ContractError) as caught:
        open_source(Declared(MODEL, weights=seeded_weights), images)
    assert caught.value.where == str(seeded_weights)


def test_what_was_taken_of_a_training_s_file_is_said_and_recorded(tmp_path, seeded_weights, capsys):
    import torch

    state = torch.load(seeded_weights, weights_only=True)
    path = tmp_path / "last.ckpt"
    averages = {f"_orig_mod.{name}": value for name, value in state.items()}
    torch.save({"ema": averages, "model": {k: v + 1 for k, v in averages.items()}, "epoch": 9}, path)
    plain = open_source(Declared(MODEL, seeded_weights, variant="1mb", input_size=SIZE), [])
    progress.show()
    try:
        found = open_source(Declared(MODEL, path, variant="1mb", input_size=SIZE), [])
    finally:
        progress.show(False)
    assert found.onnx == plain.onnx
    assert "weights: took `ema` of 2 state dicts in the file; prefix `_orig_mod.` removed" in capsys.readouterr().err
    assert found.provenance["weights"]["taken"]["averaged"]
    assert "taken" not in plain.provenance["weights"]


def test_weights_of_another_network_are_refused(tmp_path, seeded_weights):
    import torch

    path = tmp_path / "other.pth"
    torch.save(torch.nn.Linear(3, 4).state_dict(), path)
    with pytest.raises(CheckpointError, match="does not fit"):
        open_source(Declared(MODEL, path, variant="official"), [])
