"""Images as callers of the Python interface give them, checked, in BGR; what cannot be one is refused with its cure."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from edgeface.errors import InputError

GivenImage: TypeAlias = "NDArray[Any] | None"
"""An image: uint8 [H,W,3]. Wider than that, so that what `cv2.imread` returns can be passed; the rest is refused."""

Color: TypeAlias = Literal["bgr", "rgb"]
"""The order of an image's channels: "bgr" as OpenCV's, "rgb" as PIL's, imageio's and matplotlib's."""

_BATCH = "for several images call detect_batch or embed_batch"


def given_image(image: object, color: str = "bgr", name: str = "the image") -> NDArray[np.uint8]:
    """An image that was given, in BGR.

    Args:
        image: uint8 [H,W,3].
        color: the order of its channels, "bgr" or "rgb".
        name: what errors call it.

    Returns:
        uint8 [H,W,3] in BGR; the same array where it is that already.

    Raises:
        InputError: it is not such an array, or the order is neither.
    """
    if color not in {"bgr", "rgb"}:
        raise InputError(f"color {color!r} is no order of channels", fix='use "bgr" (as cv2.imread) or "rgb" (as PIL)')
    if image is None:
        raise InputError(
            f"could not read {name}: it is None, which cv2.imread returns for a file that it cannot read",
            fix="check the path, or read it with edgeface.read_image, which says what is wrong with the file",
        )
    if not isinstance(image, np.ndarray):
        what, fix = _no_array(image)
        raise InputError(f"{name} is {what}, not a NumPy array", fix=fix)
    check_image(image, name)
    return np.ascontiguousarray(image[:, :, ::-1]) if color == "rgb" else image


def given_images(images: object, color: str = "bgr", noun: str = "image") -> Iterator[NDArray[np.uint8]]:
    """Images that were given together, each checked when it is its turn; errors say which it is.

    Raises:
        InputError: they are not several images, or one of them is none.
    """
    if not isinstance(images, Iterable) or isinstance(images, str | bytes | os.PathLike):
        raise InputError(f"a batch is a list of {noun}s, this is {_kind(images)}", fix=f"pass [{noun}, {noun}, …]")
    if isinstance(images, np.ndarray) and images.ndim == 3:
        raise InputError(f"a batch is a list of {noun}s, this is one", fix=f"pass [{noun}]")
    for number, image in enumerate(images, start=1):
        yield given_image(image, color, f"{noun} {number} of the batch")


def check_image(image: NDArray[Any], name: str = "the image") -> None:
    """Refuse an array that is not uint8 [H,W,3], or is empty.

    Raises:
        InputError: saying what makes one of it.
    """
    if image.dtype == np.uint8 and image.ndim == 3 and image.shape[2] == 3 and 0 not in image.shape:
        return
    raise InputError(
        f"{name} must be uint8 [H,W,3], this is {image.dtype} {list(image.shape)}",
        fix=_cure_of_shape(image) or _cure_of_dtype(image) or "read it with edgeface.read_image or cv2.imread",
    )


def _cure_of_shape(image: NDArray[Any]) -> str | None:
    """What helps against a known wrong shape."""
    shape = image.shape
    if 0 in shape:
        return "it has no pixels: a cut-out that lies outside of its image has none"
    if image.ndim == 4:
        return f"{_BATCH}, or pass image[0]"
    if image.ndim == 2 or (image.ndim == 3 and shape[2] == 1):
        return "it is gray: pass cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)"
    if image.ndim == 3 and shape[2] == 4:
        return "it has an alpha channel: pass image[:, :, :3]"
    if image.ndim == 3 and shape[0] == 3 and shape[2] != 3:
        return "its channels come first: pass image.transpose(1, 2, 0)"
    return None


def _cure_of_dtype(image: NDArray[Any]) -> str | None:
    """What helps against a known wrong type of numbers, where the shape is an image's."""
    if image.ndim != 3 or image.shape[2] != 3:
        return None
    if image.dtype.kind == "f":
        greatest = float(np.nanmax(image, initial=0))
        scaled = "image * 255" if greatest <= 1 else "image"
        return f"pass np.clip(np.rint({scaled}), 0, 255).astype(np.uint8), values from 0 to 255"
    if image.dtype == np.uint16:
        return "pass (image // 257).astype(np.uint8), values from 0 to 255"
    return "pass image.astype(np.uint8), if its values are from 0 to 255"


def _no_array(image: object) -> tuple[str, str]:
    """What something other than an array is, and what helps."""
    if isinstance(image, str | os.PathLike):
        return "a path", "pass edgeface.read_image(path)"
    if isinstance(image, bytes | bytearray | memoryview):
        return "bytes", "pass cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)"
    if isinstance(image, list | tuple):
        return f"a {type(image).__name__}", f"{_BATCH}; pixels in a list become an image by np.array(pixels, np.uint8)"
    if type(image).__module__.partition(".")[0] == "PIL":
        return "a PIL image", 'pass np.asarray(image.convert("RGB")) with color="rgb"'
    if hasattr(image, "__array__"):
        return _kind(image), "pass uint8 [H,W,3], e.g. of a tensor [3,H,W] tensor.permute(1, 2, 0).numpy()"
    return _kind(image), "read it with edgeface.read_image or cv2.imread"


def _kind(image: object) -> str:
    return "None" if image is None else f"of type {type(image).__name__}"
