"""Measure from which cosine on the sample recognizer's embeddings are one person's, and keep it beside its weights.

`python recipes/samples/measure_threshold.py --data DIR [--out FILE]`

On the images of LFW's View 1 test list, which neither training nor calibration saw: its 500 pairs of one person, and
all pairs of images of two persons: the list itself holds 500, too few to count one false accept in a thousand. Both
sample models find, align and embed the faces, in float32, which decides, and in int8, which is beside it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeface.core.confidence import share_interval
from edgeface.errors import InputError
from edgeface.evaluation.verification import pair_scores
from edgeface.images.files import read_image
from edgeface.inference.pipeline import FacePipeline
from edgeface.samples import SAMPLES
from edgeface.tasks.recognition.pairs import Pairs, find_images, read_pairs
from edgeface.tasks.recognition.verification import best_threshold

FAR = 1e-3
MODELS = ("retinaface_mnet025", "mobilefacenet")
FORMS = {"float32": "onnx-fp32", "int8": "tflite-int8"}
OUT = Path(__file__).parents[2] / "edgeface" / "samples" / "mobilefacenet_threshold.json"


@dataclass(frozen=True)
class Scores:
    """Cosines.

    Attributes:
        pairs: float64 [n], of the list's pairs in order; −1 where an image shows no face.
        impostors: float64 [m], of all pairs of images of two persons.
    """

    pairs: NDArray[np.float64]
    impostors: NDArray[np.float64]


def main() -> None:
    """Export, embed, measure, and write."""
    parser = argparse.ArgumentParser(description="Measure the sample recognizer's threshold.")
    parser.add_argument("--data", type=Path, required=True, help="a folder with lfw/images and lfw/pairs_dev.txt")
    parser.add_argument("--out", type=Path, default=OUT, help="the file that is written")
    options = parser.parse_args()
    pairs = read_pairs(options.data / "lfw" / "pairs_dev.txt")
    images = find_images(pairs, options.data / "lfw" / "images")
    with tempfile.TemporaryDirectory() as folder:
        given = ("--target", ",".join(FORMS.values()), "--out", folder, "--no-latency")
        for model in MODELS:
            subprocess.run([sys.executable, "-m", "edgeface", "-q", "export", model, *given], check=True)
        scores = {
            form: _scores(pairs, _embedded(images, [Path(folder) / f"{model}-{target}" for model in MODELS]))
            for form, target in FORMS.items()
        }
    found = measured(scores["float32"], scores["int8"], pairs.same)
    options.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=1))


def measured(exact: Scores, int8: Scores, same: NDArray[np.bool_]) -> dict[str, Any]:
    """What is kept: the cosine, how it was found, and with what rates.

    Args:
        exact: by float32, which decides.
        int8: by int8, at the same cosine.
        same: bool [n], whether a listed pair is of one person.
    """
    highest = np.sort(exact.impostors)[::-1]
    cosine = round(float(np.nextafter(highest[int(FAR * len(highest))], 1)), 3) + 1e-3
    return {
        "cosine": round(cosine, 3),
        "basis": f"the lowest at which at most {FAR:g} of the pairs of two persons are accepted, to three digits",
        "on": "the images of LFW's View 1 test list (1 000 pairs), faces found by the sample detector",
        "by": "recipes/samples/measure_threshold.py",
        "date": date.today().isoformat(),
        "weights_sha256": {model: SAMPLES[model].sha256 for model in MODELS},
        "float32": _rates(exact, same, cosine),
        "int8": _rates(int8, same, cosine),
        "best_accuracy": {"cosine": best_threshold(exact.pairs, same).threshold},
    }


def _rates(scores: Scores, same: NDArray[np.bool_], cosine: float) -> dict[str, Any]:
    accepted = scores.pairs >= cosine
    return {
        "true_accepts": _share(int(accepted[same].sum()), int(same.sum())),
        "false_accepts": _share(int((scores.impostors >= cosine).sum()), len(scores.impostors)),
        "false_accepts_of_the_list": _share(int(accepted[~same].sum()), int((~same).sum())),
    }


def _share(count: int, total: int) -> dict[str, Any]:
    found = share_interval(count, total)
    return {"count": count, "pairs": total, "rate": found.value, "interval_95": [found.low, found.high]}


def _embedded(images: dict[str, Path], folders: list[Path]) -> dict[str, NDArray[np.float32]]:
    """The main face's embedding [1,width] of each image; [0,width] where there is no face."""
    pipeline = FacePipeline.open(*folders)
    nobody = np.zeros((0, pipeline.recognizer.contract.width), np.float32)
    found = {}
    for name, path in images.items():
        try:
            found[name] = pipeline.main_face(read_image(path), name).embedding[None]
        except InputError:
            found[name] = nobody
    return found


def _scores(pairs: Pairs, embedded: dict[str, NDArray[np.float32]]) -> Scores:
    listed = pair_scores([embedded[p.first] for p in pairs.pairs], [embedded[p.second] for p in pairs.pairs])
    shown = {name: rows for name, rows in embedded.items() if len(rows)}
    person = np.array([Path(name).parent.name for name in shown])
    cosines = np.concatenate(list(shown.values())).astype(np.float64)
    first, second = np.triu_indices(len(person), 1)
    others = person[first] != person[second]
    return Scores(listed, (cosines @ cosines.T)[first[others], second[others]])


if __name__ == "__main__":
    main()
