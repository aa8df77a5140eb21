"""What some images of a list add up to, as it is sent from where they were looked at to where all are added up.

Images that only give bounds send little: two numbers per channel for any number of images.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from edgeface.graph.types import Array
from edgeface.quantize.bounds import Ends
from edgeface.quantize.exact_sum import ExactSum
from edgeface.quantize.sums import Sums, wider


@dataclass(frozen=True, eq=False)
class Summed:
    """The sums of some images.

    Attributes:
        images, sampled: how many there are, and how many were sampled.
        ends: their measured bounds; None without images.
        samples: by value counts (of the smallest unsigned type, [channels, bins]), total float64 [channels] and count;
            empty without sampled images.
        moments: by output of a convolution both parts of a sum, `ExactSum.packed`; empty where nothing was added.
    """

    images: int
    sampled: int
    ends: Ends | None
    samples: Mapping[str, tuple[Array, Array, int]]
    moments: Mapping[str, tuple[Array, Array]]

    @classmethod
    def of(cls, sums: Sums) -> Summed:
        """What `sums` have added up."""
        samples = {}
        for name, found in sums.samples.items() if sums.sampled else ():
            found.settle()
            counts = found.counts.astype(np.min_scalar_type(int(found.counts.max(initial=0))))
            samples[name] = (counts, found.total, found.count)
        moments = {name: found.packed() for name, found in sums.moments.items() if sums.sampled and found.coarse.any()}
        return cls(sums.images, sums.sampled, sums.ends, samples, moments)

    def add_to(self, sums: Sums) -> None:
        """Add these images to others of the same list; the order changes nothing."""
        sums.images += self.images
        sums.sampled += self.sampled
        if self.ends is not None:
            sums.ends = self.ends if sums.ends is None else wider(sums.ends, self.ends)
        for name, (counts, total, count) in self.samples.items():
            into = sums.samples[name]
            into.counts += counts
            into.total += total
            into.count += count
        for name, packed in self.moments.items():
            sums.moments[name] += ExactSum.unpacked(*packed)
