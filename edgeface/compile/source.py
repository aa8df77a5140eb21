"""What is exported: a float32 network under a contract, a reference that computes it, and where all that is from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgeface.contracts import Contract
from edgeface.validate.reference import Reference


@dataclass(frozen=True)
class Declared:
    """What the user says of the source; None is "not said".

    `model` names the result, and the family unless `onnx` is given: the user's own model file, which `contract`, a
    TOML file, describes. `weights`, `variant` and `seed` are of a family.
    """

    model: str
    weights: Path | None = None
    variant: str | None = None
    color: str | None = None
    input_size: tuple[int, int] | None = None
    seed: int | None = None
    onnx: Path | None = None
    contract: Path | None = None


@dataclass(frozen=True)
class Source:
    """The float32 network: `onnx` for the graph reader, `reference` to compare with.

    `provenance` goes into the manifest: which file, and how the contract is known.
    """

    contract: Contract
    onnx: bytes
    reference: Reference
    provenance: dict[str, Any]
