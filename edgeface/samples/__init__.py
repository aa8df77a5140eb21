"""Sample weights and images, so that edgeface can be tried without a checkpoint and without images.

The package includes two small networks (`recipes/samples` describes their training and accuracy) and two
photographs in the public domain.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgeface.reading.document import read_json
from edgeface.reading.kinds import OWN
from edgeface.reading.regular_file import is_file

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Sample:
    """Sample weights of a family.

    Attributes:
        family: the family's name.
        variant: the contract's variant that they were trained for.
        sha256: of the file, in hex.
    """

    family: str
    variant: str
    sha256: str

    @property
    def weights(self) -> Path:
        """The checkpoint, safetensors in float32."""
        return _FOLDER / f"{self.family}.safetensors"

    @property
    def threshold(self) -> dict[str, Any] | None:
        """The measured cosine from which two faces count as one person's, and how it was measured.

        `recipes/samples/measure_threshold.py` wrote it. None for a detector.
        """
        path = _FOLDER / f"{self.family}_threshold.json"
        if not is_file(path):
            return None
        found: dict[str, Any] = read_json(path, OWN)
        return found

    def as_source(self) -> dict[str, Any]:
        """What a manifest says of the weights."""
        stated = {"file": self.weights.name, "sha256": self.sha256, "sample": True}
        return stated if self.threshold is None else {**stated, "threshold": self.threshold}


SAMPLES = {
    sample.family: sample
    for sample in (
        Sample("retinaface_mnet025", "official", "385952ac2e9061838a44ee308dadf96c9cbd1f6686857c2397319437d994dedf"),
        Sample("mobilefacenet", "y1", "dc2d20de26ca9a2dc905c5f7a69db68121a0c0bf5a7819e611f5b1f330110097"),
    )
}
"""Sample weights by family."""


def sample_of(family: str) -> Sample | None:
    """The sample weights of a family; None if there are none."""
    return SAMPLES.get(family)


@dataclass(frozen=True)
class SampleImage:
    """A photograph of one person, in the public domain.

    Attributes:
        person: the person's name.
        file_name: in this folder.
        landmarks: x, y of eyes, nose and mouth corners, left before right, in pixels.
    """

    person: str
    file_name: str
    landmarks: tuple[tuple[float, float], ...]

    @property
    def path(self) -> Path:
        """The JPEG file."""
        return _FOLDER / self.file_name


IMAGES = (
    SampleImage(
        "Eileen Collins",
        "astronaut.jpg",
        ((204.3, 100.6), (246.6, 102.7), (224.8, 129.3), (203.2, 139.2), (245.6, 140.7)),
    ),
    SampleImage(
        "Grace Hopper",
        "grace_hopper.jpg",
        ((219.0, 196.9), (302.9, 185.4), (264.0, 248.7), (233.7, 276.0), (309.8, 265.9)),
    ),
)
"""Sources: README.md in this folder."""
