"""Sampling of calibration images: which are looked at closely, and at how many numbers of each.

Bounds come from every number of every image. Histograms and second moments come from samples: of every image of a short
list, of 40 images of a long one, so that a thousand images take little longer than inference on them.
"""

from __future__ import annotations

from dataclasses import dataclass

FEW = 100
"""Lists of up to so many images are sampled wholly and fully, as every recipe's own number of images is."""

IMAGES = 40
"""Images that are sampled of a longer list; each costs as much as two to four that only give bounds."""

POSITIONS, MIN_POSITIONS = 8_192, 512
"""Approximate pixels per channel that one image adds to a histogram: all that fit where few images are given."""

PATCHES = 128
"""Output pixels of a convolution whose input patches one image adds to the second moments."""

PATCH_IMAGES = 20
"""Images that give patches, of a longer list."""


@dataclass(frozen=True)
class Sampling:
    """The samples of a list of images.

    They depend on an image's place in the whole list, not on how the list is divided, so that parts add up to what the
    whole list gives.

    Attributes:
        images: length of the whole list.
    """

    images: int = FEW

    def takes(self, index: int) -> bool:
        """Whether the image of that index is sampled: evenly spread ones, the first among them."""
        return self.images <= FEW or self._spread(index, IMAGES)

    def takes_patches(self, index: int) -> bool:
        """Whether a sampled image gives patches too: all, or every second one of a long list."""
        return self.images <= FEW or self._spread(index, PATCH_IMAGES)

    def _spread(self, index: int, count: int) -> bool:
        """Whether an image is one of `count` that are evenly spread over the list."""
        return index * count // self.images != (index - 1) * count // self.images

    @property
    def positions(self) -> int:
        """Approximate maximum of pixels per channel of one image."""
        return POSITIONS if self.images <= FEW else max(MIN_POSITIONS, POSITIONS * IMAGES // self.images)

    def stride(self, shape: tuple[int, ...]) -> int:
        """The stride of rows and columns that gives at most about `positions` numbers per channel."""
        stride = 1
        while len(shape) == 4 and shape[2] * shape[3] > self.positions * stride * stride:
            stride += 1
        return stride
