"""Prove a built model in its real runtime, and stage it as an artifact folder with manifest and certificate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from edgeface.backends import runtime_named, target
from edgeface.backends.finish import Finished, Finishing
from edgeface.backends.float_io import FloatRunner
from edgeface.backends.runtime import Runner
from edgeface.backends.versions import versions
from edgeface.compile.build import Built, build
from edgeface.compile.job import Job
from edgeface.contracts import DetectionContract, recognition
from edgeface.core.artifact import CERTIFICATE, MANIFEST, Manifest, sha256_hex, write_json
from edgeface.core.requirement import Requirement
from edgeface.core.thresholds import Thresholds
from edgeface.errors import GateError
from edgeface.evaluation.certificate import IdentityChange, identity_change
from edgeface.evaluation.landmark_cost import LandmarkCost, landmark_cost
from edgeface.evaluation.precision_change import PrecisionChange, precision_change
from edgeface.tasks.agreement import Image, view
from edgeface.validate.compare import Findings, Watch, compare
from edgeface.validate.gate import judge
from edgeface.validate.inputs import synthetic_for, task_images
from edgeface.validate.layerwise import explain, layer_agreement
from edgeface.validate.verdict import judge_model

SYNTHETIC_IMAGES = 4


def prove(job: Job, built: Built, folder: Path, watch: Watch | None = None) -> Path:
    """Stage an artifact in `folder` if it passes the gate.

    Args:
        job: what is exported.
        built: the model.
        folder: a temporary folder; the artifact's is made in it. After a refusal it holds the manifest and what was
            measured until then, for a report.
        watch: looks on while the decisions that judge the artifact are compared.

    Raises:
        GateError: it does not; the failed requirements and the first bad tensor are named.
    """
    staged = folder / f"{job.recipe.model}-{built.target.name}"
    staged.mkdir()
    model = built.write(staged)
    contract = job.source.contract
    limits = job.recipe.thresholds(built.target.name, contract.variant, _integer_only(job, built))
    findings, kernels = judged(job, built, model, limits, watch)
    identities, precision = _identities(job, built, model), _precision(job, built, model)
    requirements = judge_decisions(limits, identities, precision)
    findings = replace(findings, requirements=findings.requirements + requirements)
    if not findings.passed:
        _write(job, built, staged, certificate(built, findings, kernels, limits))
        raise _refused(job, built, findings, model)
    engines = _engines(job, built, staged, limits)
    if engines is not None:
        findings = replace(findings, requirements=findings.requirements + engines.requirements)
    document = certificate(built, findings, kernels, limits)
    if engines is not None:
        document["engines"] = engines.certificate
    if not findings.passed:
        _write(job, built, staged, document)
        raise _refused_engines(built, findings)
    cost = _landmark_cost(job, built, model)
    further: dict[str, Any] = {}
    if identities is not None:
        further |= {"verification": identities.as_dict(), "threshold": identities.threshold}
    if precision is not None:
        further["average_precision"] = precision.as_dict()
    if cost is not None:
        further["identity"] = cost.as_dict()
    if further:
        document["decisions"] = {**(document["decisions"] or {}), **further}
    _write(job, built, staged, document, engines.manifest if engines else None)
    return staged


def _write(
    job: Job, built: Built, staged: Path, document: dict[str, Any], engines: dict[str, Any] | None = None
) -> None:
    if "judged_on" in job.images.composed:
        document = {**document, "kind": "composed"}
    write_json(staged / CERTIFICATE, document)
    manifest = _manifest(job, built).model_copy(update={"engines": engines})
    write_json(staged / MANIFEST, manifest.model_dump(mode="json"))


def judged(
    job: Job, built: Built, model: Path, limits: Thresholds, watch: Watch | None = None
) -> tuple[Findings, dict[str, Any]]:
    """Compare a model file with the fp32 network, and judge it."""
    runner, contract = _runner(built, model), job.source.contract
    images = _images(job, built.target.name)
    findings = compare(job.source.run, runner.run, contract, images, bool(job.images.judge), watch)
    return judge_model(findings, limits, model, runtime_named(built.target.runtime))


def _runner(built: Built, model: Path) -> FloatRunner:
    """A model file in the runtime that proves it."""
    return FloatRunner(runtime_named(built.target.runtime).open(model, 1), built.target.layout)


def _identities(job: Job, built: Built, model: Path) -> IdentityChange | None:
    """What the build did to verification, where there are pairs."""
    if job.labelled is None:
        return None
    runner = _runner(built, model)
    return identity_change(job.labelled, recognition(job.source.contract), job.source.run, runner.run)


def _landmark_cost(job: Job, built: Built, model: Path) -> LandmarkCost | None:
    """What the landmark errors of a detector cost in identity, where there are a recognizer and images."""
    contract = job.source.contract
    if job.recognizer is None or not job.images.judge or not isinstance(contract, DetectionContract):
        return None
    runner = _runner(built, model)
    images = _images(job, f"identities by {built.target.name}")
    return landmark_cost(contract, job.source.run, runner.run, job.recognizer, images)


def _precision(job: Job, built: Built, model: Path) -> PrecisionChange | None:
    """What the build did to a detector's average precision, where there are labels."""
    contract = job.source.contract
    if job.scenes is None or not isinstance(contract, DetectionContract):
        return None
    runner = _runner(built, model)
    return precision_change(job.scenes, contract, job.source.run, runner.run)


