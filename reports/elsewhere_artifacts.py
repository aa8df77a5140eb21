"""The artifacts of reports/elsewhere.py, their images, and what their own runtimes make of them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from subjects import ROOT, SHARED

from edgeface.backends.float_io import FloatRunner, dequantize, quantize
from edgeface.backends.open import open_runner
from edgeface.backends.runtime import TensorSpec
from edgeface.backends.tflite.runner import LiteRtRunner
from edgeface.core.artifact import Artifact
from edgeface.graph.types import Array
from edgeface.inference.detector import Detector
from edgeface.tasks import task_of
from edgeface.tasks.task import Image
from edgeface.validate.inputs import task_images
from edgeface.validate.judge import Candidate, Judge
from edgeface.validate.reference import Reference

INTEGER = "tflite-int8 --integer-only --io int8"
FLOAT_ENDS = "tflite-int8 --integer-only"
KINDS = ("tflite-fp32", "tflite-fp16", "tflite-int8", INTEGER, "onnx-fp32", "onnx-int8", "ncnn-fp32", "ncnn-int8")
_FOLDERS = {0: "plain", 1: "float-ends", 3: "integer"}
IMAGES = 10
EVERY = 17


@dataclass(frozen=True)
class Subject:
    """A network to export: its name in the report, and the options of its export."""

    name: str
    options: tuple[str, ...]


@dataclass(frozen=True)
class _Wanted:
    """Which artifacts: those whose name holds the word; with `remembered` none that would have to be exported."""

    word: str
    remembered: bool


@dataclass(frozen=True)
class Given:
    """An artifact, the images that it is run on, and what finds their faces."""

    subject: str
    kind: str
    artifact: Artifact
    files: tuple[Path, ...]
    finder: Detector | None

    @property
    def name(self) -> str:
        """For file names."""
        return f"{self.subject} {self.kind}".replace(" --", "-").replace(" ", "-").replace("×", "x")

    @cached_property
    def images(self) -> list[Image]:
        """As the task takes them: scenes, or aligned faces."""
        return list(task_images(self.files, "images", self.artifact.contract, self.finder))

    @cached_property
    def tensors(self) -> list[Array]:
        """The images as float32 [1,C,H,W]."""
        contract = self.artifact.contract
        return [task_of(contract).prepare(image, contract).tensor for image in self.images]

    @cached_property
    def specs(self) -> tuple[TensorSpec, tuple[TensorSpec, ...]]:
        """The model file's own input and outputs."""
        runner = open_runner(self.artifact)
        return runner.inputs[0], tuple(runner.outputs)

    def operators(self) -> str:
        """How many operators of a TFLite file write which type; a dash for other formats."""
        runner = open_runner(self.artifact)
        if not isinstance(runner, LiteRtRunner):
            return "–"
        tensors = runner.tensors()
        found = Counter(tensors[op.outputs[0]].dtype for op in runner.operators())
        return ", ".join(f"{count} {dtype}" for dtype, count in sorted(found.items()))

    @cached_property
    def own(self) -> list[dict[str, Array]]:
        """What its own runtime makes of each image: float32 outputs by name."""
        runner = FloatRunner(open_runner(self.artifact), self.artifact.manifest.layout)
        return [runner.run({self.specs[0].name: tensor}) for tensor in self.tensors]

    def stored(self, as_nchw: bool) -> Array:
        """The images as the model file takes them, one after the other; in NCHW for tools that turn models so."""
        spec = self.specs[0]
        turned = self.artifact.manifest.layout == "nhwc" and not as_nchw
        tensors = [tensor.transpose(0, 2, 3, 1) if turned else tensor for tensor in self.tensors]
        return np.stack([quantize(np.ascontiguousarray(tensor), spec) for tensor in tensors])

    def compared(self, made: Mapping[str, Array]) -> dict[str, Any]:
        """What a tool made of the images ("0", "1", … by output) against its own runtime.

        Raises:
            ValueError: an output has another size.
        """
        made = self._in_order(made)
        got = [self._restored(made, number) for number in range(len(self.own))]
        finite = all(np.isfinite(array).all() for arrays in got for array in arrays.values())
        apart = {
            spec.name: max(float(np.abs(w[spec.name] - h[spec.name]).max()) for w, h in zip(self.own, got, strict=True))
            for spec in self.specs[1]
        }
        steps = [apart[spec.name] / spec.scale for spec in self.specs[1] if spec.scale]
        return {
            "finite": finite,
            "largest": apart if finite else {},
            "steps": round(max(steps)) if finite and steps else None,
            "decisions": self._decisions(got) if finite else {},
        }

    def _in_order(self, made: Mapping[str, Array]) -> Mapping[str, Array]:
        """Outputs in the model's order, for tools that neither keep it nor the names: by size."""
        wanted = [self.own[0][spec.name].size for spec in self.specs[1]]
        found = {array[0].size: array for array in made.values()}
        if len(found) < len(wanted) or set(found) != set(wanted):
            return made
        return {str(place): found[size] for place, size in enumerate(wanted)}

    def _restored(self, made: Mapping[str, Array], number: int) -> dict[str, Array]:
        """Outputs in the model's shapes; integers of the file as the reals that they stand for."""
        found = {}
        for place, spec in enumerate(self.specs[1]):
            array, wanted = made[str(place)][number], self.own[number][spec.name]
            if array.size != wanted.size:
                raise ValueError(f"output {spec.name} has shape {list(array.shape)} instead of {list(wanted.shape)}")
            found[spec.name] = dequantize(array.reshape(wanted.shape), spec).astype(np.float32)
        return found

    def _decisions(self, got: list[dict[str, Array]]) -> dict[str, Any]:
        replayed = {"own": iter(self.own), "got": iter(got)}
        reference = Reference("its own runtime", lambda _: next(replayed["own"]))
        with Judge(reference, self.artifact.contract, lambda: self.images, "images") as judge:
            (found,) = judge.score([Candidate(lambda _: next(replayed["got"]))])
        assert found.decisions is not None
        return found.decisions.as_dict()


