"""What is analyzed, opened: the job that builds it, and an artifact's own model."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from edgeface.analysis.request import AnalyzeRequest
from edgeface.backends import target
from edgeface.backends.target import Target
from edgeface.compile.export_images import export_images
from edgeface.compile.job import BuildOptions, Job
from edgeface.compile.open_job import open_job
from edgeface.compile.recipe import Recipe, recipe_for
from edgeface.compile.requested import requested_recipe
from edgeface.compile.source import Source
from edgeface.core.artifact import Artifact
from edgeface.core.progress import step
from edgeface.cost.record import own_biases
from edgeface.errors import InputError
from edgeface.graph.ir import Graph
from edgeface.graph.onnx_reader import read_onnx
from edgeface.images.split import Images
from edgeface.inference.detector import Detector
from edgeface.models import family
from edgeface.models.network import CheckpointNetworks, seeded_onnx
from edgeface.models.onnx_file import as_in_file, is_onnx_file, open_onnx
from edgeface.passes import run_passes
from edgeface.quantize.settings import QuantizeSettings
from edgeface.tasks import task_of
from edgeface.validate.reference import reference_of, weights_of

_KEPT = ("weights", "seed", "contract")


@dataclass(frozen=True)
class Subject:
    """A job for an integer target; `artifact` is the one to analyze, None where the job's own model is."""

    job: Job
    target: Target
    artifact: Artifact | None = None

    @property
    def name(self) -> str:
        """As reports name it."""
        return self.job.recipe.model


@contextmanager
def open_subject(request: AnalyzeRequest) -> Iterator[Subject]:
    """The subject of a request, with its images while the context lasts.

    Raises:
        EdgefaceError: an input cannot be used.
    """
    request.check()
    if request.artifact is not None:
        with _of_artifact(Artifact.open(request.artifact), request) as subject:
            yield subject
        return
    if request.reference is not None:
        raise InputError("--reference is for artifacts", where="--reference", fix="leave it out, or pass --weights")
    wanted, export = _integer(target(request.target), "--target"), request.export()
    recipe = requested_recipe(export)
    with export_images(export, recipe) as images:
        yield Subject(open_job(export, recipe, images), wanted)


def _integer(wanted: Target, where: str) -> Target:
    if wanted.scheme is None:
        raise InputError(
            f"{wanted.name} computes in float: there is no quantization to analyze",
            where=where,
            fix="pass an integer target or an artifact of one; `edgeface parity` compares float artifacts",
        )
    return wanted


@contextmanager
def _of_artifact(artifact: Artifact, request: AnalyzeRequest) -> Iterator[Subject]:
    for option, value in (
        ("--contract", request.contract),
        ("--variant", request.variant),
        ("--color", request.color),
        ("--input", request.input_size),
        ("--seed", request.seed),
    ):
        if value is not None:
            raise InputError(f"{option} is for models: an artifact has its own", where=option, fix="leave it out")
    wanted = _integer(target(artifact.manifest.target), str(artifact.folder))
    with step("loading the network"):
        source = _source(artifact, request)
    if request.detector is not None and not task_of(source.contract).of_faces:
        raise InputError("--detector is for recognizers", where="--detector", fix="leave it out")
    detector = None if request.detector is None else Detector(Artifact.open(request.detector))
    defined = read_onnx(source.onnx, artifact.manifest.name, own=source.own)
    graph = run_passes(defined)
    recipe = _recipe(artifact, graph)
    with _images(artifact, request, recipe) as images:
        integer_only = bool((artifact.manifest.quantization or {}).get("integer_only"))
        options = BuildOptions(artifact.manifest.io, integer_only, device=request.device)
        job = Job(source, graph, own_biases(defined), recipe, images, options, detector)
        yield Subject(job, wanted, artifact)


@contextmanager
def _images(artifact: Artifact, request: AnalyzeRequest, recipe: Recipe) -> Iterator[Images]:
    """The given images; composed ones for sample weights where none are given."""
    sample = artifact.manifest.sources.get("weights", {}).get("sample", False)
    export = replace(
        request.export(), model=artifact.contract.family, weights=None if sample else artifact.folder, seed=None
    )
    with export_images(export, recipe) as images:
        yield images


def _source(artifact: Artifact, request: AnalyzeRequest) -> Source:
    """The network that an artifact was made from, with the artifact's contract."""
    contract, sources = artifact.contract, artifact.manifest.sources
    weights = weights_of(artifact, request.weights, request.reference)
    reference = reference_of(artifact, weights, request.reference)
    if request.reference is not None:
        onnx = _onnx_of(Artifact.open(request.reference))
    elif weights is None:
        onnx = seeded_onnx(family(contract.family), contract, int(sources["seed"]))
    elif sources["weights"].get("format") == "onnx":
        onnx = open_onnx(weights, as_in_file(contract, sources["weights"]))
    else:
        onnx = CheckpointNetworks(family(contract.family), weights).onnx(contract)
    kept: dict[str, Any] = {name: value for name, value in sources.items() if name in _KEPT}
    return Source(contract, onnx, reference, kept)


def _onnx_of(other: Artifact) -> bytes:
    """An fp32 artifact's network."""
    if not is_onnx_file(other.model_path) or other.manifest.quantization:
        raise InputError(
            f"an analysis needs the network, which {other.manifest.target} does not hold as ONNX in float32",
            where=str(other.folder),
            fix="pass --weights FILE, or an onnx-fp32 artifact as --reference",
        )
    return open_onnx(other.model_path, other.contract)


def _recipe(artifact: Artifact, graph: Graph) -> Recipe:
    """The recipe that an artifact was made by, as its manifest tells."""
    told: Mapping[str, Any] = artifact.manifest.quantization or {}
    name = artifact.manifest.name
    try:
        algorithms = [(str(each["name"]), dict(each["parameters"])) for each in told["algorithms"]]
        settings = QuantizeSettings.model_validate(
            {
                "ranges": dict(told["ranges"]),
                "algorithms": tuple(each for each, _ in algorithms),
                "parameters": dict(algorithms),
                "calibration_images": recipe_for(name).quantize.calibration_images,
                "keep_float": _kept(told.get("kept_float") or {}, graph),
            }
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"the manifest does not say how the artifact was quantized: {str(error).splitlines()[0]}",
            where=str(artifact.folder),
            fix="export the artifact again, or analyze the model that it was made from",
        ) from error
    return Recipe(model=name, quantize=settings)


def _kept(reasons: Mapping[str, Any], graph: Graph) -> dict[str, str]:
    """Patterns of the nodes that an artifact computes in float, and why; what follows from them follows again."""
    origins = {node.output: node.origin for node in graph.nodes}
    named = {name: str(reason) for reason, names in reasons.items() for name in names}
    return {glob.escape(origins[name]): reason for name, reason in named.items() if origins.get(name)}
