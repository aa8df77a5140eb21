"""Fixtures for all tests."""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

# As the command line does: threads that wait by spinning are slow where tests share the cores.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
MARK_OF = {
    "shared_data": "real_data",
    "emulator": "emulation",
    "browser": "browser",
    "wheel": "wheel",
    "sdist": "wheel",
    "timed_artifact": "slow",
    "cluster": "slow",
}
"""By fixture, the mark of every test that uses it."""
LONG = tuple(sorted({*MARK_OF.values()}))
"""What starts first."""


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Twelve thousand tests stay to the end: looking for garbage among them took a quarter of collecting them."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark tests by what they use, before -m chooses; a worker starts with what takes long."""
    for item in items:
        for mark in {MARK_OF[name] for name in getattr(item, "fixturenames", ()) if name in MARK_OF}:
            item.add_marker(mark)
    if hasattr(config, "workerinput"):
        from scheduling import slow_first

        items[:] = slow_first(items, lambda item: any(item.get_closest_marker(mark) for mark in LONG))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """With -n, tests go to workers file by file."""
    from scheduling import ByFile

    return ByFile(config, log)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real checkpoints and images that stands beside the repository."""
    if DATA.is_dir():
        return DATA
    if os.environ.get("CI") == "true":
        pytest.fail("CI needs the test data: ../shared/data, beside the repository, is missing")
    pytest.skip("../shared/data is not here")


@pytest.fixture(scope="session")
def tensorrt():
    """The TensorRT that builds engines here; tests that ask for it are skipped only where there are no wheels of it."""
    from edgeface.backends.tensorrt.installed import INSTALL
    from edgeface.backends.tensorrt.library import load_library
    from edgeface.errors import InputError

    try:
        library = load_library()
    except InputError as error:
        if error.fix and error.fix.startswith(INSTALL):
            raise
        pytest.skip(error.what)
    return library


@pytest.fixture(scope="session")
def ahead_of_time(tensorrt):
    """The TensorRT here, where it builds engines for GPUs that are not here."""
    if not tensorrt.ahead_of_time:
        pytest.skip("TensorRT proper builds only for the GPU that is here")
    return tensorrt


@pytest.fixture
def detector_artifact(tmp_path: Path) -> Path:
    """An artifact that finds one face, at a fixed place with score 0.9, in whatever it is shown.

    Its input is 64×64; its contract the default one; the face is the prior at row 2, column 3 of
    stride 8 with side 32: center (28, 20) in input pixels.
    """
    from handmade import one_face

    return one_face(tmp_path)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory):
    """A small recognizer as a user's ONNX file, with its contract and images; see `small_recognizer`."""
    from small_recognizer import small_recognizer

    return small_recognizer(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="session")
def evaluate():
    """Run a graph in ONNX Runtime: (graph, feeds, *further values) → outputs by name."""
    from edgeface.backends.onnx.runner import OrtRunner
    from edgeface.graph.onnx_writer import write_onnx

    def run(graph, feeds, *further):
        model = write_onnx(graph, [*graph.outputs, *further]) if further else write_onnx(graph)
        return OrtRunner(model, optimize=False).run(feeds)

    return run


@pytest.fixture(scope="session")
def make_graph():
    """Build a graph of rows (op, inputs, output): `make_graph({"x": shape}, rows, {name: constant}, outputs)`."""
    from edgeface.graph.ir import Graph, Node, Value
    from edgeface.graph.types import TensorType

    def build(inputs, rows, constants=None, outputs=None):
        nodes = [Node(op, tuple(read.split()), (made,), made) for op, read, made in rows]
        values = [Value(name, TensorType(tuple(shape))) for name, shape in inputs.items()]
        return Graph.build("g", values, outputs or [rows[-1][2]], nodes, constants or {})

    return build


@pytest.fixture(scope="session")
def normal():
    """Deterministic float32 noise of a shape: `normal(*shape, seed=0, scale=1)`."""
    import numpy as np

    def draw(*shape, seed=0, scale=1.0):
        return (np.random.default_rng([seed, *shape]).normal(size=shape) * scale).astype(np.float32)

    return draw


@pytest.fixture(scope="session")
def observed():
    """Calibration statistics of a graph: `observed(graph, feeds, *needed)`."""
    from edgeface.backends.onnx.runner import OrtRunner
    from edgeface.quantize.observe import observe, observed_onnx
    from edgeface.quantize.statistics import STATISTICS

    def run(graph, feeds, *needed):
        return observe(graph, OrtRunner(observed_onnx(graph), optimize=False).run, feeds, needed or STATISTICS)

    return run


