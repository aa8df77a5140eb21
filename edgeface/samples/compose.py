"""Images composed of the two sample photographs: scenes of several photographs, and aligned faces.

They show real faces in many sizes and lighting conditions, but of only two persons: enough to try the tool, far too
little to measure how good a network is.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from edgeface.contracts import ARCFACE_TEMPLATE
from edgeface.core.writing import fill_file
from edgeface.errors import InputError
from edgeface.images.files import read_image
from edgeface.samples import IMAGES, SampleImage
from edgeface.tasks.recognition.similarity import similarity_transform

Image: TypeAlias = NDArray[np.uint8]
Matrix: TypeAlias = NDArray[np.float64]

HEIGHT, WIDTH = 480, 640
FACE_PX = 112
_EYES_PX = (9.0, 110.0)


def compose_scene(seed: int) -> Image:
    """A scene of two to seven photographs, in many sizes, rotated and lit differently: uint8 [480,640,3] in BGR."""
    random = np.random.default_rng([1, seed])
    wall = random.uniform(40, 220, (3, 4, 3)).astype(np.uint8)
    scene = np.asarray(cv2.resize(wall, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC), np.uint8)
    for _ in range(int(random.integers(2, 8))):
        shown = IMAGES[int(random.integers(0, len(IMAGES)))]
        eyes_px = np.exp(random.uniform(*np.log(_EYES_PX))) * random.choice([-1, 1])
        nose = (random.uniform(0.1, 0.9) * WIDTH, random.uniform(0.15, 0.85) * HEIGHT)
        matrix = place_face(shown, float(eyes_px), nose, random.normal(0, 0.15))
        scene = hang(scene, relight(pixels(shown), random), matrix)
    return _worn(scene, random)


def compose_face(seed: int) -> Image:
    """An aligned face, of one person or a blend of two: uint8 [112,112,3] in BGR."""
    random = np.random.default_rng([2, seed])
    first, second = random.permutation(len(IMAGES))[:2]
    share = float(random.choice([0.0, random.uniform(0.2, 0.8)]))
    parts = [_aligned(IMAGES[index], random) for index in (first, second)]
    mixed = np.asarray(cv2.addWeighted(parts[0], 1 - share, parts[1], share, 0), np.uint8)
    return _worn(relight(mixed, random), random)


COMPOSERS = {"detection": compose_scene, "recognition": compose_face}
"""Functions that compose an image from a seed, by task."""


def write_images(folder: Path, task: str, count: int, first_seed: int = 0) -> None:
    """Write composed images for a task into an existing folder, as PNG.

    Raises:
        InputError: there are no composed images for this task.
    """
    compose = COMPOSERS.get(task)
    if compose is None:
        raise InputError(f"no images are composed for {task}", fix="pass --calibration DIR")
    for seed in range(first_seed, first_seed + count):
        path = folder / f"composed_{seed:03}.png"
        fill_file(path, cv2.imencode(".png", compose(seed))[1].tobytes(), "a composed image")


def hang(scene: Image, image: Image, matrix: Matrix) -> Image:
    """A scene with an image pasted in, warped by a matrix [2,3]; its resolution is reduced to its size in the scene."""
    size = (scene.shape[1], scene.shape[0])
    scale = min(1.0, float(np.sqrt(abs(np.linalg.det(matrix[:, :2])))))
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    shrunk = np.array([image.shape[1] / small.shape[1], image.shape[0] / small.shape[0]])
    placed = np.column_stack([matrix[:, :2] * shrunk, matrix[:, 2]])
    within = cv2.warpAffine(np.full(small.shape[:2], 255, np.uint8), placed, size)
    shown = cv2.warpAffine(small, placed, size, borderMode=cv2.BORDER_REPLICATE)
    return np.where(within[:, :, None] > 127, shown, scene).astype(np.uint8)


def relight(image: Image, random: np.random.Generator) -> Image:
    """The image with random gamma, contrast, brightness and color balance."""
    curve = np.linspace(0, 1, 256) ** np.exp(random.normal(0, 0.25))
    curve = (curve - 0.5) * np.exp(random.normal(0, 0.15)) + 0.5 + random.normal(0, 0.06)
    table = np.clip(curve[:, None] * np.exp(random.normal(0, 0.06, 3)) * 255, 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(image, table[None]), np.uint8)


def place_face(shown: SampleImage, eyes_px: float, middle: tuple[float, float], turn: float = 0.0) -> Matrix:
    """The matrix [2,3] that maps an image's face to a position.

    Args:
        shown: the image.
        eyes_px: distance of the eyes in the scene, negative for a mirrored image.
        middle: target position of the nose, x and y in pixels.
        turn: rotation, in radians.
    """
    left, right, nose = (np.array(point) for point in shown.landmarks[:3])
    scale = abs(eyes_px) / float(np.linalg.norm(right - left))
    turned = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    if eyes_px < 0:
        turned[:, 0] *= -1
    return np.column_stack([turned, np.array(middle) - turned @ nose])


@cache
def pixels(shown: SampleImage) -> Image:
    """The photograph's pixels, uint8 [H,W,3] in BGR."""
    return read_image(shown.path)


def _aligned(shown: SampleImage, random: np.random.Generator) -> Image:
    """A face at or near the alignment template, mirrored in half of the cases."""
    moved = np.array(ARCFACE_TEMPLATE) + random.normal(0, 1.5, 2) + random.normal(0, 0.7, (5, 2))
    matrix = similarity_transform(shown.landmarks, moved)
    face = np.asarray(cv2.warpAffine(pixels(shown), matrix, (FACE_PX, FACE_PX)), np.uint8)
    return np.ascontiguousarray(face[:, ::-1]) if random.random() < 0.5 else face


def _worn(image: Image, random: np.random.Generator) -> Image:
    """The image as a camera may take it: sometimes blurred, often noisy."""
    if random.random() < 0.3:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), random.uniform(0.4, 1.5)), np.uint8)
    noise = random.normal(0, random.uniform(0, 6), image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)
