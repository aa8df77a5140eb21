"""What a gallery of bytes loses, for reports/identify.md."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from identify_data import Rows, queries
from subjects import EVERY, RECOGNISERS, SHARED, edgeface

from edgeface.core.artifact import Artifact
from edgeface.gallery.codes import decode, encode, lasting_steps
from edgeface.gallery.gallery import Gallery
from edgeface.tasks.recognition.comparison import match_threshold

ASKED = 400
ACCEPTED = 0.05


def loss_lines(folder: Path, kind: str, width: int) -> list[str]:
    """Lines on the agreement of int8 with float32 in a large gallery: the nearest person, cosines, strangers."""
    floats, bytes_ = Gallery.open(folder / "float32", threads=2), Gallery.open(folder / "int8", threads=2)
    asked = queries(kind, width, ASKED)
    exact, coarse = floats.search(asked), bytes_.search(asked)
    best = np.array([[found.scores[0] for found in side] for side in (exact, coarse)])
    known, strangers = slice(0, None, 2), slice(1, None, 2)
    pairs = list(zip(exact, coarse, strict=True))[known]
    same = sum(one.indices[0] == other.indices[0] for one, other in pairs)
    threshold = np.quantile(best[0, strangers], 1 - ACCEPTED)
    false = (best[:, strangers] >= threshold).mean(axis=1)
    away = np.abs(best[0, known] - best[1, known])
    return [
        f"int8 against float32: of {len(pairs)} faces of people in the gallery, {same} have the same nearest person; "
        f"their cosines differ by {away.mean():.5f} on average and {away.max():.5f} at most. At the threshold where "
        f"{false[0]:.1%} of strangers are taken for someone with floats, {false[1]:.1%} are with bytes.",
        "",
    ]


def real_lines() -> list[str]:
    """Lines on real faces: the images of LFW's test pairs, all against all, in float32 and as bytes."""
    rows = ["| recognizer | threshold | cosine differs, mean (max) | false matches, floats → bytes | true matches |"]
    rows.append("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        faces = work / "faces"
        faces.mkdir()
        stored = np.load(SHARED / "lfw" / "extra_250.npz")
        for index in range(0, len(stored["names"]), EVERY * 8):
            image = stored["blob"][stored["off"][index] : stored["off"][index + 1]]
            (faces / f"{index}.jpg").write_bytes(image.tobytes())
        finder = work / "retinaface_mnet025-onnx-fp32"
        weights = str(SHARED / "weights" / "retinaface_mnet025_official.pth")
        of_faces = ("--calibration", str(faces), "--target", "onnx-fp32", "--out", str(work))
        edgeface("export", "--weights", weights, *of_faces, "--input", "256x256")
        for name, file in RECOGNISERS.items():
            options = (*of_faces[:-1], str(work / name), "--detector", str(finder))
            edgeface("export", "mobilefacenet", *options, "--weights", str(SHARED / "weights" / file), check=False)
            rows.append(f"| {name} | {_real_row(work, finder, work / name / 'mobilefacenet-onnx-fp32')} |")
    return ["## Real faces", "", "Every image of LFW's View 1 test list against every other.", "", *rows, ""]


def _real_row(work: Path, finder: Path, recognizer: Path) -> str:
    out = work / "embeddings.npz"
    models = ("--detector", str(finder), "--recognizer", str(recognizer))
    edgeface("embed", str(SHARED / "lfw" / "images"), "-r", *models, "--out", str(out), check=False)
    stored = np.load(out)
    rows: Rows = stored["embeddings"]
    people = np.array([Path(str(path)).stem.rpartition("_")[0] for path in stored["images"]])
    threshold = match_threshold(Artifact.open(recognizer), None).cosine
    held = decode(encode(rows, lasting_steps(rows)).values, lasting_steps(rows))
    exact, coarse = rows @ rows.T, rows @ held.T
    other = ~np.eye(len(rows), dtype=bool)
    same = (people[:, None] == people[None]) & other
    away = np.abs(exact - coarse)[other]
    shown = []
    for which, digits in ((other & ~same, 5), (same, 2)):
        floats, bytes_ = (float((side[which] >= threshold).mean()) for side in (exact, coarse))
        shown.append(f"{floats:.{digits}%} → {bytes_:.{digits}%} of {int(which.sum()):,}")
    return f"{threshold:.3f} | {away.mean():.5f} ({away.max():.5f}) | {' | '.join(shown)}"
