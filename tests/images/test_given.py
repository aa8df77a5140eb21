"""What callers pass as an image: taken as it is, or refused with what makes an image of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edgeface.errors import InputError
from edgeface.images.given import given_image, given_images

IMAGE = np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8)

REFUSED = {
    "none": (None, "could not read the image", "edgeface.read_image"),
    "a path": ("a.jpg", "a path", "edgeface.read_image(path)"),
    "a pathlib path": (Path("a.jpg"), "a path", "edgeface.read_image(path)"),
    "bytes": (b"\xff\xd8", "bytes", "cv2.imdecode"),
    "a list of images": ([IMAGE, IMAGE], "a list", "detect_batch"),
    "pixels in a list": (IMAGE.tolist(), "a list", "np.array(pixels, np.uint8)"),
    "PIL's": (Image.fromarray(IMAGE), "a PIL image", 'color="rgb"'),
    "gray": (IMAGE[:, :, 0], "uint8 [24, 32]", "COLOR_GRAY2BGR"),
    "gray with a channel": (IMAGE[:, :, :1], "uint8 [24, 32, 1]", "COLOR_GRAY2BGR"),
    "with alpha": (np.dstack([IMAGE, IMAGE[:, :, 0]]), "uint8 [24, 32, 4]", "image[:, :, :3]"),
    "channels first": (IMAGE.transpose(2, 0, 1), "uint8 [3, 24, 32]", "transpose(1, 2, 0)"),
    "a batch": (IMAGE[None], "uint8 [1, 24, 32, 3]", "detect_batch"),
    "float to 1": (IMAGE / np.float32(255), "float32", "image * 255"),
    "float to 255": (IMAGE.astype(np.float64), "float64", "np.rint(image)"),
    "16 bits": (IMAGE.astype(np.uint16), "uint16", "257"),
    "signed": (IMAGE.astype(np.int64), "int64", "astype(np.uint8)"),
    "truth": (IMAGE > 9, "bool", "astype(np.uint8)"),
    "empty": (IMAGE[40:], "uint8 [0, 32, 3]", "no pixels"),
    "a number": (7, "int", "read_image"),
    "objects": (np.array([None]), "object", "read_image"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_image_is_refused_with_its_cure(kind):
    given, what, fix = REFUSED[kind]
    with pytest.raises(InputError) as caught:
        given_image(given)
    assert what in caught.value.what
    assert fix in caught.value.fix


CURES = {
    "gray": lambda image: np.repeat(image[:, :, None], 3, axis=2),  # what cv2.cvtColor does
    "with alpha": lambda image: image[:, :, :3],
    "channels first": lambda image: image.transpose(1, 2, 0),
    "a batch": lambda image: image[0],
    "float to 1": lambda image: np.clip(np.rint(image * 255), 0, 255).astype(np.uint8),
    "float to 255": lambda image: np.clip(np.rint(image), 0, 255).astype(np.uint8),
    "signed": lambda image: image.astype(np.uint8),
}


@pytest.mark.parametrize("kind", CURES)
def test_the_cure_makes_an_image_of_it(kind):
    assert given_image(CURES[kind](REFUSED[kind][0])).shape == IMAGE.shape


def test_an_image_is_taken_as_it_is_or_from_rgb():
    assert given_image(IMAGE) is IMAGE
    turned = given_image(IMAGE[:, :, ::-1], "rgb")
    np.testing.assert_array_equal(turned, IMAGE)
    assert turned.flags.c_contiguous
    np.testing.assert_array_equal(given_image(np.asarray(Image.fromarray(IMAGE)), "rgb"), IMAGE[:, :, ::-1])


@pytest.mark.parametrize("color", ["RGB", "gray", "", None, 3])
def test_another_order_of_channels_is_refused(color):
    with pytest.raises(InputError, match="order of channels"):
        given_image(IMAGE, color)


def test_a_batch_names_the_image_that_is_none():
    assert len(list(given_images([IMAGE, IMAGE]))) == len(list(given_images(np.stack([IMAGE, IMAGE])))) == 2
    with pytest.raises(InputError, match="image 2 of the batch"):
        list(given_images([IMAGE, None]))
    for wrong in (IMAGE, "a.jpg", Path("a.jpg"), None, 5):
        with pytest.raises(InputError, match="a batch is a list of images"):
            list(given_images(wrong))
