"""A bill of materials in CycloneDX's JSON format: a bundle's components and external requirements."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from edgeface.core.artifact import Manifest, sha256_hex
from edgeface.version import __version__

_NAMESPACE = uuid.UUID("6f6b8e0e-7c53-5a0b-9f5e-3a1c1d1f5b52")
_RUNTIMES = {
    "litert": (("ai-edge-litert", "Apache-2.0", "optional"), ("tflite-runtime", "Apache-2.0", "optional")),
    "ncnn": (("ncnn", "BSD-3-Clause", "required"),),
}
_ALWAYS = (("numpy", "BSD-3-Clause", "required"),)


def bill_of_materials(files: Mapping[str, bytes], models: Mapping[str, Manifest], runtime: str) -> bytes:
    """The document, without times, so that the same bundle has the same bytes.

    Args:
        files: the bundle's files by name.
        models: the manifest of each model by its files in the bundle.
        runtime: of the models.
    """
    runner = [name for name in files if name.startswith("face_runner/")]
    components = [_model(name, manifest, files[name]) for name, manifest in models.items()]
    components.append(
        {
            "type": "library",
            "bom-ref": "face_runner",
            "name": "face_runner",
            "version": __version__,
            "hashes": [{"alg": "SHA-256", "content": sha256_hex(b"".join(files[name] for name in sorted(runner)))}],
            "licenses": [{"license": {"id": "Apache-2.0"}}],
        }
    )
    components += [_library(*library) for library in (*_RUNTIMES[runtime], *_ALWAYS)]
    document: dict[str, Any] = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {"type": "application", "bom-ref": "face", "name": "face", "version": __version__}},
        "components": components,
        "dependencies": [{"ref": "face", "dependsOn": [component["bom-ref"] for component in components]}],
    }
    serial = uuid.uuid5(_NAMESPACE, json.dumps(document, sort_keys=True))
    document["serialNumber"] = f"urn:uuid:{serial}"
    return (json.dumps(document, indent=1, sort_keys=True) + "\n").encode("ascii")


def _model(name: str, manifest: Manifest, content: bytes) -> dict[str, Any]:
    """The component of a model's file; its licence is that of its weights, which artifacts do not state."""
    return {
        "type": "machine-learning-model",
        "bom-ref": name,
        "name": manifest.name,
        "version": manifest.target,
        "hashes": [{"alg": "SHA-256", "content": sha256_hex(content)}],
        "properties": [
            {"name": "edgeface:variant", "value": manifest.contract.variant},
            {"name": "edgeface:licence", "value": "that of its weights: see LICENSES"},
        ],
    }


def _library(name: str, licence: str, scope: str) -> dict[str, Any]:
    """The component of a library that is not in the bundle; of two runtimes for the same models one is enough."""
    return {
        "type": "library",
        "bom-ref": f"pkg:pypi/{name}",
        "name": name,
        "purl": f"pkg:pypi/{name}",
        "scope": scope,
        "licenses": [{"license": {"id": licence}}],
    }