def exported(work: Path, only: str, remembered: bool) -> Iterator[Given]:
    """Every artifact, exported unless the work folder has it or `remembered`; those whose name holds the word."""
    wanted = _Wanted(only, remembered)
    weights, scenes = SHARED / "weights", SHARED / "scenes"
    groups = sorted((SHARED / "labelled").glob("*.jpg"))
    pictures = (*groups, *sorted(scenes.iterdir()))[:IMAGES]
    options = ("--weights", str(weights / "retinaface_mnet025_1mb.pth"), "--variant", "1mb")
    wide = Subject("detector", ("retinaface_mnet025", *options, "--calibration", str(scenes), "--input", "256x320"))
    finder = _artifact(work, wide, "onnx-fp32")
    yield from _given(work, wide, KINDS, pictures, None, wanted)
    yield from _given(work, wide, (FLOAT_ENDS,), pictures, None, wanted)
    odd = Subject("detector 240×320", (*wide.options[:-1], "240x320"))
    yield from _given(work, odd, (INTEGER,), pictures, None, wanted)
    faces = _faces(work / "faces")
    options = ("--weights", str(weights / "mobilefacenet_prelu_112x96.ckpt"), "--calibration", str(faces))
    small = Subject("recognizer", ("mobilefacenet", *options, "--detector", str(finder.folder)))
    yield from _given(work, small, KINDS, tuple(sorted(faces.iterdir()))[: 3 * IMAGES : 3], Detector(finder), wanted)


def _given(
    work: Path,
    subject: Subject,
    kinds: tuple[str, ...],
    files: tuple[Path, ...],
    finder: Detector | None,
    wanted: _Wanted,
) -> Iterator[Given]:
    for kind in kinds:
        if wanted.word in f"{subject.name} {kind}" and not (wanted.remembered and not _found(work, subject, kind)):
            yield Given(subject.name, kind, _artifact(work, subject, kind), files, finder)


def _found(work: Path, subject: Subject, kind: str) -> list[Path]:
    target = kind.split(maxsplit=1)[0]
    return [path.parent for path in _folder(work, subject, kind).glob(f"*-{target}/manifest.json")]


def _folder(work: Path, subject: Subject, kind: str) -> Path:
    return work / subject.name.replace(" ", "-").replace("×", "x") / _FOLDERS[len(kind.split()) - 1]


def _artifact(work: Path, subject: Subject, kind: str) -> Artifact:
    target, *options = kind.split()
    if not _found(work, subject, kind):
        together = [each for each in KINDS if " " not in each]
        quantized = [each for each in together if each.endswith("int8")]
        batches = [[target]] if options else [quantized, [each for each in together if each not in quantized]]
        for batch in batches:
            _export(subject, batch, options, _folder(work, subject, kind))
    return Artifact.open(_found(work, subject, kind)[0])


def _export(subject: Subject, targets: list[str], options: list[str], folder: Path) -> None:
    print(f"exporting {subject.name}, {' '.join([*targets, *options])}", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", "edgeface", "--quiet", "export", *subject.options, *options]
    command += ["--target", ",".join(targets), "--no-latency", "--no-images", "--out", str(folder), "--json"]
    command += ["--effort", "fast"] if targets[0].endswith("int8") else []
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{subject.name}, {targets}: {done.stderr or json.loads(done.stdout)}")


def _faces(folder: Path) -> Path:
    """Images of people who are in no pair."""
    if not folder.exists():
        folder.mkdir(parents=True)
        stored = np.load(SHARED / "lfw" / "extra_250.npz")
        names, offsets, blob = stored["names"], stored["off"], stored["blob"]
        for index in range(0, len(names), EVERY):
            (folder / f"{names[index]}.jpg").write_bytes(blob[offsets[index] : offsets[index + 1]].tobytes())
    return folder
