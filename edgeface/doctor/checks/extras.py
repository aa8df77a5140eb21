"""Packages that only some commands need."""

from __future__ import annotations

from edgeface.doctor.check import Check
from edgeface.doctor.packages import package_check

TITLE = "Extras"
RANK = 35


def look() -> tuple[Check, ...]:
    """Packages that read safetensors, sign bundles and read WIDER FACE's labels."""
    return (
        package_check("safetensors", "optional: reads checkpoints in .safetensors", "pip install 'edgeface[torch]'"),
        package_check("cryptography", "optional: signs bundles", "pip install 'edgeface[bundle]'"),
        package_check("scipy", "optional: reads WIDER FACE's ground truth", "pip install 'edgeface[eval]'"),
    )
