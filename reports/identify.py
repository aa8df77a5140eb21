"""Write reports/identify.md: one-to-many identification among a million people.

Run as `.venv/bin/python reports/identify.py [PEOPLE]`; 3 GB of disk for a width of 512, removed at its end.
Each way to search is measured in a process of its own, on two cores, warm; the machine should do nothing else. Each
result is compared with brute force, which is the score of every row. How data are made: `identify_data.py`.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from identify_data import KINDS, gallery_rows, queries
from identify_loss import loss_lines, real_lines
from identify_peers import PEERS
from subjects import ROOT

from edgeface.core.versions import versions
from edgeface.gallery.changes import SEGMENT_ROWS
from edgeface.gallery.gallery import Gallery
from edgeface.gallery.manifest import GalleryManifest, RecognizerRecord, write_manifest
from edgeface.gallery.scan_choice import choose_scan
from edgeface.gallery.search import brute_force

RUNS, CHECKED, BATCH = 100, 5, 64
CASES = (("random", 512), ("random", 128))
LANES = ("faiss", "numpy", "int8 faiss", "int8 numpy")
NOBODY = RecognizerRecord(name="synthetic", target="none", sha256="0" * 64)


def main() -> None:
    """Measure each width and kind of data, and write the page."""
    people = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    tables = []
    for kind, width in CASES:
        with tempfile.TemporaryDirectory() as folder:
            tables.append(measured(Path(folder), kind, width, people))
            print(tables[-1], flush=True)
    text = page(people, [*tables, "\n".join(real_lines())])
    if people == 1_000_000:
        (ROOT / "reports" / "identify.md").write_text(text, encoding="utf-8")


def measured(folder: Path, kind: str, width: int, people: int) -> str:
    """The table of one kind of data."""
    built = {}
    for precision in ("float32", "int8"):
        started = time.process_time()
        make_gallery(folder / precision, precision, kind, width, people)
        built[precision] = time.process_time() - started
        compare_all(folder / precision, kind, width)
    lanes = {lane: run_child("lane", folder, kind, width, lane) for lane in LANES}
    peers = {peer: run_child("peer", folder, kind, width, peer) for peer in PEERS}
    rows = ["| search | p50 ms | p95 ms | CPU ms | 64 at once, ms each | opened, ms | cold, ms | memory MB | equal |"]
    rows.append("|---|---|---|---|---|---|---|---|---|")
    for lane, found in lanes.items():
        rows.append(
            f"| {lane} | {found['p50']:.1f} | {found['p95']:.1f} | {found['cpu']:.1f} | {found['batch']:.1f} | "
            f"{found['opened']:.1f} | {found['cold']:.0f} | {found['memory']:.0f} | {found['equal']} |"
        )
    for peer, found in peers.items():
        rows.append(
            f"| {peer} | {found['p50']:.1f} | {found['p95']:.1f} | {found['cpu']:.1f} | – | – | – | "
            f"{found['memory']:.0f} | {found['equal']} |"
        )
    sizes = ", ".join(f"{name} {Gallery.open(folder / name).bytes / 1e6:,.0f} MB" for name in built)
    made = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in built.items())
    head = f"## {width} numbers, {kind}\n\n{KINDS[kind]}\n\nOn disk: {sizes}. Added in CPU seconds: {made}.\n"
    return "\n".join((head, *rows, "", *loss_lines(folder, kind, width)))


def make_gallery(folder: Path, precision: Any, kind: str, width: int, people: int) -> None:
    """A gallery of so many people, written segment by segment."""
    folder.mkdir()
    write_manifest(
        folder,
        GalleryManifest(recognizer=NOBODY, width=width, precision=precision, people=0, next_segment=0, segments=()),
    )
    gallery = Gallery.open(folder)
    for start in range(0, people, SEGMENT_ROWS):
        count = min(SEGMENT_ROWS, people - start)
        names = [f"person {start + index}" for index in range(count)]
        gallery.add(names, gallery_rows(kind, width, start, count))


def compare_all(folder: Path, kind: str, width: int) -> None:
    """Keep what comparing everyone gives for the first queries."""
    gallery = Gallery.open(folder)
    found = [brute_force(gallery._segments, query, 5) for query in queries(kind, width, RUNS)[:CHECKED]]
    np.savez(
        folder / "wanted.npz",
        indices=[each.indices for each in found],
        scores=[each.scores for each in found],
    )


def run_child(*words: object) -> dict[str, Any]:
    """What a process of its own prints, on two cores."""
    command = ["taskset", "-c", "0,1", sys.executable, __file__, "--child", *map(str, words)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found: dict[str, Any] = json.loads(said.splitlines()[-1])
    return found


def lane(folder: Path, kind: str, width: int, name: str) -> dict[str, Any]:
    """A gallery of ours, in this process."""
    precision, _, search = name.rpartition(" ")
    place = folder / (precision or "float32")
    choose_scan(search)  # imports what it needs
    forget(place)
    started = time.perf_counter()
    gallery = Gallery.open(place, search=search, threads=2)
    opened = time.perf_counter() - started
    asked = queries(kind, width, RUNS)
    started = time.perf_counter()
    gallery.nearest(asked[0])
    cold = time.perf_counter() - started
    found = timed(lambda query: gallery.nearest(query, 5), asked)
    alone(True)
    started = time.perf_counter()
    many = gallery.search(asked[:BATCH], 5)
    batch = (time.perf_counter() - started) / BATCH
    alone(False)
    memory = anonymous_mb()
    wanted = np.load(place / "wanted.npz")
    equal = 0
    for number, query in enumerate(asked[:CHECKED]):
        for one in (gallery.search(query[None], 5)[0], many[number]):  # the first of the 64 are the same
            same = np.array_equal(wanted["indices"][number], one.indices)
            equal += same and np.array_equal(wanted["scores"][number], one.scores)
    times = {"opened": 1e3 * opened, "cold": 1e3 * cold, "batch": 1e3 * batch}
    return {**found, **times, "memory": memory, "equal": f"{equal} of {2 * CHECKED}"}


def peer(folder: Path, kind: str, width: int, name: str) -> dict[str, Any]:
    """The same search by a library alone, in this process."""
    gallery = Gallery.open(folder / "float32", search="numpy")
    rows = np.concatenate([segment.values(slice(None)) for segment in gallery._segments])
    look = PEERS[name](rows)
    asked = queries(kind, width, RUNS)
    look(asked[0])
    found = timed(look, asked[:30])
    wanted = np.load(folder / "float32" / "wanted.npz")["indices"]
    equal = sum(np.array_equal(wanted[number], look(query)) for number, query in enumerate(asked[:CHECKED]))
    return {**found, "memory": anonymous_mb(), "equal": f"{equal} of {CHECKED}"}


def timed(look: Callable[[Any], object], asked: Any) -> dict[str, float]:
    """Median, 95th percentile and CPU of one query, in ms; the first five warm up."""
    for query in asked[:5]:
        look(query)
    asked = asked[: max(20, min(len(asked), int(len(asked) * 20 / _ms(look, asked[0]))))]
    taken = []
    alone(True)
    before = time.process_time()
    for query in asked:
        started = time.perf_counter()
        look(query)
        taken.append(1e3 * (time.perf_counter() - started))
    cpu = 1e3 * (time.process_time() - before) / len(asked)
    alone(False)
    return {"p50": statistics.median(taken), "p95": float(np.percentile(taken, 95)), "cpu": cpu}


def _ms(look: Callable[[Any], object], query: Any) -> float:
    started = time.process_time()
    look(query)
    return 1e3 * (time.process_time() - started)


def alone(yes: bool) -> None:
    """Let every thread of this process go before other processes where it may, for a few seconds; or no longer."""
    policy, priority = (os.SCHED_RR, 1) if yes else (os.SCHED_OTHER, 0)
    with suppress(PermissionError):
        for thread in Path("/proc/self/task").iterdir():
            os.sched_setscheduler(int(thread.name), policy, os.sched_param(priority))


def forget(folder: Path) -> None:
    """Let the system drop what it holds of a gallery's files."""
    for path in folder.rglob("*.npy"):
        with path.open("rb") as stream:
            os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def anonymous_mb() -> float:
    """Memory of this process that is its own, in MB: what is mapped from files can be dropped at any time."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) / 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def page(people: int, tables: list[str]) -> str:
    """The whole page."""
    import faiss
    import usearch

    used = f"faiss-cpu {faiss.__version__}, usearch {usearch.__version__}, numpy {np.__version__}"
    cpu = next(
        line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line
    )
    head = f"""# One-to-many identification

`.venv/bin/python reports/identify.py`, {date.today()}, {cpu}, two cores, {used}, edgeface {versions()["edgeface"]}.
{people:,} people; up to {RUNS} queries of one face each, the five nearest; p50 and p95 in wall time with two threads,
CPU in process time; the process went before all others (SCHED_RR). *Opened*: `Gallery.open` with no page of its files
in memory, libraries imported; *cold*: the first query after that, from disk; *memory*: that is the process's own,
without mapped files, which the system can drop. *Equal*: results with the same people in the same order as brute
force, and for our own searches the same scores to the bit. int8 is compared with brute force over what its bytes stand
for; what bytes lose is below each table. Libraries alone search what they hold in memory, as they are called by
default.

Opened and cold are wall times of a machine that did other work too.
"""
    return "\n".join((head, *tables)) + "\n"


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        _, _, what, where, kind, width, name = sys.argv
        result = {"lane": lane, "peer": peer}[what](Path(where), kind, int(width), name)
        print(json.dumps(result))
    else:
        main()
