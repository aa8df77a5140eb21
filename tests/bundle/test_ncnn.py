"""Bundles of ncnn's models, two files each: packed, verified, run by the board's program and by the one in C++."""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from cpp_example import compare, read_output, seen_by

from edgeface.backends import target
from edgeface.backends.target import EmitOptions
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
from edgeface.core.artifact import MANIFEST, Artifact, sha256_hex, write_json
from edgeface.errors import EdgefaceError, InputError
from edgeface.graph.ops.activations import PRelu
from edgeface.graph.ops.conv import Conv, Gemm
from edgeface.graph.ops.reduction import ReduceMean
from edgeface.graph.ops.shape import Reshape
from edgeface.images.synthetic import synthetic_images
from edgeface.inference.detector import Detector
from edgeface.quantize.plan import QuantPlan
from edgeface.tasks.recognition.vectors import cosine

pytest.importorskip("ncnn")

DETECTOR, RECOGNIZER = "models/detector", "models/recognizer"
FACES_OF_CELLS = {"boxes": (1, 252, 4), "landmarks": (1, 252, 10), "scores": (1, 252, 2)}
FACES = ("golden/first.ppm", "golden/second.ppm")

PROGRAM_THAT_SHOWS_ITS_THREADS = """
import json, os, sys
from pathlib import Path
sys.dont_write_bytecode = True
folder = Path(sys.argv[0]).parent
sys.path.insert(0, str(folder))
from face_runner.commands import face_main
code = face_main(folder, ["detect", sys.argv[1]])
print(json.dumps([sorted(os.sched_getaffinity(int(each))) for each in os.listdir("/proc/self/task")]))
sys.exit(code)
"""


@pytest.fixture(scope="module")
def folders(seeded, make_graph, normal, tmp_path_factory):
    """Folders of a detector and a recognizer for ncnn in float32, of a few layers, with seeded ones' contracts."""
    found = []
    for folder, outputs in zip(seeded["integer"], (FACES_OF_CELLS, {"embedding": (1, 128)}), strict=True):
        contract = Artifact.open(folder).contract
        graph = few_layers(make_graph, normal, (1, 3, contract.input.height, contract.input.width), outputs)
        found.append(tmp_path_factory.mktemp("ncnn"))
        write_artifact(found[-1], folder, "ncnn-fp32", graph)
    return tuple(found)


def few_layers(make_graph, normal, shape, outputs):
    """A graph that computes outputs of given shapes from the mean of a few convolved channels."""
    rows = [(Conv(strides=(8, 8)), "input w", "a"), (PRelu(), "a slope", "b"), (Conv(), "b v", "c")]
    rows += [(ReduceMean(axes=(2, 3)), "c", "d"), (Reshape(shape=(1, 8)), "d", "e")]
    constants = {"w": normal(8, 3, 3, 3, scale=1e-2), "slope": normal(1, 8, 1, 1), "v": normal(8, 8, 1, 1)}
    for index, (name, wanted) in enumerate(outputs.items()):
        constants[f"{name}_weight"] = normal(math.prod(wanted), 8, seed=index)
        rows += [(Gemm(), f"e {name}_weight", f"{name}_row"), (Reshape(shape=wanted), f"{name}_row", name)]
    return make_graph({"input": shape}, rows, constants, list(outputs))


def write_artifact(folder, like, name, graph):
    """Write an artifact of a target with another one's contract."""
    files = target(name).emit(graph, QuantPlan(), EmitOptions())
    for each, content in files.items():
        (folder / each).write_bytes(content)
    hashes = {each: sha256_hex(content) for each, content in files.items()}
    changes = {"target": name, "model_file": "model.param", "model_sha256": hashes["model.param"], "files": hashes}
    changes |= {"layout": "nchw", "io": "float32", "versions": {"ncnn": "1.0.20261020"}, "quantization": None}
    write_json(folder / MANIFEST, Artifact.open(like).manifest.model_copy(update=changes).model_dump(mode="json"))


@pytest.fixture(scope="module")
def archive(folders) -> bytes:
    """Their bundle."""
    return pack_bundle(Order(*folders, "rk3399"))


@pytest.fixture(scope="module")
def files(archive) -> dict[str, bytes]:
    return open_archive(archive, "face.tar.gz")[0]


