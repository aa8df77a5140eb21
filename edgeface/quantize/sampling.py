"""Sampling of calibration images: which are looked at closely, and at how many numbers of each.

Bounds come from every number of every image. Histograms and second moments come from samples, whose number is about
what 40 images give, whatever the number of images: a thousand images must not take many times as long as inference.
"""

from __future__ import annotations

from dataclasses import dataclass

FULL_IMAGES = 40
MAX_IMAGES = 64
"""Images that are sampled: each costs as much as two or three that are not."""

POSITIONS, MIN_POSITIONS = 8_192, 1_024
"""Approximate pixels per channel that one image adds to a histogram."""

PATCHES, MIN_PATCHES = 128, 32
"""Output pixels of a convolution whose input patches one image adds to the second moments."""


@dataclass(frozen=True)
class Sampling:
    """The samples of a list of images.

    They depend on an image's place in the whole list, not on how the list is divided, so that parts add up to what the
    whole list gives.

    Attributes:
        images: length of the whole list.
    """

    images: int = FULL_IMAGES

    def takes(self, index: int) -> bool:
        """Whether the image of that index is sampled: evenly spread ones, the first among them."""
        share = min(self.images, MAX_IMAGES)
        return self.images <= share or index * share // self.images != (index - 1) * share // self.images

    @property
    def positions(self) -> int:
        """Approximate maximum of pixels per channel of one image."""
        return max(MIN_POSITIONS, min(POSITIONS, POSITIONS * FULL_IMAGES // max(self.images, 1)))

    @property
    def patches(self) -> int:
        """Output pixels per convolution of one image."""
        return max(MIN_PATCHES, min(PATCHES, PATCHES * FULL_IMAGES // max(self.images, 1)))

    def stride(self, shape: tuple[int, ...]) -> int:
        """The stride of rows and columns that gives at most about `positions` numbers per channel."""
        stride = 1
        while len(shape) == 4 and shape[2] * shape[3] > self.positions * stride * stride:
            stride += 1
        return stride
