"""What reports/gpu.sh takes to a machine with a GPU: artifacts, a few images, and checkpoints for torch.

Run as `.venv/bin/python reports/gpu_artifacts.py FOLDER`; it needs `../shared/data` and takes some minutes.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path

from subjects import SHARED, Subject, detector, edgeface, recognizers

SIZES = ("480x640", "1080x1920")
IMAGES = 20
FEW = 8
ARTIFACTS = ("onnx-fp32", "onnx-fp16", "onnx-int8")
ANY_BATCH = ("tensorrt-fp32", "tensorrt-fp16", "tensorrt-int8")
NEEDED = ("model.onnx", "manifest.json", "certificate.json")


def main(folder: Path) -> None:
    """Export all subjects and write `subjects.json`, whose paths are relative to the folder."""
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        scenes = _some(work / "scenes")
        weights = SHARED / "weights" / "retinaface_mnet025_1mb.pth"
        finder = ("--weights", str(weights), "--judge", str(scenes), "--variant", "1mb")
        subjects = [*(detector("1mb", size, scenes) for size in SIZES), *recognizers(work, finder)]
        found = [_taken(subject, work, folder) for subject in subjects]
        shutil.copytree(work / "finder" / "retinaface_mnet025-onnx-fp32", folder / "finder")
    (folder / "subjects.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def _some(folder: Path) -> Path:
    folder.mkdir()
    scenes = sorted((SHARED / "scenes").iterdir())
    for scene in scenes[:: len(scenes) // IMAGES]:
        shutil.copyfile(scene, folder / scene.name)
    return folder


def _taken(subject: Subject, work: Path, folder: Path) -> dict[str, object]:
    name = subject.name.replace(" ", "_").replace("×", "x")
    into = folder / name
    given = [subject.model, "--weights", str(subject.weights), *subject.options, "--out", str(work / name)]
    made: dict[str, str] = {}
    for targets, options in ((ARTIFACTS, ()), (ANY_BATCH, ("--compute-capability", "80", "--batch", "1,8,64"))):
        slower = ("--allow-slower",) if options else ()
        ended = edgeface("export", *given, "--target", ",".join(targets), *options, *slower)
        for target, artifact in zip(targets, ended["artifacts"], strict=True):
            (into / target).mkdir(parents=True)
            for file in NEEDED:
                shutil.copyfile(Path(artifact["folder"]) / file, into / target / file)
            made[target] = f"{name}/{target}"
    images = into / "images"
    images.mkdir()
    for image in sorted(subject.images.iterdir())[: FEW if "1080" in name else IMAGES]:
        shutil.copyfile(image, images / image.name)
    shutil.copyfile(subject.weights, into / subject.weights.name)
    detects = subject.model == "retinaface_mnet025"
    return {
        "name": subject.name,
        "artifacts": made,
        "weights": f"{name}/{subject.weights.name}",
        "images": f"{name}/images",
        "finder": None if detects else "finder",
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))