@pytest.fixture(scope="module")
def narrow(folders, tmp_path_factory):
    """The same networks with values stored in bfloat16, which is all that their graphs' texts say of it."""
    copies = [Path(shutil.copytree(folder, tmp_path_factory.mktemp("bf16") / "a")) for folder in folders]
    for copy in copies:
        lines = (copy / "model.param").read_bytes().splitlines(keepends=True)
        text = b"".join(line.replace(b"\n", b" 28=1\n") if line.startswith(b"Input ") else line for line in lines)
        (copy / "model.param").write_bytes(text)
        manifest = json.loads((copy / MANIFEST).read_text())
        manifest["files"]["model.param"] = manifest["model_sha256"] = sha256_hex(text)
        (copy / MANIFEST).write_text(json.dumps(manifest))
    return tuple(copies)


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
    assert not [name for name in files if name.startswith("c/") or name.endswith("litert.h")]
    assert b"#include <net.h>" in files["cpp/network.hpp"]
    header = files["cpp/face_contract.hpp"].decode()
    weights = len(files[f"{RECOGNIZER}.bin"])
    assert f'"recognizer.param", recognizer_input, recognizer_outputs, threads, {{"input", false, {weights}}}' in header
    assert '{"embedding", 128, {edgeface::Kind::float32}}' in header
    assert "inline constexpr int threads = 2;" in header
    version = json.loads(files["bundle.json"])["recognizer"]["versions"]["ncnn"]
    assert f'"ncnn=={version}"'.encode() in files["cpp/libncnn.sh"]


def test_the_machine_that_packed_verifies_every_layer(files):
    report = verify_files(files)
    assert (report.passed, report.problems) == (True, ())
    assert ", ncnn kernels: detector " in report.golden
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
    weights[4:404] = bytes(400)
    report = verify_files(listed({**files, f"{DETECTOR}.bin": bytes(weights)}))
    assert not report.passed
    assert "detector: op 0 Convolution ('a') is the first that diverges" in str(report.problems[0])


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
    assert b', threads, {"input", true, ' in packed["cpp/face_contract.hpp"]
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


def test_every_thread_of_a_program_is_pinned(archive, unpack, on_board):
    """A runtime's threads inherit the cores of the one that loads the model."""
    folder, core = unpack(archive), min(os.sched_getaffinity(0))
    settings = json.loads((folder / "bundle.json").read_text())
    settings["device"] |= {"cores": [core], "threads": 2}
    (folder / "bundle.json").write_text(json.dumps(settings))
    (folder / "asked").write_text(PROGRAM_THAT_SHOWS_ITS_THREADS)
    ended = on_board(folder, "asked", folder / "golden" / "scene.ppm")
    assert ended.returncode == 0, ended.stderr
    threads = json.loads(ended.stdout.splitlines()[-1])
    assert len(threads) > 1
    assert set(map(tuple, threads)) == {(core,)}


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
    build = [folder / "cpp/libncnn.sh", library, "-DNCNN_ARM82=OFF"]
    subprocess.run(build, check=True, env={**os.environ, **compilers})
    cross = ["-DCMAKE_SYSTEM_NAME=Linux", f"-DCMAKE_CXX_COMPILER={compilers['CXX']}", "-DCMAKE_CXX_FLAGS=-Werror"]
    build = ["cmake", "-S", folder / "cpp", "-B", tmp_path / "build", f"-Dncnn_DIR={library}/lib/cmake/ncnn", *cross]
    for command in (build, ["cmake", "--build", tmp_path / "build"]):
        subprocess.run(command, check=True)
    scene, low = folder / "golden" / "scene.ppm", 0.02
    given = ["--threshold", str(low), "--embeddings", str(scene)]
    ended = emulator.run("a72", tmp_path / "build" / "faces", [str(folder / "models"), *given])
    assert ended.returncode == 0, ended.stderr.decode()
    found = compare(read_output(ended.stdout.decode()), list(seen_by(FaceRunner(files, threads=1), [scene], low)))
    assert found.faces[0] > 3
    assert found.passed, found
    (folder / f"{DETECTOR}.bin").write_bytes(bytes(4))
    ended = emulator.run("a72", tmp_path / "build" / "faces", [str(folder / "models"), *given])
    assert (ended.returncode, ended.stdout) == (2, b"")
