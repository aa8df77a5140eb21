"""Packages that only some commands need."""

from __future__ import annotations

from edgeface.doctor.check import Check
from edgeface.doctor.packages import package_check

TITLE = "Extras"
RANK = 35


def look() -> tuple[Check, ...]:
    """Packages that read safetensors and sign bundles."""
    return (
        package_check("safetensors", "optional: reads checkpoints in .safetensors", "pip install 'edgeface[torch]'"),
        package_check("cryptography", "optional: signs bundles", "pip install 'edgeface[bundle]'"),
    )
