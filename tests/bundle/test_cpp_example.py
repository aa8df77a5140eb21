"""The example in C++: detector and recognizer, built by CMake, and of the opinion of the program in Python."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from cpp_example import build, compare, cross_options, litert_of, read_output, seen_by
from pages import DOCS, blocks_of

from edgeface.bundle.examples import example_files
from edgeface.bundle.face_runner.images import encode_ppm
from edgeface.bundle.face_runner.pipeline import FaceRunner
from edgeface.bundle.pack import Order, pack_bundle
from edgeface.core import progress
from edgeface.images.synthetic import synthetic_images

LOW = 0.02
"""A threshold at which networks with random weights find faces."""


@pytest.fixture
def photographs(unpacked):
    """Three images: one is shrunk to the input, one enlarged, one has the golden scene's size."""
    large, small = synthetic_images(2, seed=5)
    paths = [unpacked / "large.ppm", unpacked / "small.ppm", unpacked / "golden" / "scene.ppm"]
    paths[0].write_bytes(encode_ppm(np.ascontiguousarray(large[:203, :311])))
    paths[1].write_bytes(encode_ppm(np.ascontiguousarray(small[:50, :40])))
    return paths


@pytest.fixture
def here():
    """CMake's option for this machine's library, where a compiler and CMake are."""
    import ai_edge_litert

    if not (shutil.which("cmake") and shutil.which("c++")):
        pytest.skip("there is no CMake or no C++ compiler")
    return f"-DLITERT_LIBRARY={litert_of(Path(ai_edge_litert.__file__).parents[1])}"


def test_cpp_finds_and_embeds_what_python_does_on_the_emulated_board(unpacked, photographs, emulator, cross_compiler):
    compiler = cross_compiler.replace("gcc", "g++")
    if shutil.which("cmake") is None or shutil.which(compiler) is None:
        pytest.skip("there is no CMake or no g++-aarch64-linux-gnu")
    program = build(unpacked / "cpp", unpacked.parent / "build", *cross_options(emulator.site(), compiler))
    given = ["--threshold", str(LOW), "--embeddings", *map(str, photographs)]
    ended = emulator.run("a72", program, [str(unpacked / "models"), *given])
    assert ended.returncode == 0, ended.stderr.decode()
    text = ended.stdout.decode()
    found = compare(read_output(text), list(seen_by(FaceRunner.open(unpacked, threads=1), photographs, LOW)))
    assert found.faces[0] > 20
    assert found.passed, found
    assert len([line for line in text.splitlines() if line.startswith("cosine ")]) == 3


def test_the_program_that_the_guide_shows_compiles(unpacked):
    compiler = shutil.which("c++")
    if compiler is None:
        pytest.skip("there is no C++ compiler")
    (block,) = (block.text for block in blocks_of(DOCS / "integration" / "cpp.md") if block.language == "cpp")
    path = unpacked / "cpp" / "guide.cpp"
    path.write_text(block)
    command = [compiler, "-std=c++17", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", str(path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.slow
def test_cpp_says_what_it_cannot_use(unpacked, photographs, here):
    program = build(unpacked / "cpp", unpacked.parent / "build", here)
    (unpacked / "short.ppm").write_bytes(photographs[0].read_bytes()[:-1])
    shutil.copytree(unpacked / "models", unpacked / "other")
    shutil.copy(unpacked / "models" / "recognizer.tflite", unpacked / "other" / "detector.tflite")
    for arguments in (
        ("models", "README.md"),
        ("models", "nowhere.ppm"),
        ("models", "short.ppm"),
        ("other", "large.ppm"),
        ("golden", "large.ppm"),
        ("models",),
    ):
        ended = subprocess.run([program, *arguments], cwd=unpacked, capture_output=True, text=True, check=False)
        assert (ended.returncode, ended.stdout) == (2, ""), arguments
        assert "error: " in ended.stderr


@pytest.mark.slow
def test_a_detector_alone_is_found_faces_with_too(seeded, unpack, here, tmp_path):
    folder = unpack(pack_bundle(Order(seeded["integer"][0], None, "rpi4")))
    program = build(folder / "cpp", tmp_path / "build", here)
    scene = folder / "golden" / "scene.ppm"
    given = [folder / "models", "--threshold", str(LOW), scene]
    ended = subprocess.run([program, *given], capture_output=True, text=True, check=True)
    found = compare(read_output(ended.stdout), list(seen_by(FaceRunner.open(folder, threads=1), [scene], LOW)))
    assert found.faces[0] > 3
    assert found.passed, found
    assert "cosine" not in ended.stdout


def test_a_decoder_that_the_header_lacks_leaves_the_example_out(files, capsys):
    told = files["bundle.json"].replace(b'"anchors"', b'"decoder": "centerface", "parameters"', 1)
    progress.show()
    try:
        found = example_files({**files, "bundle.json": told}, "litert")
    finally:
        progress.show(False)
    assert sorted(found) == ["c/CMakeLists.txt", "c/face_compare.c", "c/face_contract.h", "c/litert.h"]
    assert "not centerface" in capsys.readouterr().err
