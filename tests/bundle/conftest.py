"""Bundles of seeded networks, and of the public checkpoints where their data is there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from edgeface.backends import target
from edgeface.bundle.archive import open_archive
from edgeface.bundle.keys import write_key_pair
from edgeface.bundle.pack import Order, pack_bundle
from edgeface.compile.build import build
from edgeface.compile.job import BuildOptions, Job
from edgeface.compile.open_source import open_source
from edgeface.compile.recipe import recipe_for
from edgeface.compile.source import Declared
from edgeface.core.artifact import MANIFEST, Artifact, Manifest, sha256_hex, write_json
from edgeface.graph.onnx_reader import read_onnx
from edgeface.images.files import list_images
from edgeface.images.split import Images
from edgeface.inference.detector import Detector
from edgeface.passes import run_passes


def artifact(folder, declared, options, images=(), detector=None):
    """An artifact of tflite-int8 that no gate judged."""
    source = open_source(declared, [])
    graph = run_passes(read_onnx(source.onnx, declared.model))
    job = Job(source, graph, {}, recipe_for(declared.model), Images(tuple(images)), options, detector)
    made = build(job, target("tflite-int8"))
    (folder / "model.tflite").write_bytes(made.model)
    manifest = Manifest(
        name=declared.model,
        target="tflite-int8",
        model_file="model.tflite",
        model_sha256=sha256_hex(made.model),
        model_bytes=len(made.model),
        layout="nhwc",
        io=made.io,
        macs=1_000_000,
        contract=source.contract,
        sources={"calibration": {"count": 1, "files": ["Somebody_0001.png"]}},
        versions={},
        quantization=made.quantization,
    )
    write_json(folder / MANIFEST, manifest.model_dump(mode="json"))
    return folder


@pytest.fixture(scope="session")
def seeded(tmp_path_factory):
    """Folders of a seeded detector and recognizer: "integer", int8 in and out; "mixed", a detector with floats."""
    detector = Declared("retinaface_mnet025", input_size=(64, 96), seed=1)
    recognizer = Declared("mobilefacenet", variant="prelu-112x96", seed=2)
    integer = BuildOptions(io="int8", integer_only=True)
    second = artifact(tmp_path_factory.mktemp("recognizer"), recognizer, integer)
    return {
        "integer": (artifact(tmp_path_factory.mktemp("detector"), detector, integer), second),
        "mixed": (artifact(tmp_path_factory.mktemp("mixed"), detector, BuildOptions()), second),
    }


@pytest.fixture(scope="session")
def key_pair(tmp_path_factory):
    """Secret and public key files."""
    secret = tmp_path_factory.mktemp("keys") / "maker.key"
    return secret, write_key_pair(secret)


@pytest.fixture(scope="session")
def archive(seeded, key_pair) -> bytes:
    """A signed bundle of the integer networks."""
    return pack_bundle(Order(*seeded["integer"], "rk3399", key=key_pair[0]))


@pytest.fixture(scope="session")
def files(archive) -> dict[str, bytes]:
    """The files of that bundle by name."""
    found, problems = open_archive(archive, "face.tar.gz")
    assert problems == []
    return found


@pytest.fixture
def unpack(tmp_path):
    """Unpack an archive by tar itself, and return its folder."""

    def run(data) -> Path:
        (tmp_path / "face.tar.gz").write_bytes(data)
        subprocess.run(["tar", "xzf", "face.tar.gz"], cwd=tmp_path, check=True)
        return tmp_path / "face"

    return run


@pytest.fixture
def unpacked(archive, unpack) -> Path:
    """The bundle of the integer networks, unpacked."""
    return unpack(archive)


@pytest.fixture(scope="session")
def on_board(tmp_path_factory):
    """Run a program of an unpacked bundle in a Python that does not see edgeface: (folder, *arguments) → completed."""
    site = Path(sys.prefix, "lib", f"python{sys.version_info[0]}.{sys.version_info[1]}", "site-packages")
    board = tmp_path_factory.mktemp("board-site")
    for package in ("numpy", "numpy.libs", "ai_edge_litert", "flatbuffers"):
        if (site / package).exists():
            (board / package).symlink_to(site / package)
    for found in site.glob("ai_edge_litert-*.dist-info"):
        (board / found.name).symlink_to(found)

    def run(folder, program, *arguments):
        paths = {"PYTHONPATH": str(board), "PATH": "/usr/bin:/bin", "OPENBLAS_NUM_THREADS": "1"}
        command = [sys.executable, "-S", str(folder / program), *map(str, arguments)]
        return subprocess.run(command, env=paths, capture_output=True, text=True, check=False, timeout=120)

    return run


@pytest.fixture(scope="session")
def emulator():
    """The emulator, set up if it is not."""
    from edgeface.devices.install import install, installed

    install()
    return installed()


@pytest.fixture(scope="session")
def cross_compiler() -> str:
    """Debian's compiler for aarch64."""
    found = shutil.which("aarch64-linux-gnu-gcc")
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI needs gcc-aarch64-linux-gnu and libc6-dev-arm64-cross")
        pytest.skip("there is no cross compiler: apt-get install gcc-aarch64-linux-gnu libc6-dev-arm64-cross")
    return found


@pytest.fixture(scope="session")
def real(shared_data, tmp_path_factory):
    """Artifacts of the public checkpoints as recipes say, and their bundle: (detector, recognizer, archive)."""
    weights = shared_data / "weights"
    declared = Declared("retinaface_mnet025", weights / "retinaface_mnet025_1mb.pth", "1mb", input_size=(240, 320))
    scenes = list_images(shared_data / "scenes")[::13]
    detector = artifact(tmp_path_factory.mktemp("detector"), declared, BuildOptions(), scenes)
    people = [list_images(folder)[0] for folder in sorted((shared_data / "lfw" / "images").iterdir())[1::40]]
    declared = Declared("mobilefacenet", weights / "mobilefacenet_prelu_112x96.ckpt")
    finder = Detector(Artifact.open(detector))
    recognizer = artifact(tmp_path_factory.mktemp("recognizer"), declared, BuildOptions(), people, finder)
    return detector, recognizer, pack_bundle(Order(detector, recognizer, "rk3399"))
