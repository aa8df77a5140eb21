"""Bundles of seeded networks, and of the public checkpoints where their data is there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from shared_exports import made_once
from ungated import build_ungated

from edgeface.bundle.archive import open_archive
from edgeface.bundle.keys import write_key_pair
from edgeface.bundle.pack import Order, pack_bundle
from edgeface.compile.source import Declared
from edgeface.images.folder import list_images
from edgeface.inference.detector import Detector


@pytest.fixture(scope="session")
def seeded(seeded_artifact):
    """Folders of a seeded detector and recognizer: "integer", int8 in and out; "mixed", a detector with floats."""
    integer = {"io": "int8", "integer_only": True}
    second = seeded_artifact("tflite-int8", "mobilefacenet", variant="prelu-112x96", seed=2, **integer).folder
    return {
        "integer": (seeded_artifact("tflite-int8", **integer).folder, second),
        "mixed": (seeded_artifact("tflite-int8").folder, second),
    }


@pytest.fixture(scope="session")
def key_pair(shared_folder):
    """Secret and public key files."""
    folder = made_once(shared_folder / "keys", lambda folder: write_key_pair(folder / "maker.key"))
    return folder / "maker.key", folder / "maker.pub"


@pytest.fixture(scope="session")
def archive(seeded, key_pair, shared_folder) -> bytes:
    """A signed bundle of the integer networks."""

    def pack(folder: Path) -> None:
        order = Order(*seeded["integer"], "rk3399", key=key_pair[0])
        (folder / "face.tar.gz").write_bytes(pack_bundle(order))

    return (made_once(shared_folder / "archive", pack) / "face.tar.gz").read_bytes()


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
    for package in ("numpy", "numpy.libs", "ai_edge_litert", "flatbuffers", "ncnn", "ncnn.libs"):
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
def cross_compiler() -> str:
    """Debian's compiler for aarch64."""
    found = shutil.which("aarch64-linux-gnu-gcc")
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI needs gcc-aarch64-linux-gnu and libc6-dev-arm64-cross")
        pytest.skip("there is no cross compiler: apt-get install gcc-aarch64-linux-gnu libc6-dev-arm64-cross")
    return found


@pytest.fixture(scope="session")
def real(shared_data, shared_folder):
    """Artifacts of the public checkpoints as recipes say, and their bundle: (detector, recognizer, archive)."""

    def build(folder: Path) -> None:
        weights = shared_data / "weights"
        for name in ("detector", "recognizer"):
            (folder / name).mkdir()
        declared = Declared("retinaface_mnet025", weights / "retinaface_mnet025_1mb.pth", "1mb", input_size=(240, 320))
        scenes = list_images(shared_data / "scenes")[::13]
        detector = build_ungated(folder / "detector", declared, "tflite-int8", None, scenes, None)
        people = [list_images(each)[0] for each in sorted((shared_data / "lfw" / "images").iterdir())[1::40]]
        declared = Declared("mobilefacenet", weights / "mobilefacenet_prelu_112x96.ckpt")
        found = build_ungated(folder / "recognizer", declared, "tflite-int8", None, people, Detector(detector))
        (folder / "face.tar.gz").write_bytes(pack_bundle(Order(detector.folder, found.folder, "rk3399")))

    made = made_once(shared_folder / "real_bundle", build)
    return made / "detector", made / "recognizer", (made / "face.tar.gz").read_bytes()
