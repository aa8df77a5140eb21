"""The fp32 network that an artifact is compared with: its checkpoint in torch, or another artifact of it."""

from __future__ import annotations

from pathlib import Path

from edgeface.backends.float_io import FloatRunner
from edgeface.backends.open import open_runner
from edgeface.core.artifact import Artifact, sha256_hex
from edgeface.errors import InputError
from edgeface.models import family
from edgeface.models.torch_run import run_module
from edgeface.validate.compare import Network


def reference_network(artifact: Artifact, weights: Path | None, other: Path | None) -> tuple[Network, str]:
    """The reference, and its name.

    Args:
        artifact: what is to be compared.
        weights: the checkpoint that it was exported from.
        other: an fp32 artifact of the same checkpoint.

    Raises:
        InputError: none or both are given, or what is given is not what the artifact was exported from.
    """
    sources = artifact.manifest.sources
    if (weights is not None) + (other is not None) + ("seed" in sources) != 1:
        raise InputError(
            "a comparison needs one fp32 reference",
            where=str(artifact.folder),
            fix="pass --weights FILE (the checkpoint that it was exported from) or --reference FP32_ARTIFACT",
        )
    contract = artifact.contract
    if other is not None:
        return _other(artifact, other), f"artifact {other}"
    found = family(contract.family)
    if weights is None:
        module = found.random(contract, int(sources["seed"]))
        return lambda feeds: run_module(module, feeds[contract.input.name], contract), "torch float32, seeded"
    module = found.load(weights, contract)
    if sha256_hex(weights.read_bytes()) != sources["weights"]["sha256"]:
        raise InputError(
            "these are not the weights that the artifact was exported from: their SHA-256 differs",
            where=str(weights),
            fix=f"pass {sources['weights']['file']}, SHA-256 {sources['weights']['sha256']}",
        )
    return lambda feeds: run_module(module, feeds[contract.input.name], contract), "torch float32"


def _other(artifact: Artifact, path: Path) -> Network:
    other = Artifact.open(path)
    mine, theirs = artifact.manifest.sources, other.manifest.sources
    if other.contract != artifact.contract or mine.get("weights") != theirs.get("weights"):
        raise InputError(
            "the reference is of another checkpoint or contract",
            where=f"{path} against {artifact.folder}",
            fix="export both from the same checkpoint",
        )
    return FloatRunner(open_runner(other), other.manifest.layout).run
