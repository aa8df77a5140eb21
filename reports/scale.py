"""Write reports/scale.md: what an engine costs, measured, and beside it what the simulation says.

    python reports/scale.py --images DIR --detector ARTIFACT --recognizer ARTIFACT [--count 300] [--rounds 3]

Ray is started on this machine with two processors for real work, and with sixteen for parts that sleep: workers that
sleep need no processor, so that more of them than there are processors show how parts are given out.
"""

from __future__ import annotations

import argparse
import os
import pickle
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from scale_simulation import Run, simulate
from scale_sleep import Sleep

from edgeface.compile.observing import PART as CALIBRATION_PART
from edgeface.compile.observing import Observing
from edgeface.compile.open_job import open_job
from edgeface.compile.request import ExportRequest
from edgeface.compile.requested import requested_recipe
from edgeface.engine.cargo import Cargo
from edgeface.engine.ray_cluster import load_ray
from edgeface.engine.ray_engine import Ray
from edgeface.engine.serve import Serving
from edgeface.engine.task import parts_of
from edgeface.evaluation.compute import PART
from edgeface.evaluation.look import Look
from edgeface.evaluation.work import DetectWork, EmbedWork
from edgeface.images.folder import list_images
from edgeface.images.split import Images
from edgeface.quantize.bounds import Bounds
from edgeface.quantize.observe import held_kinds
from edgeface.quantize.sampling import Sampling
from edgeface.quantize.sums import Sums

TEXT = """# Many machines: what an engine costs

`python reports/scale.py --images lfw/images --detector … --recognizer …` on two processors; Ray on this machine.
[docs/scale.md](../docs/scale.md) says what follows.

## Two workers against one

{images} photographs of LFW, each detected and embedded by onnx-fp32 artifacts, one thread a worker; medians of {rounds}
rounds that take turns; from when every worker has answered. "ray" is what Ray's own processes take, with work or
without.

{efficiency}

## Bytes that are moved

{moved}

## The simulation against real runs

Parts that sleep need no processor, so that more workers than processors can be watched: on a real Ray cluster of two
machines of four processors each, all here. `reports/scale_simulation.py` is told the seconds of a part, and what a part
costs the caller: {caller:.2f} ms, measured with empty parts.

{sleeping}

## What the simulation says of more workers

Parts of {part} images at {image:.1f} ms each, {caller:.2f} ms of the caller for each part, 2 ms on the network; 30
parts for each worker, the end with idle workers included.

{predicted}
"""

