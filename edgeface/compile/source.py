"""Sources of exports: a float32 network with its contract, reference and provenance."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgeface.contracts import Contract
from edgeface.validate.reference import Reference


@dataclass(frozen=True)
class Declared:
    """The user's declaration of a source; None where undeclared.

    `model` names the result, and the family unless `onnx` is given: the user's model file, which `contract`, a TOML
    file, describes. `weights`, `variant` and `seed` are for families. `cut_decode` asks for the outputs in front of a
    decode that is inside the graph.
    """

    model: str
    weights: Path | None = None
    variant: str | None = None
    color: str | None = None
    input_size: tuple[int, int] | None = None
    seed: int | None = None
    onnx: Path | None = None
    contract: Path | None = None
    cut_decode: bool = False


@dataclass(frozen=True)
class Source:
    """The float32 network: `onnx` for the graph reader, `reference` to compare with.

    `provenance` is for the manifest: the file, and how the contract was determined. `own` says that edgeface wrote the
    ONNX: a family's network.
    """

    contract: Contract
    onnx: bytes
    reference: Reference
    provenance: dict[str, Any]
    own: bool = False
