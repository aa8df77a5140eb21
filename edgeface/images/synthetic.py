"""Synthetic images for runs without images: they exercise the tensors, but contain no faces."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

HEIGHT, WIDTH = 480, 640


def synthetic_images(count: int, seed: int = 0) -> list[NDArray[np.uint8]]:
    """Seeded images of soft ellipses on a gradient with noise: uint8 [480,640,3] each, not writable."""
    return list(_drawn(count, seed))


@lru_cache(
    maxsize=4
)  # 50 ms an image; a process wants the same few again: to calibrate, to judge, to find a bad tensor
def _drawn(count: int, seed: int) -> tuple[NDArray[np.uint8], ...]:
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    images = []
    for _ in range(count):
        slope = rng.uniform(-0.2, 0.2, (2, 3))
        canvas = rng.uniform(40, 200, 3) + x[..., None] * slope[0] + y[..., None] * slope[1]
        for _ in range(int(rng.integers(3, 9))):
            center, radii = rng.uniform((0, 0), (WIDTH, HEIGHT)), rng.uniform(10, 90, 2)
            inside = ((x - center[0]) / radii[0]) ** 2 + ((y - center[1]) / radii[1]) ** 2
            canvas += (np.exp(-(inside**2))[..., None]) * rng.uniform(-150, 150, 3)
        canvas += rng.normal(0, 6, canvas.shape)
        image = np.clip(canvas, 0, 255).astype(np.uint8)
        image.flags.writeable = False
        images.append(image)
    return tuple(images)
