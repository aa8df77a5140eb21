"""Jobs from requests and images: open the source, optimize its graph, prepare the measurements."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache

from edgeface.backends import target
from edgeface.backends.onnx.runner import OrtRunner
from edgeface.compile.job import BuildOptions, Job
from edgeface.compile.open_source import open_source
from edgeface.compile.recipe import Recipe
from edgeface.compile.request import ExportRequest
from edgeface.compile.requested import recipe_name
from edgeface.compile.source import Declared
from edgeface.contracts import Contract, detection, recognition
from edgeface.core.artifact import Artifact
from edgeface.core.progress import step
from edgeface.cost.record import own_biases
from edgeface.errors import InputError
from edgeface.evaluation.identity_change import IdentityMeasure, LabeledFaces
from edgeface.evaluation.labels import read_labeled
from edgeface.evaluation.landmark_cost import LandmarkObserver
from edgeface.evaluation.precision_change import PrecisionMeasure
from edgeface.graph.ir import Graph
from edgeface.graph.onnx_reader import read_onnx
from edgeface.graph.onnx_writer import write_onnx
from edgeface.graph.types import Array
from edgeface.images.split import Images, read_images, spread
from edgeface.inference.detector import Detector
from edgeface.inference.recognizer import Recognizer
from edgeface.passes import run_passes
from edgeface.tasks import task_of
from edgeface.tasks.detection.detect import decoding_of
from edgeface.tasks.recognition.pairs import find_images, read_pairs
from edgeface.tasks.recognition.similarity import check_alignable
from edgeface.tasks.task import Image
from edgeface.validate.inputs import subjects
from edgeface.validate.measure import Measure, MeasuringObserver
from edgeface.validate.reference import Network

PROBES = 16


def open_job(request: ExportRequest, recipe: Recipe, images: Images) -> Job:
    """The job of a request, with everything that building and judging need.

    Args:
        request: the request.
        recipe: the recipe.
        images: images that calibrate and images that judge.

    Raises:
        InputError, CheckpointError, ContractError, GraphError: an input cannot be used.
    """
    detector = None if request.detector is None else Detector(Artifact.open(request.detector))
    if detector is not None:
        check_alignable(detector.landmark_count, f"--detector {request.detector}")
    recognizer = None if request.recognizer is None else Recognizer(Artifact.open(request.recognizer))
    with step("loading the network"):
        find = None if detector is None else detector.detect
        source = open_source(_declared(request, recipe), list(_probes(images)), find)
    if detector is not None and not task_of(source.contract).of_faces:
        raise InputError(
            f"--detector finds the faces for a recognizer, this is for {source.contract.task}",
            where="--detector",
            fix="leave it out",
        )
    with step("reading and simplifying the graph"):
        defined = read_onnx(source.onnx, recipe.model, own=source.own)
        graph = run_passes(defined)
    return Job(
        replace(source, reference=replace(source.reference, twin=_twin(graph))),
        graph,
        own_biases(defined),
        recipe,
        images,
        _build_options(request),
        detector,
        tuple(_measures(request, recipe, source.contract, detector)),
        _observers(source.contract, images, recognizer),
        recipe_name(request, task_of(source.contract).name),
        request.engines,
        engine=request.engine,
    )


def _build_options(request: ExportRequest) -> BuildOptions:
    files = request.statistics, request.save_statistics
    return BuildOptions(request.io, request.integer_only, *files, request.device, request.winograd)


def _twin(graph: Graph) -> Network:
    """The graph in ONNX Runtime, a quarter of torch's time; opened by the first run, since float targets need none."""
    opened = cache(lambda: OrtRunner(write_onnx(graph)))

    def run(feeds: Mapping[str, Array]) -> Mapping[str, Array]:
        return opened().run(feeds)

    return run


def _declared(request: ExportRequest, recipe: Recipe) -> Declared:
    size = request.input_size
    if size is None and recipe.input is not None:
        size = (recipe.input.height, recipe.input.width)
    variant = request.variant if request.variant is not None else recipe.variant
    onnx, contract = request.onnx_file, request.contract
    cut = not request.keep_decode and any(target(name).scheme is not None for name in request.targets)
    return Declared(recipe.model, request.weights, variant, request.color, size, request.seed, onnx, contract, cut)


def _measures(
    request: ExportRequest, recipe: Recipe, contract: Contract, detector: Detector | None
) -> Iterator[Measure]:
    if request.pairs is not None:
        gates = [recipe.thresholds(name, contract.variant, request.integer_only) for name in request.targets]
        noise = any(gate.noise_factor is not None for gate in gates)
        yield IdentityMeasure(_labeled_faces(request, contract, detector), recognition(contract, "--pairs"), noise)
    if request.labels is not None:
        yield PrecisionMeasure(
            read_labeled(request.labels, request.label_images or request.labels), detection(contract, "--labels")
        )


def _observers(
    contract: Contract, images: Images, recognizer: Recognizer | None
) -> tuple[Callable[[], MeasuringObserver], ...]:
    if recognizer is None:
        return ()
    check_alignable(decoding_of(detection(contract, "--recognizer")).landmark_count(), "--recognizer")
    if not images.judge:
        raise InputError(
            "--recognizer measures on images, and there are none", where="--recognizer", fix="pass --judge DIR too"
        )
    return (lambda: LandmarkObserver(recognizer),)


def _labeled_faces(request: ExportRequest, contract: Contract, detector: Detector | None) -> LabeledFaces:
    """The faces of the pairs that judge a recognizer."""
    assert request.pairs is not None
    if request.pair_images is None:
        raise InputError("pairs need their images", where=str(request.pairs), fix="pass --pair-images DIR")
    pairs = read_pairs(request.pairs)
    files = find_images(pairs, request.pair_images)
    faces = subjects(list(files.values()), "aligning the pairs' faces", recognition(contract, "--pairs"), detector)
    return LabeledFaces(pairs, dict(zip(files, faces, strict=True)))


def _probes(images: Images) -> Iterator[Image]:
    """Images to infer or check the contract on."""
    files = images.calibrate or images.judge
    if not files or images.composed:
        return iter(())
    chosen = spread(files, PROBES)
    rest = {*images.calibrate, *images.judge}.difference(chosen)
    return read_images(chosen, "reading images", sorted(rest))
