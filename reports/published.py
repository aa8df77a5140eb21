"""Published milliseconds of ncnn's own benchmark, with the counts of its networks on an emulated core.

`rows_of(core, threads)` gives what is fitted to. Counting takes long (VGG-16 minutes), so counts are kept as JSON in
the cache of the emulated devices: one file for each network, kind of core, plugin and version of ncnn. Networks have
weights of zero, as in the benchmark.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path

from edgeface.devices.count import Counts, count_models
from edgeface.devices.install import cache_folder
from edgeface.devices.pins import SITES
from edgeface.devices.runner import Loading

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "rk3399"
VERSION = next(wheel.version for wheel in SITES["current"] if wheel.name == "ncnn")
LOADING = Loading("ncnn", weightless=True)
SESSION = 8
"""Networks that are counted before their counts are kept: starting takes longer than most of them."""


@dataclass(frozen=True)
class Row:
    """A published mean, and the network's counts."""

    network: str
    ms: float
    counts: Counts


def rows_of(core: str, threads: int, counted_on: str | None = None, data: Path = DATA) -> list[Row]:
    """The published rows for so many cores of a kind, in the file's order.

    Args:
        core: kind of core that was measured, in lower case.
        threads: cores that ran.
        counted_on: kind of core that is counted, by default the same.
        data: folder with published_ncnn.csv and ncnn_params/.
    """
    with (data / "published_ncnn.csv").open(encoding="utf-8", newline="") as file:
        given = {
            row["network"]: float(row["mean_ms"])
            for row in csv.DictReader(file)
            if (row["core"].lower(), int(row["threads"])) == (core, threads)
        }
    graphs = [data / "ncnn_params" / f"{network}.param" for network in given]
    counts = remembered_counts(graphs, counted_on or core)
    return [Row(name, ms, found) for (name, ms), found in zip(given.items(), counts, strict=True)]


def remembered_counts(graphs: Sequence[Path], core: str) -> list[Counts]:
    """Counts of each graph on a kind of core, counted where they are not kept yet."""
    missing = [graph for graph in graphs if not _entry(graph, core).exists()]
    for start in range(0, len(missing), SESSION):
        together = missing[start : start + SESSION]
        print(f"counting {', '.join(graph.stem for graph in together)} on an {core.upper()} …", flush=True)
        # Later inferences of ncnn cost as the first: there is nothing to warm up, and it takes half the time.
        for graph, counts in zip(together, count_models(together, core, LOADING, warm_up=False), strict=True):
            _entry(graph, core).parent.mkdir(parents=True, exist_ok=True)
            _entry(graph, core).write_text(json.dumps(asdict(counts)), encoding="utf-8")
    return [Counts(**json.loads(_entry(graph, core).read_text(encoding="utf-8"))) for graph in graphs]


def are_remembered(graphs: Sequence[Path], core: str) -> bool:
    """Whether counts of all graphs are kept."""
    return all(_entry(graph, core).exists() for graph in graphs)


def _entry(graph: Path, core: str) -> Path:
    plugin = (resources.files("edgeface.devices") / "counts.c").read_bytes()
    key = hashlib.sha256(graph.read_bytes() + plugin + f"{core} {VERSION}".encode()).hexdigest()[:16]
    return cache_folder() / "published" / f"{graph.stem}-{core}-{key}.json"
