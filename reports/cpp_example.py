"""The bundle's C++ example on an emulated Cortex-A72 against the Python program on this machine, on 20 photographs.

    python reports/cpp_example.py ../shared/data [--core a72] [--out reports/cpp_example.md]

Needs CMake, g++-aarch64-linux-gnu and the emulator (`edgeface doctor --install arm`). Packs the bundles that `SUBJECTS`
lists, builds their examples with CMake and Debian's cross compiler, and runs detector and recognizer on 10 photographs
of scenes and 10 of single people, converted to PPM in a temporary folder. Minutes, most of them of emulation.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edgeface.bundle.face_runner.images import encode_ppm, read_image
from edgeface.bundle.face_runner.pipeline import FaceRunner
from edgeface.devices.install import installed
from edgeface.images.folder import list_images
from edgeface.tasks.detection.faces import Face
from edgeface.tasks.detection.main_face import main_face
from edgeface.tasks.recognition.vectors import cosine

COMPILER = "aarch64-linux-gnu-g++"


@dataclass(frozen=True)
class Seen:
    """What a program found in an image: faces, and the main face's embedding."""

    faces: tuple[Face, ...]
    embedding: np.ndarray | None


@dataclass(frozen=True)
class Difference:
    """What two programs found, over all images.

    `images` is their number, `faces` the faces of each program; `box_px` and `landmark_px` are the largest distances of
    any coordinate, `score` the largest of any score, `cosine` the lowest between two embeddings of one face.
    """

    images: int
    faces: tuple[int, int]
    box_px: float
    landmark_px: float
    score: float
    cosine: float

    @property
    def passed(self) -> bool:
        """Whether it is the same face everywhere, to .01 pixels and a cosine of .9999."""
        return self.faces[0] == self.faces[1] and self.box_px <= 0.01 and self.cosine >= 0.9999


def build(sources: Path, folder: Path, *options: str) -> Path:
    """The program that CMake makes of a bundle's `cpp`, in a folder.

    Raises:
        RuntimeError: with what CMake or the compiler said.
    """
    first = ["cmake", "-S", str(sources), "-B", str(folder), "-DCMAKE_CXX_FLAGS=-Werror", *options]
    for command in (first, ["cmake", "--build", str(folder)]):
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        if ended.returncode:
            raise RuntimeError(ended.stdout + ended.stderr)
    return folder / "faces"


def litert_of(site: Path) -> Path:
    """The library in a folder of Python packages."""
    return site / "ai_edge_litert" / "libLiteRt.so"


def cross_options(site: Path, compiler: str = COMPILER) -> tuple[str, ...]:
    """CMake's options for a board, whose packages are in a folder."""
    return f"-DLITERT_LIBRARY={litert_of(site)}", "-DCMAKE_SYSTEM_NAME=Linux", f"-DCMAKE_CXX_COMPILER={compiler}"


def read_output(text: str) -> list[Seen]:
    """What the program printed with --embeddings, image by image."""
    images: list[tuple[list[Face], list[np.ndarray]]] = []
    for line in text.splitlines():
        word, *rest = line.split()
        if word == "image":
            images.append(([], []))
        elif word == "face":
            numbers = [float(each) for each in rest if each not in ("box", "landmarks")]
            points = tuple(zip(numbers[5::2], numbers[6::2], strict=True))
            images[-1][0].append(Face(tuple(numbers[1:5]), numbers[0], points))
        elif word == "embedding":
            images[-1][1].append(np.array(rest, np.float32))
    return [Seen(tuple(faces), found[0] if found else None) for faces, found in images]


def seen_by(runner: FaceRunner, paths: Sequence[Path], threshold: float | None = None) -> Iterator[Seen]:
    """What the program in Python finds."""
    for path in paths:
        image = read_image(path)
        faces = runner.detect(image, threshold)
        main = main_face(faces, image.shape[:2])
        known = main is not None and runner.recognizer
        yield Seen(tuple(faces), runner.embed(runner.aligned(image, main)) if known else None)


def compare(ours: Sequence[Seen], wanted: Sequence[Seen]) -> Difference:
    """How far two programs' findings differ; infinitely, where one has other faces."""
    counts = tuple(sum(len(each.faces) for each in side) for side in (ours, wanted))
    boxes, landmarks, scores, cosines = [0.0], [0.0], [0.0], [1.0]
    for one, other in zip(ours, wanted, strict=True):
        if len(one.faces) != len(other.faces) or (one.embedding is None) != (other.embedding is None):
            return Difference(len(ours), counts, np.inf, np.inf, np.inf, -1.0)
        for a, b in zip(one.faces, other.faces, strict=True):
            boxes.append(float(np.abs(np.subtract(a.box, b.box)).max()))
            landmarks.append(float(np.abs(np.subtract(a.landmarks, b.landmarks)).max(initial=0)))
            scores.append(abs(a.score - b.score))
        if one.embedding is not None:
            cosines.append(cosine(one.embedding, other.embedding))
    return Difference(len(ours), counts, max(boxes), max(landmarks), max(scores), min(cosines))


def write_ppm(images: Sequence[Path], folder: Path) -> list[Path]:
    """Photographs as PPM files in a folder."""
    paths = [folder / f"{index:02}.ppm" for index in range(len(images))]
    for path, image in zip(paths, images, strict=True):
        path.write_bytes(encode_ppm(read_image(image)))
    return paths


@dataclass(frozen=True)
class Subject:
    """A bundle that is measured: networks of public checkpoints with the options of `edgeface export`."""

    size: str
    options: tuple[str, ...]

    @property
    def title(self) -> str:
        """The options, and the detector's input."""
        return f"`{' '.join(self.options)}`, {self.size}"