os.environ["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
TICKS = os.sysconf("SC_CLK_TCK")


def processes() -> dict[int, tuple[str, float]]:
    """The processes below this one, and it: by number, the command and the CPU seconds."""
    found: dict[int, tuple[int, str, float]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_text().replace("\0", " ")
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        found[int(folder.name)] = (int(fields[1]), command, (int(fields[11]) + int(fields[12])) / TICKS)
    below, size = {os.getpid()}, 0
    while size < len(below):
        size = len(below)
        below |= {number for number, (parent, _, _) in found.items() if parent in below}
    return {number: found[number][1:] for number in below if number in found}


def spent(before: dict[int, tuple[str, float]], after: dict[int, tuple[str, float]]) -> dict[str, float]:
    """CPU seconds of workers, of the caller, and of Ray itself."""
    total = {"workers": 0.0, "caller": 0.0, "ray": 0.0}
    for number, (command, seconds) in after.items():
        kind = "caller" if number == os.getpid() else "workers" if "ray::RayWorker" in command else "ray"
        total[kind] += seconds - before.get(number, ("", 0.0))[1]
    return total


@contextmanager
def started(processors: int) -> Iterator[Any]:
    """Ray on this machine, quiet."""
    ray = load_ray()
    ray.init("local", num_cpus=processors, include_dashboard=False, object_store_memory=200 << 20, log_to_driver=False)
    try:
        yield ray
    finally:
        ray.shutdown()


def timed(engine: Ray, task: Any, parts: list[Any]) -> dict[str, float]:
    """Seconds and CPU seconds per image of a run, from when every worker has answered once."""
    first = 2 * engine.workers
    before, since, done = {}, 0.0, 0
    for number, _ in enumerate(engine.run(task, parts)):
        if number + 1 == first:
            before, since, done = processes(), time.perf_counter(), sum(len(part) for part in parts[:first])
        if number + 1 == len(parts) - engine.workers:
            after, until, last = processes(), time.perf_counter(), sum(len(part) for part in parts[: number + 1])
    return {"wall": (until - since) / (last - done)} | {
        name: seconds / (last - done) for name, seconds in spent(before, after).items()
    }


def efficiency(files: list[Path], detector: Path, recognizer: Path, rounds: int) -> tuple[list[str], float]:
    """Two workers against one on the embeddings of an evaluation; and the seconds of an image."""
    task = Look(EmbedWork((recognizer,), detector))
    parts = list(parts_of(((file, number, (0,)) for number, file in enumerate(files)), PART))
    rows: dict[int, list[dict[str, float]]] = {1: [], 2: []}
    with started(2):
        for _ in range(rounds):
            for workers, found in rows.items():
                found.append(timed(Ray(most=workers), task, parts))
    one, two = (
        {name: median(row[name] for row in rows[workers]) * 1e3 for name in rows[workers][0]} for workers in rows
    )
    both = sum(two[name] for name in ("workers", "caller", "ray"))
    lines = ["| ms per image | 1 worker | 2 workers |", "|---|---|---|"]
    lines += [f"| {name} | {one[name]:.2f} | {two[name]:.2f} |" for name in one]
    walls = [a["wall"] / b["wall"] for a, b in zip(rows[1], rows[2], strict=True)]
    lines += [
        "",
        f"By the clock: {one['wall'] / two['wall']:.2f} × (rounds: {', '.join(f'{ratio:.2f}' for ratio in walls)}). "
        f"By CPU seconds, as two quiet processors would: {one['workers'] / (both / 2):.2f} ×.",
    ]
    return lines, one["workers"] / 1e3


def moved(files: list[Path], detector: Path, recognizer: Path) -> list[str]:
    """Bytes per image that pass between caller and workers, and seconds to merge an answer."""
    lines = ["| work | sent once a machine, MB | part → worker, bytes per image | answer, bytes per image |"]
    lines += ["|---|---|---|---|"]
    sample = files[:PART]
    for name, work in (
        ("embeddings (128 numbers)", EmbedWork((recognizer,), detector)),
        ("faces", DetectWork((detector,))),
    ):
        part = tuple((file, number, (0,)) for number, file in enumerate(sample))
        lines.append(_row(name, Look(work), part))
    request = ExportRequest()
    for name, count, index in (
        ("statistics of 40 images", 40, 0),
        ("statistics of 10 000, a part with a sampled image", 10_000, 0),
        ("the same, a part without (39 of 40)", 10_000, 8),
    ):
        images = Images(tuple(files[:40]), composed=frozenset({"calibration"}))
        job = open_job(request, requested_recipe(request), images)
        task = Observing(job.graph, job.source.contract, held_kinds(job.recipe.quantize.needs), count)
        part = tuple((file, index + number) for number, file in enumerate(files[:CALIBRATION_PART]))
        sums = Sums(Bounds(job.graph), Sampling(count), task.holds)
        lines.append(_row(name, task, part, sums))
    return lines


def _row(name: str, task: Any, part: Any, sums: Sums | None = None) -> str:
    cargo = pickle.dumps(Cargo.of(task), pickle.HIGHEST_PROTOCOL)
    answer = Serving(cargo).answer(0, part)
    found = pickle.loads(answer)
    if found.error is not None:
        raise found.error
    merged = ""
    if sums is not None:
        since = time.process_time()
        found.result.summed.add_to(sums)
        merged = f"; merged in {(time.process_time() - since) * 1e3:.1f} ms"
    sent = len(pickle.dumps(part))
    return f"| {name} | {len(cargo) / 1e6:.1f} | {sent / len(part):.0f} | {len(answer) / len(part):,.0f}{merged} |"


@contextmanager
def two_machines() -> Iterator[Any]:
    """A cluster of two machines of four processors, both this one; its `second` may be removed."""
    load_ray()
    from ray.cluster_utils import Cluster

    node = {"num_cpus": 4, "object_store_memory": 80 << 20, "include_log_monitor": False}
    cluster = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False, "no_monitor": True})
    cluster.second = cluster.add_node(**node)
    os.environ["RAY_ADDRESS"] = cluster.address
    try:
        yield cluster
    finally:
        del os.environ["RAY_ADDRESS"]
        cluster.shutdown()


