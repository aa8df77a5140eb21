"""Packages that only some commands need."""

from __future__ import annotations

from edgeface.doctor.check import Check
from edgeface.doctor.packages import package_check
from edgeface.models.need_torch import HOW

TITLE = "Extras"
RANK = 35


def look() -> tuple[Check, ...]:
    """Packages that trace torch modules, sign bundles, search galleries and use many machines."""
    return (
        package_check("torch", "optional: your own torch modules, --seed, and families without a skeleton", HOW),
        package_check("cryptography", "optional: signs bundles", "pip install 'edgeface[bundle]'"),
        package_check("faiss-cpu", "optional: searches galleries faster", "pip install 'edgeface[gallery]'"),
        package_check("ray", "optional: --engine ray, many machines", "pip install 'edgeface[ray]'"),
        package_check("fsspec", "optional: images at a URL", "pip install 'edgeface[ray]'"),
    )
