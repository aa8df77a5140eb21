"""Bundles of ncnn's models, two files each: packed, verified, run by the board's program and by the one in C++."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from edgeface.bundle.archive import open_archive
from edgeface.bundle.budget_ops import BUDGET_LSB, FOREIGN, REQUANTIZED, ROUNDED
from edgeface.bundle.compute_on_board import compute_on_board
from edgeface.bundle.face_runner.golden import GOLDEN, check_golden
from edgeface.bundle.face_runner.images import decode_image
from edgeface.bundle.face_runner.integrity import SUMS, sums_of
from edgeface.bundle.face_runner.open_network import open_network
from edgeface.bundle.face_runner.pipeline import FaceRunner
from edgeface.bundle.face_runner.verification import verify_files
from edgeface.bundle.pack import Order, pack_bundle
from edgeface.core.artifact import MANIFEST, Artifact, sha256_hex
from edgeface.errors import EdgefaceError, InputError
from edgeface.images.synthetic import synthetic_images
from edgeface.inference.detector import Detector
from edgeface.tasks.recognition.vectors import cosine

pytest.importorskip("ncnn")

DETECTOR, RECOGNIZER = "models/detector", "models/recognizer"
FACES = ("golden/first.ppm", "golden/second.ppm")


@pytest.fixture(scope="module")
def folders(seeded_artifact):
    """Folders of a seeded detector and recognizer for ncnn in float32."""
    second = seeded_artifact("ncnn-fp32", "mobilefacenet", variant="prelu-112x96", seed=2)
    return seeded_artifact("ncnn-fp32").folder, second.folder


@pytest.fixture(scope="module")
def archive(folders) -> bytes:
    """Their bundle."""
    return pack_bundle(Order(*folders, "rk3399"))


@pytest.fixture(scope="module")
def files(archive) -> dict[str, bytes]:
    return open_archive(archive, "face.tar.gz")[0]


@pytest.fixture
def narrow(folders, tmp_path) -> tuple[Path, ...]:
    """The same networks with values stored in bfloat16, which is all that their graphs' texts say of it."""
    copies = [Path(shutil.copytree(folder, tmp_path / name)) for name, folder in zip("dr", folders, strict=True)]
    for copy in copies:
        text = in_bfloat16((copy / "model.param").read_bytes())
        (copy / "model.param").write_bytes(text)
        manifest = json.loads((copy / MANIFEST).read_text())
        manifest["files"]["model.param"] = manifest["model_sha256"] = sha256_hex(text)
        (copy / MANIFEST).write_text(json.dumps(manifest))
    return tuple(copies)


def in_bfloat16(param: bytes) -> bytes:
    lines = param.splitlines()
    return b"\n".join(line + b" 28=1" if line.startswith(b"Input ") else line for line in lines) + b"\n"


def listed(files):
    """Changed files with hashes to match: what hashes alone cannot find."""
    return files | {SUMS: sums_of(files)}


def test_both_files_of_each_model_are_packed_listed_and_named_in_the_bill_of_materials(files):
    names = [f"{model}{suffix}" for model in (DETECTOR, RECOGNIZER) for suffix in (".bin", ".param")]
    assert sorted(name for name in files if name.startswith("models/")) == names
    bill = json.loads(files["sbom.cdx.json"])
    parts = {part["bom-ref"]: part for part in bill["components"]}
    for name in names:
        digest = hashlib.sha256(files[name]).hexdigest()
        assert f"{digest}  {name}\n".encode() in files[SUMS]
        assert parts[name]["hashes"] == [{"alg": "SHA-256", "content": digest}]
    assert parts["pkg:pypi/ncnn"]["scope"] == "required"
    assert "pkg:pypi/ai-edge-litert" not in parts


def test_the_example_is_the_one_for_ncnn(files):
    assert not [name for name in files if name.startswith("c/")]
    header = files["cpp/face_contract.h"].decode()
    assert '#define FACE_INPUT_BLOB "input"\n' in header
    assert '#define FACE_OUTPUT_BLOB "embedding"\n' in header
    assert "#define FACE_IS_BFLOAT16 0\n" in header
    assert "#define FACE_THREADS 2\n" in header
    version = json.loads(files["bundle.json"])["recognizer"]["versions"]["ncnn"]
    assert f'"ncnn=={version}"'.encode() in files["cpp/libncnn.sh"]


