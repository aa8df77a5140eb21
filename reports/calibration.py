"""Write reports/calibration.md: time and memory of calibration beside plain inference over the same images.

    python reports/calibration.py --images DIR [--count 1000] [--rounds 3] [export's --model, --weights, --variant]

Crops of the folder's images are made until there are enough. Every measurement is a process of its own; plain inference
and calibration take turns. Both read and prepare the images and run the network the same way, by as many threads.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import cv2

from edgeface.backends.onnx.runner import OrtRunner
from edgeface.compile.calibrate import calibrate
from edgeface.compile.job import Job
from edgeface.compile.open_job import open_job
from edgeface.compile.request import ExportRequest
from edgeface.compile.requested import requested_recipe
from edgeface.core.blas_threads import one_blas_thread
from edgeface.core.prefetch import map_ahead, processors
from edgeface.graph.onnx_writer import write_onnx
from edgeface.images.folder import list_images
from edgeface.images.split import Images
from edgeface.tasks import task_of
from edgeface.validate.inputs import task_images

FEW = 40
TEXT = """# Calibration: time and memory

`python reports/calibration.py` on {processors} processors; {model}, {count} images, median of {rounds} rounds that take
turns. Plain inference reads and prepares every image and runs the float32 network in ONNX Runtime; calibration does
that and gathers the statistics of {values} values. Both work on as many images at once as there are processors.

| | seconds | CPU seconds | peak memory, MB |
|---|---|---|---|
| plain inference, {count} images | {plain[wall]:.1f} | {plain[cpu]:.1f} | {plain[peak]:.0f} |
| calibration, {count} images | {calibration[wall]:.1f} | {calibration[cpu]:.1f} | {calibration[peak]:.0f} |
| calibration, {few} images | {start[wall]:.1f} | {start[cpu]:.1f} | {start[peak]:.0f} |
| {count} images: calibration / plain | **{wall:.2f}** | **{cpu:.2f}** | |

{count} images take {more:+.0f} MB more memory than {few}.
"""


def crops(images: Path, count: int, folder: Path) -> list[Path]:
    """Images of a folder, then crops of them, until there are enough."""
    files, made = list_images(images), []
    for index in range(count):
        image = cv2.imread(str(files[index % len(files)]))
        off = index // len(files)
        made.append(folder / f"{index:05}.jpg")
        if not made[-1].exists():
            cv2.imwrite(str(made[-1]), image[off : image.shape[0] - off, 2 * off :], [cv2.IMWRITE_JPEG_QUALITY, 92])
    return made


def opened(given: argparse.Namespace, files: list[Path]) -> Job:
    """The job that calibrates with these files."""
    request = ExportRequest(model=given.model, weights=given.weights, variant=given.variant, color=given.color)
    return open_job(request, requested_recipe(request), Images(tuple(files), composed=frozenset({"calibration"})))


@one_blas_thread()
def plain(job: Job) -> None:
    """Run the network on every image."""
    contract = job.source.contract
    task, run = task_of(contract), OrtRunner(write_onnx(job.graph)).run
    images = task_images(job.images.calibrate, "running", contract, job.detector)
    for _ in map_ahead(run, ({contract.input.name: task.prepare(image, contract).tensor} for image in images)):
        pass


def measure(given: argparse.Namespace) -> None:
    """Print what one run took, as JSON."""
    files = sorted(Path(given.work).iterdir())[: FEW if given.run == "start" else given.count]
    job = opened(given, files)
    start, cpu = time.perf_counter(), time.process_time()
    plain(job) if given.run == "plain" else calibrate(job)
    found = {"wall": time.perf_counter() - start, "cpu": time.process_time() - cpu}
    found["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({**found, "values": len(job.graph.activations)}))


def main() -> None:
    """Measure, and write the report."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--images", type=Path)
    parser.add_argument("--model", default="retinaface_mnet025")
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--variant")
    parser.add_argument("--color")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--run", choices=("plain", "calibration", "start"))
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".md"))
    given = parser.parse_args()
    if given.run:
        measure(given)
        return
    with tempfile.TemporaryDirectory() as folder:
        crops(given.images, given.count, Path(folder))
        runs: dict[str, list[dict[str, float]]] = {"plain": [], "calibration": [], "start": []}
        for _ in range(given.rounds):
            for name, found in runs.items():
                words = [sys.executable, *sys.argv, "--work", folder, "--run", name]
                ended = subprocess.run(words, check=True, capture_output=True, text=True)
                found.append(json.loads(ended.stdout))
                print(name, found[-1], file=sys.stderr)
    middle = {name: {key: median(each[key] for each in found) for key in found[0]} for name, found in runs.items()}
    ratios = {
        key: median(a[key] / b[key] for a, b in zip(runs["calibration"], runs["plain"], strict=True))
        for key in ("wall", "cpu")
    }
    more = middle["calibration"]["peak"] - middle["start"]["peak"]
    what = {"processors": processors(), "model": given.model, "count": given.count, "rounds": given.rounds, "few": FEW}
    text = TEXT.format(**what, **middle, **ratios, more=more, values=int(middle["plain"]["values"]))
    given.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
