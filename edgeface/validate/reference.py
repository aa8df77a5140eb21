"""The fp32 reference that an artifact is compared with: a callable with a name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Any, TypeAlias

from edgeface.backends.float_io import FloatRunner
from edgeface.backends.onnx.runner import OrtRunner
from edgeface.backends.open import open_runner
from edgeface.core.artifact import Artifact
from edgeface.errors import InputError
from edgeface.graph.onnx_reader import parse_onnx
from edgeface.graph.onnx_steps.probabilities import probabilities
from edgeface.graph.types import Array
from edgeface.models import family
from edgeface.models.network import CheckpointNetworks, seeded_onnx
from edgeface.models.onnx_file import as_in_file, open_onnx
from edgeface.reading.kinds import CHECKPOINT
from edgeface.reading.regular_file import digest_file
from edgeface.samples import sample_of

Network: TypeAlias = Callable[[Mapping[str, Array]], Mapping[str, Array]]
"""Float32 NCHW images in by name, float32 outputs by name."""

TRACED = "ONNX Runtime float32, no weight folded"
"""The name of the reference of a family's network."""

_FOLDS_WEIGHTS = frozenset({"ConvAddFusion", "ConvBNFusion", "ConvMulFusion", "MatMulBNFusion", "GemmSumFusion"})
"""What ONNX Runtime would fold into weights, as edgeface's own passes do: the reference must not share their faults."""


@dataclass(frozen=True)
class Reference:
    """A float32 network; `name` identifies it in manifests and certificates.

    `twin` computes the same network more quickly, for what need not be the reference to the last digit; threads may
    share it. `probabilities` are the outputs that are between 0 and 1 by how they are computed, as far as known.
    """

    name: str
    run: Network
    twin: Network | None = None
    probabilities: frozenset[str] = frozenset()


def one_at_a_time(reference: Reference) -> Reference:
    """The reference for several threads, whose runs wait for each other."""
    lock = Lock()

    def run(feeds: Mapping[str, Array]) -> Mapping[str, Array]:
        with lock:
            return reference.run(feeds)

    return replace(reference, run=run)


def network_reference(network: bytes) -> Reference:
    """A family's network as torch traced it, computed by ONNX Runtime on one thread.

    Nothing is folded into weights: batch norms are computed from their own four tensors.

    Args:
        network: a serialized ModelProto.
    """
    return Reference(TRACED, OrtRunner(network, optimize=_FOLDS_WEIGHTS).run)


def onnx_reference(model: bytes) -> Reference:
    """A user's ONNX model, computed by ONNX Runtime on one thread.

    Raises:
        InputError, RuntimeFailure: ONNX Runtime cannot load it.
    """
    run = FloatRunner(OrtRunner(model)).run
    return Reference("ONNX Runtime float32", run, run, probabilities(parse_onnx(model)))


def reference_of(artifact: Artifact, weights: Path | None, other: Path | None) -> Reference:
    """The float32 network that an artifact was made from.

    Args:
        artifact: the artifact to compare.
        weights: the checkpoint or .onnx file that it was exported from.
        other: an fp32 artifact of the same checkpoint.

    Raises:
        InputError: none or both are given, or the given one is not the artifact's origin.
    """
    sources = artifact.manifest.sources
    if (weights is not None) + (other is not None) + ("seed" in sources) != 1:
        raise InputError(
            "a comparison needs one fp32 reference",
            where=str(artifact.folder),
            fix="pass --weights FILE (what it was exported from) or --reference FP32_ARTIFACT",
        )
    contract = artifact.contract
    if other is not None:
        return _of_artifact(artifact, other)
    if weights is None:
        return network_reference(seeded_onnx(family(contract.family), contract, int(sources["seed"])))
    if "weights" not in sources:
        raise InputError(
            "the manifest does not say what the artifact was exported from",
            where=str(artifact.folder),
            fix="export the artifact again",
        )
    if sources["weights"].get("format") == "onnx":
        opened = onnx_reference(open_onnx(weights, as_in_file(contract, sources["weights"])))
    else:
        opened = network_reference(CheckpointNetworks(family(contract.family), weights).onnx(contract))
    _check_same_file(weights, sources["weights"])
    return opened


def weights_of(artifact: Artifact, given: Path | None, reference: Path | None) -> Path | None:
    """The checkpoint to compare with; the sample weights where the artifact was made from them and nothing is given."""
    sample = sample_of(artifact.contract.family)
    of_sample = artifact.manifest.sources.get("weights", {}).get("sample", False)
    if given is None and reference is None and of_sample and sample is not None:
        return sample.weights
    return given


def _check_same_file(weights: Path, recorded: Mapping[str, Any]) -> None:
    if digest_file(weights, CHECKPOINT) != recorded["sha256"]:
        raise InputError(
            "these are not the weights that the artifact was exported from: their SHA-256 differs",
            where=str(weights),
            fix=f"pass {recorded['file']}, SHA-256 {recorded['sha256']}",
        )


def _of_artifact(artifact: Artifact, path: Path) -> Reference:
    other = Artifact.open(path)
    mine, theirs = artifact.manifest.sources, other.manifest.sources
    if other.contract != artifact.contract or mine.get("weights") != theirs.get("weights"):
        raise InputError(
            "the reference is of another checkpoint or contract",
            where=f"{path} against {artifact.folder}",
            fix="export both from the same checkpoint",
        )
    return Reference(f"artifact {path}", FloatRunner(open_runner(other), other.manifest.layout).run)
