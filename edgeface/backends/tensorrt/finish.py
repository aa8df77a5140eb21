"""The engines of a TensorRT target: built, checked by their layers, and run if there is a GPU for them."""

from __future__ import annotations

from dataclasses import replace

from edgeface.backends.finish import Finished, Finishing
from edgeface.backends.qdq.emit import MODEL_FILE
from edgeface.backends.tensorrt.on_gpu import engine_here, judge_speed
from edgeface.backends.tensorrt.stage import stage_engines


def build_engines(given: Finishing, no_slower_than: str | None = None) -> Finished:
    """All requested engines, staged; the one for the local GPU is validated like the ONNX model.

    Args:
        given: inputs of the build; its options are `EngineOptions`.
        no_slower_than: a target whose engine for the same network must not be faster on the local GPU.

    Raises:
        InputError, GraphError, RuntimeFailure: as `build_engine`, or the engine does not run.
    """
    staged = stage_engines(given.files[MODEL_FILE], given.folder, given.options, given.target)
    runner = engine_here(given.folder)
    if runner is None:
        return staged
    with runner:
        judged, facts = given.judge(runner, f"{given.target} on the GPU")
        requirements = [replace(requirement, what=f"{requirement.what}, on the GPU") for requirement in judged]
        if no_slower_than is not None:
            other = given.emit(no_slower_than)[MODEL_FILE]
            requirements.append(judge_speed(runner, other, no_slower_than, given.options))
    certificate = {**staged.certificate, "run": runner.origin, "on_gpu": facts}
    return replace(staged, requirements=staged.requirements + requirements, certificate=certificate)