@pytest.fixture
def feeds(normal):
    """Ten images with correlated neighbours and a mean far from zero: `feeds(*shape, count=10)`."""
    import numpy as np

    def draw(*shape, count=10):
        images = [normal(*shape, seed=n) + np.roll(normal(*shape, seed=n), 1, -1) + 1.5 for n in range(count)]
        return [{"x": image} for image in images]

    return draw


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this session share."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shared"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def shared_export(shared_folder):
    """Artifacts of an `ExportRequest`, exported once for all tests and workers, to be read only."""
    from shared_exports import SharedExports

    exports = SharedExports(shared_folder)
    yield exports
    assert exports.changed() == [], "a test changed an artifact that others read: it must copy it first"


@pytest.fixture(scope="session")
def seeded_artifact(shared_export):
    """A shared artifact of a seeded network: `seeded_artifact(target, model, **further fields of a request)`.

    The detector's input is 64×96; the recognizer's variant `relu6-128`.
    """
    from edgeface.compile.report_options import ReportOptions
    from edgeface.compile.request import ExportRequest

    of_model = {"retinaface_mnet025": {"input_size": (64, 96)}, "mobilefacenet": {"variant": "relu6-128"}}

    def of(target="onnx-fp32", model="retinaface_mnet025", **options):
        given = {"seed": 1, "report": ReportOptions(latency=False), **of_model[model], **options}
        return shared_export(ExportRequest(model, (target,), **given))[0]

    return of


@pytest.fixture
def exported(seeded_artifact, tmp_path: Path) -> Path:
    """A folder with a seeded export to tflite-int8, to be changed at will."""
    folder = seeded_artifact("tflite-int8").folder
    shutil.copytree(folder, tmp_path / "exported" / folder.name)
    return tmp_path / "exported"


@pytest.fixture(scope="session")
def timed_artifact(seeded_artifact):
    """A seeded artifact whose latency was measured."""
    from edgeface.compile.report_options import ReportOptions

    return seeded_artifact("tflite-int8", report=ReportOptions(latency=True))


@pytest.fixture(scope="session")
def build_artifact(tmp_path_factory: pytest.TempPathFactory):
    """An artifact that no gate judged: `build_artifact(declared, target, options, images that calibrate, detector)`."""
    from ungated import build_ungated

    def build(declared, target="tflite-int8", options=None, images=(), detector=None):
        return build_ungated(tmp_path_factory.mktemp(target), declared, target, options, images, detector)

    return build


@pytest.fixture(scope="session")
def emulator():
    """The emulated devices, set up if they are not; the cache is kept between runs."""
    from edgeface.devices.install import install, installed

    install()
    return installed()


@pytest.fixture(scope="session")
def seeded_source():
    """The default network with seeded weights at 64×96, declared as `official`."""
    from edgeface.compile.open_source import open_source
    from edgeface.compile.source import Declared

    return open_source(Declared("retinaface_mnet025", input_size=(64, 96), seed=1), [])