SUBJECTS = (
    Subject("240x320", ("--target", "tflite-int8")),
    Subject("240x320", ("--target", "tflite-int8", "--io", "int8")),
)


IN_PYTHON = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from face_runner.images import read_image
from face_runner.main_face import main_face
from face_runner.pipeline import FaceRunner
runner = FaceRunner.open(Path(sys.argv[1]))
for name in sys.argv[2:]:
    image = read_image(Path(name))
    faces = runner.detect(image)
    print("image", name, "faces", len(faces))
    for face in faces:
        points = [value for point in face.landmarks for value in point]
        print("face", face.score, "box", *face.box, "landmarks", *points)
    main = main_face(faces, image.shape[:2])
    if main is not None:
        print("embedding", *map(float, runner.embed(runner.aligned(image, main))))
"""
"""What the bundle's Python is asked, which prints like the C++ example."""

TOP = """# The C++ example against the program in Python

`python reports/cpp_example.py ../shared/data --core {core}` exports and packs a detector and a recognizer for each pair
of rows, builds `cpp/` with Debian's cross compiler, and runs it on an emulated {upper} on 20 photographs, 10 of scenes
and 10 of single people; and the bundle's program in Python on the same core, and on this x86. Differences are the
largest of any face, the cosine is the lowest between both embeddings of one face.

| bundle | Python on | faces, C++ / Python | box, px | landmark, px | score | cosine |
|---|---|---|---|---|---|---|"""

END = """
On one processor both compute the same. Between processors the last bits of a network's operators in float differ: where
that moves a landmark by a hundred-thousandth of a pixel, a pixel of the aligned face may be rounded to the neighboring
level, and a recognizer in int8 takes that as it takes any change of a pixel.

A network that gives integers (`--io int8`) gives the same ones on both processors, and so do all steps after it."""


def photographs(data: Path) -> list[Path]:
    """10 scenes and 10 photographs of single people."""
    people = [list_images(folder)[0] for folder in sorted((data / "lfw" / "images").iterdir())[7::70]]
    return [*list_images(data / "scenes")[4::12][:10], *people[:10]]


def pack(subject: Subject, data: Path, folder: Path) -> Path:
    """The unpacked bundle of a subject."""
    weights, common = data / "weights", ("--calibration", str(data / "scenes"), *subject.options)
    own = ("--weights", str(weights / "retinaface_mnet025_1mb.pth"), "--variant", "1mb", "--input", subject.size)
    detector = _exported(folder / "detector", *own, *common)
    own = ("mobilefacenet", "--weights", str(weights / "mobilefacenet_prelu_112x96.ckpt"), "--detector", str(detector))
    recognizer = _exported(folder / "recognizer", *own, *common)
    archive = folder / "face.tar.gz"
    _edgeface("bundle", str(detector), str(recognizer), "--device", "rk3399", "--out", str(archive))
    subprocess.run(["tar", "xzf", archive.name], cwd=folder, check=True)
    return folder / "face"


def _exported(out: Path, *options: str) -> Path:
    _edgeface("export", *options, "--out", str(out))
    return next(out.glob("*-tflite-int8"))


def _edgeface(*arguments: str) -> None:
    ended = subprocess.run([sys.executable, "-m", "edgeface", *arguments], capture_output=True, text=True, check=False)
    if ended.returncode:
        raise SystemExit(ended.stdout + ended.stderr)


def measure(subject: Subject, data: Path, folder: Path, core: str) -> tuple[Difference, Difference]:
    """How far the example on a core is from the program in Python on that core, and from the one on this machine."""
    board, bundle = installed(), pack(subject, data, folder)
    program = build(bundle / "cpp", folder / "build", *cross_options(board.site()))
    paths = write_ppm(photographs(data), folder)
    given = list(map(str, paths))
    (folder / "asked.py").write_text(IN_PYTHON)
    ours = board.run(core, program, [str(bundle / "models"), "--embeddings", *given], timeout_s=3600)
    theirs = board.run(core, board.python(core), [str(folder / "asked.py"), str(bundle), *given], timeout_s=3600)
    for ended in (ours, theirs):
        if ended.returncode:
            raise RuntimeError(ended.stderr.decode())
    found = read_output(ours.stdout.decode())
    here = list(seen_by(FaceRunner.open(bundle), paths))
    return compare(found, read_output(theirs.stdout.decode())), compare(found, here)


def table(rows: Sequence[tuple[Subject, Difference, Difference]], core: str) -> str:
    """The report."""
    lines = [TOP.format(core=core, upper=core.upper())]
    for subject, same, other in rows:
        for where, found in ((f"the {core.upper()}", same), ("x86", other)):
            lines.append(
                f"| {subject.title} | {where} | {found.faces[0]} / {found.faces[1]} | {found.box_px:.1g} | "
                f"{found.landmark_px:.1g} | {found.score:.1g} | {found.cosine:.6f} |"
            )
    return "\n".join([*lines, END]) + "\n"


def main() -> int:
    """Measure every subject, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder of checkpoints and photographs")
    parser.add_argument("--core", default="a72", help="the emulated core")
    parser.add_argument("--out", type=Path, help="the report to write")
    options = parser.parse_args()
    rows = []
    for subject in SUBJECTS:
        with tempfile.TemporaryDirectory() as folder:
            found = measure(subject, options.data, Path(folder), options.core)
        print(f"{subject.title}: {found}", file=sys.stderr, flush=True)
        rows.append((subject, *found))
    text = table(rows, options.core)
    print(text, end="")
    if options.out is not None:
        options.out.write_text(text, encoding="utf-8")
    return 0 if all(same.passed for _, same, _ in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
