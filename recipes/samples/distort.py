"""Random changes of images: color, sharpness, noise, compression, hidden parts. All uint8 [H,W,3] in BGR."""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Image: TypeAlias = NDArray[np.uint8]


def recolor(image: Image, random: np.random.Generator) -> Image:
    """Change brightness, contrast, gamma, white balance and saturation; one in ten becomes grey."""
    steps = np.linspace(0, 1, 256, dtype=np.float32)
    curve = steps ** np.exp(random.normal(0, 0.25))
    curve = (curve - 0.5) * np.exp(random.normal(0, 0.2)) + 0.5 + random.normal(0, 0.08)
    gains = np.exp(random.normal(0, 0.06, 3)).astype(np.float32)
    table = np.clip(curve[:, None] * gains * 255, 0, 255).astype(np.uint8)
    toned = cv2.LUT(image, table[None])
    saturation = 0.0 if random.random() < 0.1 else float(np.exp(random.normal(0, 0.3)))
    grey = cv2.cvtColor(cv2.cvtColor(toned, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    return np.asarray(cv2.addWeighted(toned, saturation, grey, 1 - saturation, 0), np.uint8)


def degrade(image: Image, random: np.random.Generator) -> Image:
    """Sometimes blur, shrink and enlarge, add noise, or compress."""
    height, width = image.shape[:2]
    if random.random() < 0.12:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), random.uniform(0.4, 2.0)), np.uint8)
    if random.random() < 0.12:
        share = random.uniform(0.3, 0.9)
        small = cv2.resize(image, (int(width * share), int(height * share)), interpolation=cv2.INTER_AREA)
        image = np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
    if random.random() < 0.12:
        noise = random.normal(0, random.uniform(2, 16), image.shape).astype(np.float32)
        image = np.clip(image + noise, 0, 255).astype(np.uint8)
    if random.random() < 0.15:
        _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(25, 90))])
        image = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    return image


def hide(image: Image, random: np.random.Generator, cover: Image | None = None) -> Image:
    """Cover a rectangle of a tenth to a half of each side, with one color or with what `cover` shows there."""
    height, width = image.shape[:2]
    rows, columns = (int(side * random.uniform(0.1, 0.5)) for side in (height, width))
    top, left = int(random.integers(0, height - rows + 1)), int(random.integers(0, width - columns + 1))
    part = (slice(top, top + rows), slice(left, left + columns))
    covered = image.copy()
    covered[part] = random.integers(0, 256, 3) if cover is None else cover[part]
    return covered


def mirror(image: Image, random: np.random.Generator) -> Image:
    """Swap left and right in half of the cases."""
    return np.ascontiguousarray(image[:, ::-1]) if random.random() < 0.5 else image