def sleeping() -> tuple[list[str], float]:
    """Measured and simulated runs of parts that sleep; and the caller's seconds for an empty part."""
    lines = ["| run | measured, s | simulated, s | by |", "|---|---|---|---|"]
    with two_machines() as cluster, TemporaryDirectory() as notes:
        caller_s = min(empty_part() for _ in range(3))
        for name, workers, count, task in (
            ("4 workers, 48 parts of 0.5 s", 4, 48, Sleep(0.5)),
            ("8 workers, 48 parts of 1 s", 8, 48, Sleep(1.0)),
            ("8 workers, 50 parts of 1 s: two are left over", 8, 50, Sleep(1.0)),
            ("8 workers, 48 parts of 1 s, the last one 30 s unless copied", 8, 48, Sleep(1.0, 47, 30.0, Path(notes))),
        ):
            lines.append(f"| {name} | {slept(workers, count, task, caller_s)}")
        found = slept(8, 48, Sleep(1.0), caller_s, lambda: cluster.remove_node(cluster.second, False))
        lines.append(f"| 8 workers, 48 parts of 1 s, 4 of them lost with their machine after 2 s | {found}")
    return lines, caller_s


def empty_part() -> float:
    """CPU seconds of the caller for a part that takes no time."""
    since, first, count = 0.0, 200, 2200
    for number, _ in enumerate(Ray(most=8).run(Sleep(0), parts_of(range(count), 1))):
        if number == first:
            since = time.process_time()
    return (time.process_time() - since) / (count - first)


def slept(workers: int, count: int, task: Sleep, handled_s: float, lose: Callable[[], None] | None = None) -> str:
    """The end of a row: a run from when every worker has answered, and its simulation.

    `lose` is called after two seconds' parts and loses half of the workers.
    """
    there: set[int] = set()
    began = ended = 0.0

    def parts() -> Iterator[tuple[int]]:
        nonlocal began
        while len(there) < workers:
            yield (-1,)
        began = time.perf_counter()
        yield from ((number,) for number in range(count))

    for _, (number, worker) in Ray(most=workers).run(task, parts()):
        there.add(worker)
        ended = time.perf_counter()
        if lose is not None and number == 2 * workers - 1:
            lose()
    measured = ended - began

    def part_s(part: int, worker: int) -> float:
        first = part == task.late and begun.setdefault(part, worker) == worker
        return task.late_s if first else task.seconds

    begun: dict[int, int] = {}
    lost = dict.fromkeys(range(workers // 2, workers), 2.0) if lose is not None else {}
    simulated, _ = simulate(Run(count, workers, part_s, handled_s, lost=lost))
    return f"{measured:.2f} | {simulated:.2f} | {100 * (simulated / measured - 1):+.1f} % |"


def predicted(part_s: float, images: int, caller_s: float) -> list[str]:
    """What the simulation says of more workers than there are here, and where the caller is busy all the time."""
    lines = ["| workers | efficiency | images per second |", "|---|---|---|"]
    for workers in (1, 4, 16, 64, 256, 1024):
        count = 30 * workers
        seconds, _ = simulate(Run(count, workers, lambda *_: part_s, caller_s, carried_s=0.002))
        lines.append(f"| {workers} | {count * part_s / workers / seconds:.2f} | {count * images / seconds:,.0f} |")
    return lines


def main() -> None:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser()
    for name in ("--images", "--detector", "--recognizer"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    files = list_images(given.images)[: given.count]
    two, image_s = efficiency(files, given.detector, given.recognizer, given.rounds)
    slept_lines, caller_s = sleeping()
    text = TEXT.format(
        images=len(files),
        rounds=given.rounds,
        efficiency="\n".join(two),
        moved="\n".join(moved(files, given.detector, given.recognizer)),
        sleeping="\n".join(slept_lines),
        caller=caller_s * 1e3,
        part=PART,
        image=image_s * 1e3,
        predicted="\n".join(predicted(PART * image_s, PART, caller_s)),
    )
    Path(__file__).with_suffix(".md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
