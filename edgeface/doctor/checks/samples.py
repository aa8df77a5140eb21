"""Sample weights and images of the package."""

from __future__ import annotations

from pathlib import Path

from edgeface.doctor.check import Check
from edgeface.reading.kinds import OWN
from edgeface.reading.regular_file import digest_file
from edgeface.samples import IMAGES, SAMPLES

TITLE = "Samples"
RANK = 37

_AGAIN = "pip install --force-reinstall --no-deps edgeface"


def look() -> tuple[Check, ...]:
    """Sample weights, which must match their SHA-256, and sample images."""
    weights = [_weights(sample.weights, sample.sha256) for sample in SAMPLES.values()]
    return (*weights, *(_file(shown.path, shown.person) for shown in IMAGES))


def _weights(path: Path, sha256: str) -> Check:
    check = _file(path, "sample weights")
    if check.state == "ok" and digest_file(path, OWN) != sha256:
        return Check(path.name, "problem", f"not the file that came with this version: {path}", _AGAIN)
    return check


def _file(path: Path, what: str) -> Check:
    if not path.is_file():
        return Check(path.name, "missing", f"{what}: {path} does not exist", _AGAIN)
    return Check(path.name, "ok", f"{what}, {path.stat().st_size / 1e3:,.0f} kB")
