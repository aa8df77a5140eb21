"""Artifacts that no gate judged, of what a recipe would refuse, or of too few images to judge on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from edgeface.backends import target as target_named
from edgeface.compile.build import build
from edgeface.compile.job import BuildOptions, Job
from edgeface.compile.open_source import open_source
from edgeface.compile.recipe import recipe_for
from edgeface.compile.source import Declared
from edgeface.core.artifact import MANIFEST, Artifact, Manifest, sha256_hex, write_json
from edgeface.graph.onnx_reader import read_onnx
from edgeface.images.split import Images
from edgeface.inference.detector import Detector
from edgeface.passes import run_passes


def build_ungated(
    folder: Path,
    declared: Declared,
    target: str,
    options: BuildOptions | None,
    images: Sequence[Path],
    detector: Detector | None,
) -> Artifact:
    """The artifact of a declared source, in an empty folder.

    Args:
        folder: where it is written.
        declared: the source.
        target: the target's name.
        options: None for the recipe's own.
        images: files that calibrate; none for synthetic ones.
        detector: finds the faces in a recognizer's images.
    """
    source = open_source(declared, [])
    graph = run_passes(read_onnx(source.onnx, declared.model))
    given = BuildOptions() if options is None else options
    job = Job(source, graph, {}, recipe_for(declared.model), Images(tuple(images)), given, detector)
    built = build(job, target_named(target))
    model = built.write(folder)
    manifest = Manifest(
        name=declared.model,
        target=target,
        model_file=model.name,
        model_sha256=sha256_hex(model.read_bytes()),
        model_bytes=model.stat().st_size,
        layout=built.target.layout,
        io=built.io,
        macs=1_000_000,
        contract=source.contract,
        sources={},
        versions={},
        quantization=built.quantization,
    )
    write_json(folder / MANIFEST, manifest.model_dump(mode="json"))
    return Artifact.open(folder)
