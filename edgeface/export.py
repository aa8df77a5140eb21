"""The main job: checkpoint → graph → passes → legalize → calibrate → plan → emit → gate → artifact."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path

from edgeface.backends import target
from edgeface.backends.target import IO_TYPES
from edgeface.compile.build import build
from edgeface.compile.calibrate import calibrate
from edgeface.compile.job import BuildOptions, Job
from edgeface.compile.recipe import Recipe, read_recipe, recipe_for
from edgeface.compile.request import ExportRequest
from edgeface.compile.source import Declared, Image, open_source
from edgeface.contracts import Contract, recognition
from edgeface.core.artifact import MANIFEST, Artifact
from edgeface.core.progress import step
from edgeface.core.staging import move_into_place, staging
from edgeface.cost.record import own_biases
from edgeface.errors import InputError
from edgeface.evaluation.certificate import LabelledFaces
from edgeface.evaluation.labels import read_labelled
from edgeface.graph.onnx_reader import read_onnx
from edgeface.images.split import Images, choose_images, read_images, spread
from edgeface.inference.detector import Detector
from edgeface.inference.recognizer import Recognizer
from edgeface.models import family
from edgeface.passes import run_passes
from edgeface.report.command import export_command
from edgeface.report.of_export import ExportReports
from edgeface.samples.stand_in import composed_where_missing
from edgeface.tasks.recognition.pairs import find_images, read_pairs
from edgeface.validate.inputs import aligned_faces

COLORS = ("bgr", "rgb")
PROBES = 16


def export(request: ExportRequest) -> list[Artifact]:
    """Compile a model for every target, prove each result, and write all of them or none.

    Raises:
        InputError, CheckpointError, ContractError, GraphError: something given cannot be used.
        GateError: a result is not good enough; nothing is written.
    """
    recipe = _recipe(request)
    chosen = [target(name) for name in dict.fromkeys(request.targets)]
    for wanted in chosen:
        if wanted.finish is not None:
            wanted.finish.check(request.engines, wanted.name)
    places = [_place(request.out / f"{recipe.model}-{wanted.name}") for wanted in chosen]
    detector = None if request.detector is None else Detector(Artifact.open(request.detector))
    recognizer = None if request.recognizer is None else Recognizer(Artifact.open(request.recognizer))
    with _images(request, recipe) as images, staging(request.out) as folder:
        with step("loading the network"):
            source = open_source(_declared(request, recipe), list(_probes(images)))
        with step("reading and simplifying the graph"):
            defined = read_onnx(source.onnx, recipe.model)
            graph = run_passes(defined)
        options = BuildOptions(request.io, request.integer_only, request.statistics, request.save_statistics)
        job = Job(
            source,
            graph,
            own_biases(defined),
            recipe,
            images,
            options,
            detector,
            _labelled(request, source.contract, detector),
            recognizer,
            None if request.labels is None else read_labelled(request.labels, request.label_images or request.labels),
            request.engines,
        )
        reports = ExportReports(job, request.report, partial(export_command, request))
        stats = calibrate(job) if any(wanted.scheme for wanted in chosen) else None
        staged = [reports.prove(build(job, wanted, stats), folder) for wanted in chosen]
        reports.write(folder)
        move_into_place(list(zip(staged, places, strict=True)))
    return [Artifact.open(place) for place in places]


def _recipe(request: ExportRequest) -> Recipe:
    """The recipe, after everything that can be refused at once."""
    if request.io not in IO_TYPES:
        raise InputError(f"unknown --io {request.io!r}", fix=f"use one of {', '.join(IO_TYPES)}")
    if request.color is not None and request.color not in COLORS:
        raise InputError(f"unknown --color {request.color!r}", fix=f"use one of {', '.join(COLORS)}")
    if request.statistics is not None and request.save_statistics is not None:
        raise InputError(
            "--statistics and --save-statistics exclude each other", fix="statistics in use are saved already"
        )
    if not request.targets:
        raise InputError("no target named", fix="pass --target, e.g. tflite-int8")
    if request.model.endswith(".onnx"):
        raise InputError(
            "a bare ONNX file does not say its contract",
            where=request.model,
            fix="export from the checkpoint: pass the model's name and --weights FILE",
        )
    return read_recipe(Path(request.model)) if request.model.endswith(".toml") else recipe_for(request.model)


def _images(request: ExportRequest, recipe: Recipe) -> AbstractContextManager[Images]:
    """What calibrates and what judges."""
    chosen = choose_images(request.calibration, request.judge, recipe.quantize.calibration_images)
    if request.weights is not None or request.seed is not None:
        return nullcontext(chosen)
    return composed_where_missing(chosen, family(recipe.model).task, recipe.quantize.calibration_images)


def _place(folder: Path) -> Path:
    """Where an artifact is to stand: nothing, an empty folder, or an artifact that it replaces."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise InputError("a file stands where the artifact is to be written", where=str(folder), fix="move it away")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MANIFEST).is_file():
        fix = "move the folder away, or pass another --out"
        raise InputError("the folder to write to holds something that is no artifact", where=str(folder), fix=fix)
    return folder


def _declared(request: ExportRequest, recipe: Recipe) -> Declared:
    size = request.input_size
    if size is None and recipe.input is not None:
        size = (recipe.input.height, recipe.input.width)
    variant = request.variant if request.variant is not None else recipe.variant
    return Declared(recipe.model, request.weights, variant, request.color, size, request.seed)


def _labelled(request: ExportRequest, contract: Contract, detector: Detector | None) -> LabelledFaces | None:
    """The faces of the pairs that judge a recognizer."""
    if request.pairs is None:
        return None
    if request.pair_images is None:
        raise InputError("pairs need their images", where=str(request.pairs), fix="pass --pair-images DIR")
    pairs = read_pairs(request.pairs)
    files = find_images(pairs, request.pair_images)
    faces = aligned_faces(list(files.values()), "aligning the pairs' faces", recognition(contract), detector)
    return LabelledFaces(pairs, dict(zip(files, faces, strict=True)))


def _probes(images: Images) -> Iterator[Image]:
    """Images to infer or check the contract on."""
    files = images.calibrate or images.judge
    if not files or images.composed:
        return iter(())
    chosen = spread(files, PROBES)
    rest = {*images.calibrate, *images.judge}.difference(chosen)
    return read_images(chosen, "reading images", sorted(rest))
