"""The example in C: built by CMake, for this machine and for the board, and of the runner's opinion."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from edgeface.bundle.face_runner.images import decode_image
from edgeface.bundle.face_runner.pipeline import FaceRunner
from edgeface.tasks.recognition.vectors import cosine

FACES = ("golden/first.ppm", "golden/second.ppm")


def compiled(folder, library, *options):
    """The program that CMake makes of an unpacked bundle."""
    build = folder.parent / "build"
    made = [
        "cmake",
        "-S",
        str(folder / "c"),
        "-B",
        str(build),
        f"-DLITERT_LIBRARY={library}",
        "-DCMAKE_C_FLAGS=-Werror",
    ]
    for command in ([*made, *options], ["cmake", "--build", str(build)]):
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stdout + ended.stderr
    return build / "face_compare"


def litert_of(site):
    return Path(site) / "ai_edge_litert" / "libLiteRt.so"


@pytest.fixture
def wanted(files):
    runner = FaceRunner(files, threads=1)
    return cosine(*(runner.embed(decode_image(files[name], name)) for name in FACES))


@pytest.fixture
def here():
    """This machine's library, where a compiler and CMake are."""
    import ai_edge_litert

    if not (shutil.which("cmake") and shutil.which("cc")):
        pytest.skip("there is no CMake or no C compiler")
    return litert_of(Path(ai_edge_litert.__file__).parents[1])


def similarity_of(text):
    return float(text.splitlines()[0].removeprefix("similarity "))


@pytest.mark.slow
def test_c_agrees_with_the_runner_here(unpacked, here, wanted):
    program = compiled(unpacked, here)
    arguments = [unpacked / name for name in ("models/recognizer.tflite", *FACES)]
    ended = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    assert ended.returncode == (0 if wanted >= 0.35 else 3), ended.stderr
    assert similarity_of(ended.stdout) == pytest.approx(wanted, abs=2e-6)


@pytest.mark.slow
def test_c_refuses_other_images_and_another_model(unpacked, here):
    program = compiled(unpacked, here)
    for arguments in (
        ("models/recognizer.tflite", "golden/scene.ppm", FACES[0]),
        ("models/recognizer.tflite", "README.md", FACES[0]),
        ("models/recognizer.tflite", "nowhere", FACES[0]),
        ("models/detector.tflite", *FACES),
        ("README.md", *FACES),
        FACES,
    ):
        ended = subprocess.run([program, *arguments], cwd=unpacked, capture_output=True, text=True, check=False)
        assert (ended.returncode, ended.stdout) == (2, ""), arguments
        assert "error: " in ended.stderr


@pytest.mark.hostile
def test_c_agrees_with_the_runner_on_the_emulated_board(unpacked, emulator, cross_compiler, wanted):
    if shutil.which("cmake") is None:
        pytest.skip("there is no CMake")
    library = litert_of(emulator.site())
    options = ("-DCMAKE_SYSTEM_NAME=Linux", f"-DCMAKE_C_COMPILER={cross_compiler}")
    program = compiled(unpacked, library, *options)
    arguments = [str(unpacked / name) for name in ("models/recognizer.tflite", *FACES)]
    ended = emulator.run("a72", program, arguments)
    assert ended.returncode == (0 if wanted >= 0.35 else 3), ended.stderr.decode()
    assert similarity_of(ended.stdout.decode()) == pytest.approx(wanted, abs=2e-6)


def test_the_header_describes_the_recognizer_s_tensors(files):
    header = files["c/face_contract.h"].decode()
    assert "#define FACE_INPUT_IS_FLOAT 0" in header
    assert f"#define FACE_INPUT_BYTES {112 * 96 * 3}\n" in header
    assert "#define FACE_OUTPUT_TYPE signed char" in header


@pytest.mark.real_data
def test_c_agrees_with_the_runner_with_float_inputs_and_outputs(real, unpack, here):
    folder = unpack(real[2])
    assert "#define FACE_INPUT_IS_FLOAT 1" in (folder / "c" / "face_contract.h").read_text()
    runner = FaceRunner.open(folder, threads=1)
    wanted = cosine(*(runner.embed(decode_image((folder / name).read_bytes(), name)) for name in FACES))
    arguments = [folder / name for name in ("models/recognizer.tflite", *FACES)]
    ended = subprocess.run([compiled(folder, here), *arguments], capture_output=True, text=True, check=False)
    assert similarity_of(ended.stdout) == pytest.approx(wanted, abs=2e-6)
