"""The engines of a TensorRT target: built beside its typed ONNX, and run where there is a GPU for them."""

from __future__ import annotations

from dataclasses import replace

from edgeface.backends import target
from edgeface.backends.float_io import FloatRunner
from edgeface.backends.tensorrt.on_gpu import engine_here, judge_speed
from edgeface.backends.tensorrt.stage import StagedEngines, stage_engines
from edgeface.compile.build import build
from edgeface.compile.job import Job
from edgeface.compile.judge_built import Judged, open_judge
from edgeface.tasks import task_of
from edgeface.validate.gate import judge
from edgeface.validate.judge import Candidate


def engines_of(job: Job, judged: Judged) -> StagedEngines:
    """What was built, with what it does on images where there is a GPU for it.

    Raises:
        InputError, GraphError, RuntimeFailure: an engine cannot be built or run.
    """
    built, folder = judged.built, judged.model.parent
    engines = stage_engines(built.model, folder, job.engines, built.target.name)
    runner = engine_here(folder)
    if runner is None:
        return engines
    with runner, open_judge(job, f"judging {built.target.name} on the GPU") as on_gpu:
        (found,) = on_gpu.score([Candidate(FloatRunner(runner, built.target.layout).run)])
        task = task_of(job.source.contract)
        requirements = [
            replace(requirement, what=f"{requirement.what}, on the GPU")
            for requirement in judge(judged.limits, found.tensors, found.decisions, task)
        ]
        if built.target.scheme is not None:
            half = build(job, target("tensorrt-fp16")).model
            requirements.append(judge_speed(runner, half, "tensorrt-fp16", job.engines))
        ran = {**engines.certificate, "run": runner.origin, "on_gpu": found.comparison().model_dump(mode="json")}
    return replace(engines, requirements=engines.requirements + requirements, certificate=ran)
