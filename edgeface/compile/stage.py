"""Staging of judged models as artifact folders, or the gate's error."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from edgeface.backends import runtime_named
from edgeface.compile.build import Built
from edgeface.compile.finishing import finishing
from edgeface.compile.job import Job
from edgeface.compile.judge_built import Judged, open_judge
from edgeface.compile.recipe_effective import record_of
from edgeface.compile.recipe_text import RECIPE, recipe_text
from edgeface.core.artifact import CERTIFICATE, MANIFEST, Manifest, sha256_hex, write_json
from edgeface.core.certificate import Certificate
from edgeface.core.versions import versions
from edgeface.core.writing import fill_file, make_folders
from edgeface.errors import GateError
from edgeface.validate.layerwise import explain, layer_agreement
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
        return replace(_write(job, judged), refusal=_refusal(judged, _where(job, judged), _advice(judged)))
    finish = built.target.finish
    if finish is None:
        return _write(job, judged)
    engines = finish.build(finishing(job, judged))
    findings = findings.requiring(*engines.requirements)
    staged = _write(job, replace(judged, findings=findings), engines.manifest, engines.certificate)
    if findings.passed:
        return staged
    return replace(staged, refusal=_refusal(replace(judged, findings=findings), *finish.failed))


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


def _refusal(judged: Judged, where: str, fix: str) -> GateError:
    missed = [each for each in judged.findings.requirements if each.missed]
    failed = "; ".join(f"{each.what}: {each.measured}, required {each.limit}" for each in missed)
    name = judged.built.target.name
    return GateError(f"{name} is not good enough: {failed}", where=where, fix=fix, repair=judged.repair)


def _where(job: Job, judged: Judged) -> str:
    """The first bad tensor, on the first image."""
    built = judged.built
    feeds = open_judge(job, "the first bad tensor").first_tensor()
    return explain(layer_agreement(built.exact, judged.model, feeds, runtime_named(built.target.runtime)))


def _advice(judged: Judged) -> str:
    if judged.built.quantization is None and judged.built.target.rounds:
        return "this target rounds to 16 bits: export its float32 target, or relax [gates] knowingly"
    if judged.built.quantization is None:
        return "this target does not approximate: report this with the model and the versions"
    if judged.repair is not None:
        return (
            "calibrate on more images like the device's, allow more time (--max-slowdown), search on with "
            "--effort max, or relax [gates] knowingly"
        )
    return (
        "calibrate on more images like the device's, keep the nodes named above in float "
        "([quantize.keep_float] in the recipe), or relax [gates] knowingly"
    )