@pytest.fixture(scope="session")
def seeded_files(seeded_source, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The network of `seeded_source` as files: "onnx" as torch wrote it, un-folded; the others in float32."""
    from edgeface.backends import target
    from edgeface.backends.target import EmitOptions
    from edgeface.cost.record import bias_record, own_biases
    from edgeface.graph.onnx_reader import read_onnx
    from edgeface.passes import run_passes
    from edgeface.quantize.plan import QuantPlan

    folder = tmp_path_factory.mktemp("seeded_files")
    defined = read_onnx(seeded_source.onnx)
    lowered = target("tflite-fp32")
    graph = run_passes(run_passes(defined), lowered.legalize)
    options = EmitOptions(metadata=bias_record(graph, own_biases(defined)))
    (folder / "model.onnx").write_bytes(seeded_source.onnx)
    (folder / "model.tflite").write_bytes(lowered.emit_model(graph, QuantPlan(), options))
    found = {"onnx": folder / "model.onnx", "tflite": folder / "model.tflite"}
    for kind in ("ncnn", "openvino"):
        wanted, place = target(f"{kind}-fp32"), folder / kind
        place.mkdir()
        for name, content in wanted.emit(run_passes(defined), QuantPlan(), EmitOptions()).items():
            (place / name).write_bytes(content)
        found[kind] = place / wanted.model_file
    return found


@pytest.fixture(scope="session")
def seeded_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint file of the default network whose weights are seeded: a real file that finds no faces."""
    import torch

    from edgeface.models import family

    found = family("retinaface_mnet025")
    path = tmp_path_factory.mktemp("weights") / "seeded.pth"
    torch.save(found.random(found.variants()["official"], 3).state_dict(), path)
    return path


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A folder of five synthetic images, 1.png to 5.png, 120×160."""
    import cv2

    from edgeface.images.synthetic import synthetic_images

    folder = tmp_path / "images"
    folder.mkdir()
    for index, image in enumerate(synthetic_images(5, seed=7), start=1):
        cv2.imwrite(str(folder / f"{index}.png"), image[::4, ::4])
    return folder


@pytest.fixture(scope="session")
def contents():
    """Every file below a folder with its bytes, by relative path; folders map to None."""

    def read(folder: Path) -> dict[str, bytes | None]:
        return {
            str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")
        }

    return read


@pytest.fixture
def recognizer_artifact(tmp_path: Path) -> Path:
    """An artifact that embeds an aligned face of 112×112 as 16 fixed random sums of its 14×14 blocks' means."""
    from handmade import projection

    return projection(tmp_path)


@pytest.fixture
def faces_artifact(tmp_path: Path) -> Path:
    """An artifact that finds two upright faces at fixed places, or none where an image is nearly black.

    Its input is 64×64. One face, of score 0.9, stands in the box 12, 20 to 44, 52, near the center; one of 0.8 and
    half its side in 44, 4 to 60, 20. Their landmarks are the template's, in a square of 0.8 of the box's side.
    """
    from handmade import two_faces

    return two_faces(tmp_path)


@pytest.fixture(scope="session")
def portrait():
    """A drawn "portrait" of a person who is a number: `portrait(3)`, uint8 [64,64,3], coarse random blocks.

    The embeddings of `recognizer_artifact` have cosines under 0.2 between the persons 1, 2, 3 and 5.
    """
    import cv2
    import numpy as np

    def draw(person, noise=0):
        blocks = np.random.default_rng([11, person]).integers(0, 256, (16, 16, 3), np.uint8)
        image = cv2.resize(blocks, (64, 64), interpolation=cv2.INTER_NEAREST).astype(np.int16)
        image += np.random.default_rng([12, person]).integers(-noise, noise + 1, image.shape, np.int16)
        return np.clip(image, 0, 255).astype(np.uint8)

    return draw


@pytest.fixture(scope="session")
def write_certificate():
    """Write a certificate into an artifact's folder: (folder, decisions) → what it holds."""
    from edgeface.core.artifact import CERTIFICATE, write_json
    from edgeface.core.certificate import Certificate

    def write(folder: Path, decisions: dict[str, object] | None) -> dict[str, object]:
        document: dict[str, object] = {
            "format": 2,
            "target": "tflite-int8",
            "reference": "ONNX Runtime float32",
            "passed": True,
            "images": 1,
            "kind": "images",
            "tensors": {},
            "decisions": decisions,
            "requirements": [],
            "thresholds": {},
            "kernels": {},
            "versions": {},
        }
        write_json(folder / CERTIFICATE, document)
        return Certificate.model_validate(document).as_dict()

    return write


BLOBS = '''
"""Bright spots: a score and a side for each cell of a grid; landmarks stand where a frontal face has them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeface.tasks.detection.decoding import Candidates


@dataclass(frozen=True)
class Blobs:
    stride: int
    places: tuple[tuple[float, float], ...]

    def expected(self, height, width):
        count = (height // self.stride) * (width // self.stride)
        return {"heat": (1, count, 1), "sides": (1, count, 1)}

    def decode(self, outputs, height, width, min_score):
        heat, sides = outputs["heat"][0, :, 0], outputs["sides"][0, :, 0]
        keep = np.flatnonzero(heat >= min_score)
        columns = width // self.stride
        cells = np.stack([keep % columns, keep // columns], axis=1)
        centers = ((cells + 0.5) * self.stride).astype(np.float32)
        half = sides[keep, None] / 2
        boxes = np.concatenate([centers - half, centers + half], axis=1)
        landmarks = centers[:, None] + (np.array(self.places, np.float32) - 0.5)[None] * sides[keep, None, None]
        return Candidates(boxes, heat[keep], landmarks)


DECODER = Blobs
'''


@pytest.fixture
def blobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """A decoder of one file, `blobs`, beside edgeface's own; returned is what contracts say to have it."""
    import sys

    from edgeface.tasks.detection import decoders

    folder = tmp_path / "decoders"
    folder.mkdir()
    (folder / "blobs.py").write_text(BLOBS)
    monkeypatch.setattr(decoders, "__path__", [*decoders.__path__, str(folder)])
    monkeypatch.setitem(sys.modules, f"{decoders.__name__}.blobs", None)
    del sys.modules[f"{decoders.__name__}.blobs"]  # gone again at the end of the test, by monkeypatch
    return {
        "decoder": "blobs",
        "parameters": {"stride": 8, "places": [[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.34, 0.78], [0.66, 0.78]]},
        "outputs": {"heat": "warm", "sides": "size"},
    }
