"""Open an artifact's model, and check its input against the contract."""

from __future__ import annotations

from edgeface.backends.checks import DYNAMIC
from edgeface.backends.float_io import FloatRunner
from edgeface.backends.open import open_runner
from edgeface.core.artifact import Artifact
from edgeface.errors import ContractError


def open_declared(artifact: Artifact, threads: int = 1) -> FloatRunner:
    """The artifact's model in its runtime, float32 in and out.

    Args:
        artifact: an opened artifact.
        threads: threads inside one operator, at least 1.

    Raises:
        InputError: the model file is missing or damaged.
        RuntimeFailure: the runtime rejects the model.
        ContractError: the model's input differs from the contract's.
    """
    runner = FloatRunner(open_runner(artifact, threads), artifact.manifest.layout)
    declared = artifact.contract.input
    wanted: dict[str, tuple[int, ...]] = {declared.name: declared.shape}
    found = {spec.name: _of_one_image(spec.shape) for spec in runner.inputs}
    if found != wanted:
        raise ContractError(
            f"the model's inputs are {found}, but its contract declares {wanted}",
            where=str(artifact.model_path),
            fix="export the artifact again",
        )
    return runner


def _of_one_image(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape with a batch of 1, where the batch is dynamic."""
    return (1, *shape[1:]) if shape[:1] == (DYNAMIC,) else shape
