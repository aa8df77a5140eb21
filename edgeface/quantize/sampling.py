"""Sampling of calibration images: which are looked at closely, and at how many numbers of each.

Bounds come from every number of every image. Histograms and second moments come from samples of 40 images, fewer of
each image where the list is long, so that a thousand images take little longer than inference on them.
"""

from __future__ import annotations

from dataclasses import dataclass

IMAGES = 40
"""Images that are sampled, of any number; each costs as much as two to four that only give bounds."""

POSITIONS, MIN_POSITIONS = 8_192, 512
"""Approximate pixels per channel that one image adds to a histogram: all that fit where few images are given."""

PATCHES = 128
"""Output pixels of a convolution whose input patches one image adds to the second moments."""

PATCH_IMAGES = 20
"""Images that give patches where more than twice the sampled number is given."""


@dataclass(frozen=True)
class Sampling:
    """The samples of a list of images.

    They depend on an image's place in the whole list, not on how the list is divided, so that parts add up to what the
    whole list gives.

    Attributes:
        images: length of the whole list.
    """

    images: int = IMAGES

    def takes(self, index: int) -> bool:
        """Whether the image of that index is sampled: evenly spread ones, the first among them."""
        return self.images <= IMAGES or self._spread(index, IMAGES)

    def takes_patches(self, index: int) -> bool:
        """Whether a sampled image gives patches too: all, or every second one of a long list."""
        return self.images <= 2 * IMAGES or self._spread(index, PATCH_IMAGES)

    def _spread(self, index: int, count: int) -> bool:
        """Whether an image is one of `count` that are evenly spread over the list."""
        return index * count // self.images != (index - 1) * count // self.images

    @property
    def positions(self) -> int:
        """Approximate maximum of pixels per channel of one image."""
        return max(MIN_POSITIONS, min(POSITIONS, POSITIONS * IMAGES // max(self.images, 1)))

    @property
    def patches(self) -> int:
        """Output pixels per convolution of one image."""
        return PATCHES if self.images > 2 * IMAGES else min(PATCHES, PATCHES * IMAGES // max(self.images, 1))

    def stride(self, shape: tuple[int, ...]) -> int:
        """The stride of rows and columns that gives at most about `positions` numbers per channel."""
        stride = 1
        while len(shape) == 4 and shape[2] * shape[3] > self.positions * stride * stride:
            stride += 1
        return stride
