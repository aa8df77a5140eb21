"""Write reports/identify.md: one-to-many identification among a million people.

Run as `.venv/bin/python reports/identify.py [WIDTH,…] [PEOPLE]`; 3 GB of disk for a width of 512, removed at its end.
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
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from identify_data import KINDS, gallery_rows, queries
from identify_loss import loss_lines
from identify_peers import PEERS
from subjects import ROOT

from edgeface.core.versions import versions
from edgeface.gallery.changes import SEGMENT_ROWS
from edgeface.gallery.gallery import Gallery
from edgeface.gallery.manifest import GalleryManifest, RecognizerRecord, write_manifest
from edgeface.gallery.search import brute_force

RUNS, CHECKED, BATCH = 100, 10, 64
LANES = ("faiss", "numpy", "int8 faiss", "int8 numpy")
NOBODY = RecognizerRecord(name="synthetic", target="none", sha256="0" * 64)


def main() -> None:
    widths = [int(width) for width in (sys.argv[1] if len(sys.argv) > 1 else "128,512").split(",")]
    people = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    tables = []
    for width in widths:
        for kind in KINDS:
            with tempfile.TemporaryDirectory() as folder:
                tables.append(measured(Path(folder), kind, width, people))
    text = page(people, tables)
    if people == 1_000_000 and len(widths) > 1:
        (ROOT / "reports" / "identify.md").write_text(text, encoding="utf-8")
    print(text)


def measured(folder: Path, kind: str, width: int, people: int) -> str:
    """The table of one kind of data."""
    built = {}
    for precision in ("float32", "int8"):
        started = time.process_time()
        make_gallery(folder / precision, precision, kind, width, people)
        built[precision] = time.process_time() - started
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
    return "\n".join((head, *rows, "", *loss_lines(folder, kind, width, people)))


def make_gallery(folder: Path, precision: Any, kind: str, width: int, people: int) -> None:
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
    forget(place)
    started = time.perf_counter()
    gallery = Gallery.open(place, search=search, threads=2)
    opened = time.perf_counter() - started
    asked = queries(kind, width, RUNS)
    started = time.perf_counter()
    gallery.nearest(asked[0])
    cold = time.perf_counter() - started
    found = timed(lambda query: gallery.nearest(query, 5), asked)
    started = time.perf_counter()
    many = gallery.search(queries(kind, width, BATCH), 5)
    batch = (time.perf_counter() - started) / BATCH
    memory = anonymous_mb()
    equal = 0
    for query in asked[:CHECKED]:
        wanted, (one,) = brute_force(gallery._segments, query, 5), gallery.search(query[None], 5)
        equal += bool(np.array_equal(wanted.indices, one.indices) and np.array_equal(wanted.scores, one.scores))
    for query, one in list(zip(queries(kind, width, BATCH), many, strict=True))[:3]:
        wanted = brute_force(gallery._segments, query, 5)
        assert np.array_equal(wanted.indices, one.indices)
    times = {"opened": 1e3 * opened, "cold": 1e3 * cold, "batch": 1e3 * batch}
    return {**found, **times, "memory": memory, "equal": f"{equal} of {CHECKED}"}


def peer(folder: Path, kind: str, width: int, name: str) -> dict[str, Any]:
    """The same search by a library alone, in this process."""
    gallery = Gallery.open(folder / "float32", search="numpy")
    rows = np.concatenate([segment.values(slice(None)) for segment in gallery._segments])
    look = PEERS[name](rows)
    asked = queries(kind, width, RUNS)
    look(asked[0])
    found = timed(look, asked[:30])
    equal = 0
    for query in asked[:CHECKED]:
        equal += bool(np.array_equal(brute_force(gallery._segments, query, 5).indices, look(query)))
    return {**found, "memory": anonymous_mb(), "equal": f"{equal} of {CHECKED}"}


def timed(look: Callable[[Any], object], asked: Any) -> dict[str, float]:
    """Median, 95th percentile and CPU of one query, in ms; the first five warm up."""
    for query in asked[:5]:
        look(query)
    taken = []
    before = time.process_time()
    for query in asked:
        started = time.perf_counter()
        look(query)
        taken.append(1e3 * (time.perf_counter() - started))
    cpu = 1e3 * (time.process_time() - before) / len(asked)
    return {"p50": statistics.median(taken), "p95": float(np.percentile(taken, 95)), "cpu": cpu}


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
    import faiss
    import usearch

    used = f"faiss-cpu {faiss.__version__}, usearch {usearch.__version__}, numpy {np.__version__}"
    cpu = next(
        line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line
    )
    head = f"""# One-to-many identification

`.venv/bin/python reports/identify.py`, {date.today()}, {cpu}, two cores, {used}, edgeface {versions()["edgeface"]}.
{people:,} people; {RUNS} queries of one face each, the five nearest; p50 and p95 in wall time with two threads, CPU in
process time. *Opened*: `Gallery.open` with no page of its files in memory; *cold*: the first query after that, from
disk; *memory*: that is the process's own, without mapped files, which the system can drop. *Equal*: results with the
same people in the same order as brute force, and for our own searches the same scores to the bit. int8 is compared with
brute force over what its bytes stand for; what bytes lose is below each table. Libraries alone search what they hold
in memory, as they are called by default.
"""
    return "\n".join((head, *tables)) + "\n"


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        _, _, what, where, kind, width, name = sys.argv
        result = {"lane": lane, "peer": peer}[what](Path(where), kind, int(width), name)
        print(json.dumps(result))
    else:
        main()