def test_the_machine_that_packed_verifies_every_layer(files):
    report = verify_files(files)
    assert (report.passed, report.problems) == (True, ())
    assert ", ncnn kernels: detector 8" in report.golden
    assert report.golden.endswith("largest difference 0 LSB")
    recorded = json.loads(files[GOLDEN])["networks"]
    assert {op["budget_lsb"] for network in recorded.values() for op in network["ncnn"]} == {BUDGET_LSB[ROUNDED]}


def test_faces_match_edgeface_s(folders, files):
    runner, detector = FaceRunner(files, threads=1), Detector(Artifact.open(folders[0]))
    (image,) = synthetic_images(1, seed=12)
    wanted, got = detector.detect(image, 0.02), runner.detect(image, 0.02)
    assert len(wanted) > 3
    assert [(f.box, f.score, f.landmarks) for f in got] == [(f.box, f.score, f.landmarks) for f in wanted]


def test_the_layer_that_other_weights_lead_astray_is_named(files):
    weights = bytearray(files[f"{DETECTOR}.bin"])
    weights[len(weights) // 3 : len(weights) // 3 + 4000] = bytes(4000)
    report = verify_files(listed({**files, f"{DETECTOR}.bin": bytes(weights)}))
    assert not report.passed
    assert any("detector: op " in str(problem) and "Convolution" in str(problem) for problem in report.problems)


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        (".bin", lambda content: content[:-4], "bytes"),
        (".bin", lambda content: content + bytes(4), "bytes"),
        (".param", lambda content: content[: len(content) // 2], "layers"),
        (".param", lambda content: content.replace(b" 0 1 input ", b" 0 1 other ", 1), "damaged"),
        (".param", lambda content: content.replace(b"Convolution ", b"Konvolution ", 1), "no layer Konvolution"),
    ],
)
def test_a_damaged_file_is_refused_before_ncnn_sees_it(files, name, change, said):
    with pytest.raises(EdgefaceError, match=said):
        FaceRunner({**files, f"{DETECTOR}{name}": change(files[f"{DETECTOR}{name}"])})


def test_weights_that_are_missing_are_named(files):
    with pytest.raises(EdgefaceError, match="missing") as caught:
        FaceRunner({name: content for name, content in files.items() if name != f"{RECOGNIZER}.bin"})
    assert caught.value.where == f"{RECOGNIZER}.bin"


def test_a_bundle_runs_in_one_runtime(folders, seeded):
    with pytest.raises(InputError, match="tflite-int8 and ncnn-fp32"):
        pack_bundle(Order(seeded["integer"][0], folders[1], "rk3399"))


def test_bfloat16_is_told_to_ncnn_and_to_the_example(files, narrow, monkeypatch, capsys):
    monkeypatch.setenv("EDGEFACE_CACHE", str(narrow[0].parent))  # where no board is emulated
    packed, _ = open_archive(pack_bundle(Order(*narrow, "rk3399")), "face.tar.gz")
    assert b"#define FACE_IS_BFLOAT16 1\n" in packed["cpp/face_contract.h"]
    wide, rounded = (FaceRunner(each, threads=1) for each in (files, packed))
    face = decode_image(files[FACES[0]], FACES[0])
    assert 1e-6 < 1 - cosine(wide.embed(face), rounded.embed(face)) < 1e-2
    budgets = {op["budget_lsb"] for op in json.loads(packed[GOLDEN])["networks"]["detector"]["ncnn"]}
    assert budgets == {BUDGET_LSB[FOREIGN]}
    weights = bytes(len(packed[f"{DETECTOR}.bin"]) - 4)
    damaged = listed({**packed, f"{DETECTOR}.bin": packed[f"{DETECTOR}.bin"][:4] + weights})
    assert check_golden(packed).problems == ()
    assert not verify_files(damaged).passed


def test_the_emulated_board_s_own_values_of_bfloat16_are_recorded(narrow, emulator):
    record = json.loads(open_archive(pack_bundle(Order(*narrow, "rk3399")), "x")[0][GOLDEN])
    for task in ("detector", "recognizer"):
        here, there = (record["networks"][task][kernels] for kernels in ("ncnn", "ncnn-aarch64"))
        assert [op["name"] for op in here] == [op["name"] for op in there]
        assert [op["sha256"] for op in here] != [op["sha256"] for op in there]
        assert {op["budget_lsb"] for op in there} == {BUDGET_LSB[REQUANTIZED]}
    here, there = (record["decisions"][kernels] for kernels in ("ncnn", "ncnn-aarch64"))
    assert here["similarity"] == pytest.approx(there["similarity"], abs=here["similarity_tolerance"])


@pytest.mark.hostile
@pytest.mark.parametrize("device", ["a72", "a53"])
def test_an_emulated_board_verifies_every_layer(device, archive, narrow, emulator, unpack):
    """A minute of emulation."""
    for data, said in ((archive, "ncnn kernels"), (pack_bundle(Order(*narrow, "rk3399")), "ncnn-aarch64 kernels")):
        folder = unpack(data)
        ended = emulator.run(device, emulator.python(device), [str(folder / "verify")])
        assert ended.returncode == 0, ended.stdout.decode() + ended.stderr.decode()
        assert said in ended.stdout.decode()
        shutil.rmtree(folder)


def test_a_board_that_is_not_emulated_computes_nothing(files):
    assert compute_on_board("no such board", files) is None


def test_the_runner_s_network_is_float_at_both_ends(files):
    network = open_network(files, f"{RECOGNIZER}.param")
    assert network.input_shape() == (1, 112, 96, 3)
    assert [end["scale"] for end in network.storage()] == [None, None]
    found = network.run(np.zeros((1, 112, 96, 3), np.float32))
    assert {name: values.shape for name, values in found.items()} == network.output_shapes() == {"embedding": (1, 128)}


@pytest.mark.hostile
def test_cpp_agrees_with_the_runner_on_the_emulated_board(files, archive, unpack, emulator, tmp_path):
    """Minutes: ncnn's library is built from the sources in its Python package."""
    compilers = {"CC": "aarch64-linux-gnu-gcc", "CXX": "aarch64-linux-gnu-g++"}
    lacking = [name for name in ("cmake", *compilers.values()) if shutil.which(name) is None]
    if lacking:
        pytest.skip(f"{' and '.join(lacking)} is missing: apt-get install cmake g++-aarch64-linux-gnu")
    folder, library = unpack(archive), tmp_path / "libncnn"
    subprocess.run([folder / "cpp/libncnn.sh", library], check=True, env={**os.environ, **compilers})
    cross = ["-DCMAKE_SYSTEM_NAME=Linux", f"-DCMAKE_CXX_COMPILER={compilers['CXX']}", "-DCMAKE_CXX_FLAGS=-Werror"]
    build = ["cmake", "-S", folder / "cpp", "-B", tmp_path / "build", f"-Dncnn_DIR={library}/lib/cmake/ncnn", *cross]
    for command in (build, ["cmake", "--build", tmp_path / "build"]):
        subprocess.run(command, check=True)
    runner = FaceRunner(files, threads=1)
    wanted = cosine(*(runner.embed(decode_image(files[name], name)) for name in FACES))
    models = [f"{RECOGNIZER}.param", f"{RECOGNIZER}.bin"]
    for given, code in (((*models, *FACES), 0 if wanted >= 0.35 else 3), ((*models, "README.md", FACES[0]), 2)):
        arguments = [str(folder / name) for name in given]
        ended = emulator.run("a72", tmp_path / "build" / "face_compare", arguments)
        assert ended.returncode == code, ended.stderr.decode()
        if code != 2:
            said = ended.stdout.decode().splitlines()[0]
            assert float(said.removeprefix("similarity ")) == pytest.approx(wanted, abs=2e-6)
