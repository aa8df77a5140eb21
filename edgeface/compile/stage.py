"""Staging of judged models as artifact folders, or the gate's error."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from edgeface.backends import runtime_named
from edgeface.compile.build import Built
from edgeface.compile.finishing import finishing
from edgeface.compile.job import Job
from edgeface.compile.judge_built import Judged
from edgeface.compile.recipe_effective import record_of
from edgeface.compile.recipe_text import RECIPE, recipe_text
from edgeface.compile.refusal import refusal, refused_as
from edgeface.core.artifact import CERTIFICATE, MANIFEST, Manifest, sha256_hex, write_json
from edgeface.core.certificate import Certificate
from edgeface.core.versions import versions
from edgeface.core.writing import fill_file, make_folders
from edgeface.errors import GateError
from edgeface.validate.measure import Measured


@dataclass(frozen=True)
class Staged:
    """An artifact's folder before it is moved to its final path, with its manifest and certificate.

    `refusal` is the gate's error where the model is not good enough: the folder then only serves a report. `measured`
    are the measurements beyond its agreement, as values, for reports.
    """

    folder: Path
    built: Built
    manifest: Manifest
    certificate: Certificate
    refusal: GateError | None = None
    measured: tuple[Measured, ...] = ()


def write_model(job: Job, built: Built, folder: Path) -> Path:
    """The path of the file that a runtime opens, after writing a built model into its temporary artifact folder."""
    staged = folder / f"{job.recipe.model}-{built.target.name}"
    make_folders(staged, "the model")
    return built.write(staged)


def stage(job: Job, judged: Judged) -> Staged:
    """The staged artifact: manifest and certificate next to the model, and its finish.

    Args:
        job: the export.
        judged: the model, in its temporary folder.
    """
    built, findings = judged.built, judged.findings
    if not findings.passed:
        return replace(_write(job, judged), refusal=refusal(job, judged))
    finish = built.target.finish
    if finish is None:
        return _write(job, judged)
    engines = finish.build(finishing(job, judged))
    findings = findings.requiring(*engines.requirements)
    staged = _write(job, replace(judged, findings=findings), engines.manifest, engines.certificate)
    if findings.passed:
        return staged
    return replace(staged, refusal=refused_as(replace(judged, findings=findings), *finish.failed))


def _write(
    job: Job, judged: Judged, facts: dict[str, Any] | None = None, engines: dict[str, Any] | None = None
) -> Staged:
    folder = judged.model.parent
    told = job.source.provenance.get("contract", {}).get("fields")
    certificate = judged.certificate(job.source.reference.name).model_copy(
        update={"engines": engines, "contract": told}
    )
    manifest = _manifest(job, judged).model_copy(update={"engines": facts})
    write_json(folder / CERTIFICATE, certificate.as_dict())
    write_json(folder / MANIFEST, manifest.model_dump(mode="json"))
    if judged.repair is not None and judged.repair.changed:
        text = recipe_text(job.recipe, f"{job.recipe.model} for {judged.built.target.name}.\n{judged.repair.summary}")
        fill_file(folder / RECIPE, text, "the recipe")
    return Staged(folder, judged.built, manifest, certificate, measured=judged.measured)


def _manifest(job: Job, judged: Judged) -> Manifest:
    built = judged.built
    hashes = {name: sha256_hex(data) for name, data in built.files.items()}
    return Manifest(
        name=job.recipe.model,
        target=built.target.name,
        model_file=built.target.model_file,
        model_sha256=hashes[built.target.model_file],
        model_bytes=sum(map(len, built.files.values())),
        files=hashes,
        layout=built.target.layout,
        io=built.io,
        macs=job.graph.macs(),
        contract=job.source.contract,
        sources={**job.source.provenance, **job.images.provenance()},
        versions=versions(*runtime_named(built.target.runtime).distributions),
        quantization=_quantization(judged),
        recipe=record_of(job.recipe, job.recipe_name or job.recipe.model),
    )


def _quantization(judged: Judged) -> dict[str, Any] | None:
    """The record of quantization, with what a repair changed."""
    found, repair = judged.built.quantization, judged.repair
    if found is None or repair is None or not repair.changed:
        return found
    return {**found, "repair": {"changed": list(repair.changed), "summary": repair.summary}}
