"""The folder in which the documentation's commands run: every file that they name, real ones."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import torch
from pages import DOCS, block_of

WEIGHTS = {
    "my.pth": "retinaface_mnet025_official.pth",
    "detector.pth": "retinaface_mnet025_1mb.pth",
    "recognizer.ckpt": "mobilefacenet_prelu_112x96.ckpt",
}
PAIRS = 100


def fill(folder: Path, data: Path) -> None:
    """Put into an empty folder what commands of README and docs/ read, from the folder of real data."""
    scenes = sorted((data / "scenes").glob("*.jpg"))
    for name, source in WEIGHTS.items():
        (folder / name).symlink_to(data / "weights" / source)
    (folder / "det_500m.onnx").symlink_to(data / "onnx" / "det_500m.onnx")
    (folder / "detector.onnx").symlink_to(data / "onnx" / "yunet_2021_120x160.onnx")
    shutil.copyfile(DOCS / "contracts" / "yunet_2021.toml", folder / "detector.toml")
    (folder / "photos").mkdir()
    for index, scene in enumerate(scenes[::12]):
        shutil.copyfile(scene, folder / "photos" / ("one.jpg" if index == 0 else scene.name))
    _portraits(data, folder)
    (folder / "lfw").symlink_to(data / "lfw" / "images")
    (folder / "labeled").symlink_to(data / "labelled")
    _pairs(data / "lfw" / "pairs_dev.txt", folder / "pairs.txt")
    _clip(scenes[:4], folder / "clip.mp4")
    torch.save({"conv1.weight": torch.zeros(16, 3, 3, 3), "fc.weight": torch.zeros(10, 16)}, folder / "other.pth")
    cv2.imwrite(str(folder / "nothing.png"), np.full((240, 320, 3), 90, np.uint8))
    (folder / "weights-licence.txt").write_text("Apache-2.0\n")
    (folder / "board.toml").write_text(block_of("budgets.md", "toml", "[limits."))


def _portraits(data: Path, folder: Path) -> None:
    """Images of one person each: 60 faces/, the people/ of a gallery, three others; and group.jpg, of three persons."""
    with np.load(data / "lfw" / "extra_250.npz") as stored:
        blob, offsets = stored["blob"], stored["off"]
    for name in ("faces", "people"):
        (folder / name).mkdir()
    for index in range(62):
        image = blob[offsets[40 * index] : offsets[40 * index + 1]].tobytes()
        (folder / "faces" / f"{index:02}.jpg").write_bytes(image)
        if index in {60, 61}:
            (folder / ("a.jpg" if index == 60 else "b.jpg")).write_bytes(image)
            (folder / "image.jpg").write_bytes(image)
            (folder / "people" / f"{index}.jpg").write_bytes(image)
    together = [cv2.imread(str(folder / "faces" / f"{index:02}.jpg")) for index in (3, 60, 61)]
    cv2.imwrite(str(folder / "group.jpg"), np.hstack([image for image in together if image is not None]))


def _clip(scenes: list[Path], path: Path) -> None:
    """A video of two seconds that shows some scenes."""
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"mp4v"), 10.0, (320, 240))
    for number in range(20):
        image = cv2.imread(str(scenes[number // 5]))
        assert image is not None
        writer.write(cv2.resize(image, (320, 240), interpolation=cv2.INTER_AREA))
    writer.release()


def _pairs(source: Path, goal: Path) -> None:
    """The first of each kind of pairs, in LFW's form."""
    _, *lines = source.read_text().splitlines()
    same = [line for line in lines if len(line.split("\t")) == 3][: PAIRS // 2]
    other = [line for line in lines if len(line.split("\t")) == 4][: PAIRS // 2]
    goal.write_text("\n".join([str(len(same)), *same, *other]) + "\n")


def check_written(path: Path, max_bundle_bytes: float = 2.7e6) -> None:
    """What `--out` names is there, an image is one, and a bundle is small."""
    assert path.exists(), path.name
    if path.suffix == ".jpg":
        assert cv2.imread(str(path)) is not None
    if path.name.endswith(".tar.gz"):
        assert path.stat().st_size < max_bundle_bytes
