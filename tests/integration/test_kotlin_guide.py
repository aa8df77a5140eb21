"""The listing of docs/integration/kotlin.md, compiled and run on a Java machine with a stand-in for LiteRT.

Kotlin's compiler is in none of edgeface's requirements: the tests run where `pip install kotlin-jupyter-kernel`, which
holds it, and a Java machine are.
"""

from __future__ import annotations

import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from pages import DOCS, blocks_of

from edgeface.bundle.face_runner.network import Network
from edgeface.bundle.face_runner.pipeline import aligned_face, face_tensor, letterbox
from edgeface.images.synthetic import synthetic_images
from edgeface.tasks.detection.detect import detect_faces

PAGE = "integration/kotlin.md"
LOW = 0.02
MAIN = """
import java.io.File
import org.tensorflow.lite.Interpreter

fun main(arguments: Array<String>) {
    val folder = arguments[0]
    fun network(name: String) = Interpreter(File(folder, "$name.outputs"), File(folder, "$name.fed"))
    val bytes = File(folder, "pixels").readBytes()
    val argb = IntArray(bytes.size / 3) { i ->
        (0..2).fold(255) { level, c -> (level shl 8) or (bytes[3 * i + c].toInt() and 0xFF) }
    }
    val image = Pixels(WIDTH, argb.size / WIDTH, argb)
    val faces = DETECTOR.find(image)
    for (face in faces) println((listOf(face.score) + face.box.toList() + face.landmarks.toList()).joinToString(" "))
    println(RECOGNIZER.embed(image, faces[0]).joinToString(" "))
}
"""
pytestmark = pytest.mark.hostile


@pytest.fixture(scope="module")
def kotlin():
    """The command that compiles, and the folder of jars that it and programs need."""
    spec = find_spec("run_kotlin_kernel")
    if spec is None or shutil.which("java") is None:
        pytest.skip("there is no Java machine, or no Kotlin compiler: pip install kotlin-jupyter-kernel")
    jars = Path(spec.submodule_search_locations[0]) / "jars"
    (every,), (library,) = jars.glob("kotlin-jupyter-kernel-*-all.jar"), jars.glob("kotlin-stdlib-*.jar")
    compiler = ["java", "-cp", f"{every}:{library}", "org.jetbrains.kotlin.cli.jvm.K2JVMCompiler", "-no-stdlib"]
    return [*compiler, "-no-reflect", "-cp", str(library)], library


def floats(values):
    return f"floatArrayOf({', '.join(f'{np.float32(value)!s}f' for value in values)})"


def input_of(spec):
    bgr = str(spec.color == "bgr").lower()
    return f"Input({spec.height}, {spec.width}, {bgr}, {floats(spec.mean)}, {floats(spec.scale)})"


def test_the_listing_finds_and_embeds_what_python_does(kotlin, seeded_artifact, tmp_path):
    artifact = seeded_artifact("tflite-int8")
    recognizer = seeded_artifact("tflite-int8", "mobilefacenet", variant="prelu-112x96", seed=2).contract
    contract, (large,) = artifact.contract, synthetic_images(1, seed=6)
    image, seen = np.ascontiguousarray(large[:150, :211]), contract.input.model_dump(mode="json")
    tensor, scale = letterbox(image, seen)
    outputs = Network(artifact.model_path.read_bytes()).run(tensor)
    wanted = detect_faces(outputs, contract, scale, image.shape[:2], LOW)
    recorded = [outputs[name] for name in ("boxes", "landmarks", "scores")]
    (tmp_path / "detector.outputs").write_bytes(b"".join(each.astype(">f4").tobytes() for each in recorded))
    embedding = np.random.default_rng(1).normal(size=128)
    (tmp_path / "recognizer.outputs").write_bytes(embedding.astype(">f4").tobytes())
    (tmp_path / "pixels").write_bytes(image[:, :, ::-1].tobytes())

    anchors = contract.anchors
    sizes = ", ".join(map(floats, anchors.sizes))
    strides = ", ".join(map(str, anchors.strides))
    made = f'Detector(network("detector"), {input_of(contract.input)}, intArrayOf({strides}), arrayOf({sizes}), '
    made += f"{floats(anchors.variances)}, {LOW}f, {contract.nms_iou}f)"
    template = ", ".join(repr(float(side)) for point in recognizer.template for side in point)
    other = f'Recognizer(network("recognizer"), {input_of(recognizer.input)}, doubleArrayOf({template}), 128, true)'
    main = MAIN.replace("WIDTH", str(image.shape[1])).replace("DETECTOR", made).replace("RECOGNIZER", other)
    (listing,) = (block.text for block in blocks_of(DOCS / PAGE) if block.language == "kotlin")
    (tmp_path / "Faces.kt").write_text(listing)
    (tmp_path / "Main.kt").write_text(main)
    told = compiled_and_run(kotlin, tmp_path)

    *faces, embedded = told.splitlines()
    assert len(faces) == len(wanted) > 5
    for line, face in zip(faces, wanted, strict=True):
        numbers = np.array(line.split(), float)
        np.testing.assert_allclose(numbers, [face.score, *face.box, *np.ravel(face.landmarks)], rtol=1e-6, atol=1e-3)
    np.testing.assert_allclose(np.array(embedded.split(), float), embedding / np.linalg.norm(embedding), atol=1e-6)
    assert (tmp_path / "detector.fed").read_bytes() == tensor.tobytes()
    written = recognizer.model_dump(mode="json")
    aligned = aligned_face(image, wanted[0].landmarks, written)
    fed = [face_tensor(each, written["input"]).tobytes() for each in (aligned, np.ascontiguousarray(aligned[:, ::-1]))]
    assert (tmp_path / "recognizer.fed").read_bytes() == b"".join(fed)


def compiled_and_run(kotlin, folder):
    """What the program of a folder's sources prints."""
    compiler, library = kotlin
    shutil.copy(Path(__file__).with_name("kotlin_stand_in.kt"), folder / "Interpreter.kt")
    sources = [str(folder / f"{name}.kt") for name in ("Faces", "Main", "Interpreter")]
    made = subprocess.run(
        [*compiler, "-d", str(folder / "classes"), *sources], capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stdout + made.stderr
    command = ["java", "-cp", f"{folder / 'classes'}:{library}", "MainKt", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
