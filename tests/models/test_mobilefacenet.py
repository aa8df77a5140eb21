from __future__ import annotations

import numpy as np
import pytest
import torch

from edgeface.errors import CheckpointError
from edgeface.models import families, family
from edgeface.models.torch_run import run_module

FAMILY = family("mobilefacenet")
VARIANTS = FAMILY.variants()


def test_the_family_is_listed_as_a_recognizer():
    assert families()["mobilefacenet"].task == "recognition"


@pytest.mark.parametrize("variant", sorted(VARIANTS))
def test_every_variant_makes_an_embedding_of_its_width(variant):
    contract = VARIANTS[variant]
    image = np.zeros((1, 3, contract.input.height, contract.input.width), np.float32)
    outputs = run_module(FAMILY.random(contract, 1), image, contract)
    assert {name: found.shape for name, found in outputs.items()} == {"embedding": (1, contract.width)}


@pytest.mark.parametrize("variant", ["y1", "relu6-128", "prelu-112x96"])
def test_random_weights_are_seeded_and_tell_faces_apart(variant, normal):
    contract = VARIANTS[variant]
    faces = [normal(1, 3, contract.input.height, contract.input.width, seed=n, scale=0.5) for n in range(2)]
    one, again, other = (FAMILY.random(contract, seed) for seed in (1, 1, 2))
    first, second = (run_module(one, face, contract)["embedding"] for face in faces)
    assert np.array_equal(first, run_module(again, faces[0], contract)["embedding"])
    assert not np.array_equal(first, run_module(other, faces[0], contract)["embedding"])
    assert np.isfinite(first).all()
    assert not np.allclose(first, second)


@pytest.mark.parametrize("variant", sorted(VARIANTS))
def test_a_variant_is_inferred_from_a_checkpoint_and_loads_it(variant, tmp_path):
    contract = VARIANTS[variant]
    module = FAMILY.random(contract, 3)
    path = tmp_path / "weights.pth"
    torch.save({"net_state_dict": module.state_dict()}, path)
    assert FAMILY.variant_of(path) == variant
    loaded = FAMILY.load(path, contract)
    assert all(
        torch.equal(a, b) for a, b in zip(loaded.state_dict().values(), module.state_dict().values(), strict=True)
    )


def test_a_checkpoint_of_another_network_names_the_nearest_variant(seeded_weights):
    with pytest.raises(CheckpointError, match="no variant of mobilefacenet fits"):
        FAMILY.variant_of(seeded_weights)


def test_the_narrow_variant_sees_the_middle_columns_of_the_common_template():
    wide, narrow = VARIANTS["y1"].template, VARIANTS["prelu-112x96"].template
    assert [(x - 8, y) for x, y in wide] == list(narrow)


def test_pixels_become_what_the_trainings_used():
    spec = VARIANTS["relu6-128"].input
    mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    pixel = np.array([10.0, 100.0, 250.0])
    found = (pixel - np.array(spec.mean)) * np.array(spec.scale)
    np.testing.assert_allclose(found, (pixel / 255 - mean) / deviation, rtol=1e-5)
