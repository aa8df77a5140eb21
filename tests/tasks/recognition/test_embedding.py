from __future__ import annotations

import numpy as np
import pytest

from edgeface.contracts import ImageInput, RecognitionContract
from edgeface.errors import ContractError, InputError, RuntimeFailure
from edgeface.tasks.recognition.embedding import embed_faces, face_tensor
from edgeface.tasks.recognition.vectors import cosine, is_embedding

INPUT = ImageInput(height=32, width=40, color="rgb", mean=(10, 20, 30), scale=(0.5, 0.25, 1))
CONTRACT = RecognitionContract(family="f", variant="v", activation="prelu", width=3, input=INPUT, flip=False)
FLIPPED = CONTRACT.model_copy(update={"flip": True})


def faces(count, seed=0):
    return list(np.random.default_rng(seed).integers(0, 256, (count, 32, 40, 3), np.uint8))


def corner(feeds):
    """The three channels of the pixel at the top left."""
    return {"embedding": feeds["input"][:, :, 0, 0]}


def test_color_order_mean_and_scale_follow_the_contract():
    face = np.zeros((32, 40, 3), np.uint8)
    face[1, 2] = 30, 24, 12  # blue, green, red
    tensor = face_tensor(face, INPUT)
    assert (tensor.shape, tensor.dtype, tensor.flags.c_contiguous) == ((1, 3, 32, 40), np.float32, True)
    assert tensor[0, :, 1, 2].tolist() == [1, 1, 0]
    bgr = face_tensor(face, INPUT.model_copy(update={"color": "bgr"}))
    assert bgr[0, :, 1, 2].tolist() == [10, 1, -18]


@pytest.mark.parametrize("face", [np.zeros((40, 32, 3), np.uint8), np.zeros((32, 40, 3)), np.zeros(3, np.uint8)])
def test_a_face_of_another_size_or_kind_is_refused(face):
    with pytest.raises(InputError, match="aligned face") as caught:
        face_tensor(face, INPUT)
    assert "align" in caught.value.fix


def test_embeddings_have_unit_length_and_keep_the_faces_order():
    some = faces(4)
    found = embed_faces(corner, CONTRACT, some)
    assert (found.shape, found.dtype) == ((4, 3), np.float32)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)
    wanted = np.stack([face_tensor(face, INPUT)[0, :, 0, 0] for face in some])
    np.testing.assert_allclose(found, wanted / np.linalg.norm(wanted, axis=1, keepdims=True), atol=1e-6)


def test_flip_adds_the_mirror_image_before_scaling():
    (face,) = faces(1)
    tensor = face_tensor(face, INPUT)[0]
    wanted = tensor[:, 0, 0] + tensor[:, 0, -1]  # unequal lengths: the longer one counts for more
    (found,) = embed_faces(corner, FLIPPED, [face])
    np.testing.assert_allclose(found, wanted / np.linalg.norm(wanted), atol=1e-6)


def test_no_faces_give_no_embeddings():
    assert embed_faces(corner, CONTRACT, []).shape == (0, 3)


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
def test_a_zero_or_infinite_embedding_is_named(value):
    seen = []

    def run(feeds):
        seen.append(feeds)
        return {"embedding": np.full((1, 3), 1 if len(seen) < 2 else value, np.float32)}

    with pytest.raises(RuntimeFailure, match="face 2 of 3"):
        embed_faces(run, CONTRACT, faces(3))


def test_a_very_long_embedding_is_scaled_to_unit_length():
    huge = np.float32(3e38)
    (found,) = embed_faces(lambda feeds: {"embedding": np.full((1, 3), huge)}, FLIPPED, faces(1))
    np.testing.assert_allclose(found, 3**-0.5, atol=1e-6)


@pytest.mark.parametrize("outputs", [{}, {"embedding": np.ones((1, 4), np.float32)}, {"embedding": np.ones((2, 3))}])
def test_an_output_that_is_not_the_contracts_is_refused(outputs):
    with pytest.raises(ContractError, match="'embedding'"):
        embed_faces(lambda feeds: outputs, CONTRACT, faces(1))


@pytest.mark.parametrize("shape", [(1, 3), (3,), (1, 3, 1, 1), (1, 1, 1, 3), (1, 1, 3)])
def test_an_embedding_may_have_any_shape_of_so_many_numbers(shape):
    numbers = np.float32([3, 0, 4])
    (found,) = embed_faces(lambda feeds: {"embedding": numbers.reshape(shape)}, CONTRACT, faces(1))
    np.testing.assert_allclose(found, numbers / 5)
    assert is_embedding(shape, 3)
    assert not is_embedding(shape, 4)
    assert not is_embedding((2, *shape), 3)


def test_cosine_depends_on_directions_only():
    a, b = np.array([3, 0], np.float32), np.array([1, 1], np.float32)
    assert cosine(a, a) == 1
    assert cosine(a, -a) == -1
    assert cosine(a, b) == pytest.approx(2**-0.5)


@pytest.mark.parametrize("b", [np.zeros(2), np.array([np.nan, 1]), np.ones(3), np.ones((1, 2))])
def test_embeddings_without_a_cosine_are_refused(b):
    with pytest.raises(InputError):
        cosine(np.ones(2, np.float32), b.astype(np.float32))