def _engines(job: Job, built: Built, staged: Path, limits: Thresholds) -> Finished | None:
    """What the target builds beyond the model, judged where it can be run."""
    finish = built.target.finish
    if finish is None:
        return None

    def judge_runner(runner: Runner, name: str) -> tuple[list[Requirement], dict[str, Any]]:
        network = FloatRunner(runner, built.target.layout).run
        found = compare(job.source.run, network, job.source.contract, _images(job, name), bool(job.images.judge))
        return judge(limits, found.tensors, found.decisions), found.as_dict()

    return finish.build(
        Finishing(
            target=built.target.name,
            files=built.files,
            folder=staged,
            options=job.engines,
            judge=judge_runner,
            emit=lambda name: build(job, target(name)).files,
        )
    )


def judge_decisions(
    limits: Thresholds, identities: IdentityChange | None, precision: PrecisionChange | None
) -> list[Requirement]:
    """The requirements on labelled images, where the thresholds make them and there are labels."""
    accuracy = None if identities is None else identities.accuracy_drop_points
    judged = [
        ("accuracy lost in verification", limits.accuracy_drop_points, accuracy),
        (
            "average precision lost",
            limits.precision_drop_points,
            None if precision is None else precision.worst_drop_points,
        ),
    ]
    return [
        Requirement(what, f"≤ {limit:g} points", f"{round(drop, 2) + 0.0:.2f} points", drop <= limit)
        for what, limit, drop in judged
        if limit is not None and drop is not None
    ]


def certificate(built: Built, findings: Findings, kernels: dict[str, Any], limits: Thresholds) -> dict[str, Any]:
    """What was measured, deterministic for the same inputs."""
    return {
        "target": built.target.name,
        "reference": "torch float32",
        **findings.as_dict(),
        "thresholds": limits.model_dump(exclude_none=True),
        "kernels": kernels,
        "versions": versions([runtime_named(built.target.runtime)]),
    }


def _images(job: Job, name: str) -> Iterable[Image]:
    if job.images.judge:
        return task_images(job.images.judge, f"judging {name}", job.source.contract, job.detector)
    return synthetic_for(job.source.contract, SYNTHETIC_IMAGES, f"judging {name} on synthetic images")


def _integer_only(job: Job, built: Built) -> bool:
    return job.options.integer_only and built.quantization is not None


def _refused(job: Job, built: Built, findings: Findings, model: Path) -> GateError:
    image = next(iter(_images(job, "the first bad tensor")))
    contract = job.source.contract
    feeds = {contract.input.name: view(image, contract).tensor}
    layers = layer_agreement(built.exact, model, feeds, runtime_named(built.target.runtime))
    return GateError(_failed(built, findings), where=explain(layers), fix=_advice(built))


def _refused_engines(built: Built, findings: Findings) -> GateError:
    """The model is good enough, and what was built from it is not."""
    assert built.target.finish is not None
    where, fix = built.target.finish.failed
    return GateError(_failed(built, findings), where=where, fix=fix)


def _failed(built: Built, findings: Findings) -> str:
    failed = [f"{d.what}: {d.measured}, required {d.limit}" for d in findings.requirements if not d.met]
    return f"{built.target.name} is not good enough: {'; '.join(failed)}"


def _advice(built: Built) -> str:
    if built.quantization is None:
        return "this target does not approximate: report this with the model and the versions"
    return (
        "calibrate on more images like the device's own, keep the nodes named above in float "
        "([quantize.keep_float] in the recipe), or relax [gates] knowingly"
    )


def _manifest(job: Job, built: Built) -> Manifest:
    return Manifest(
        name=job.recipe.model,
        target=built.target.name,
        model_file=built.target.model_file,
        model_sha256=sha256_hex(built.model),
        model_bytes=sum(map(len, built.files.values())),
        files={name: sha256_hex(data) for name, data in built.files.items()},
        layout=built.target.layout,
        io=built.io,
        macs=job.graph.macs(),
        contract=job.source.contract,
        sources={**job.source.provenance, **job.images.provenance()},
        versions=versions([runtime_named(built.target.runtime)]),
        quantization=built.quantization,
    )
