"""Time artifacts of several networks in turns, in this one process: `python reports/processors_worker.py FOLDER…`.

Each FOLDER holds the artifacts of one network. Prints JSON: by folder and target the ratio of its processor time to
that of onnx-fp32 beside it, with a bootstrap 95 % interval, and milliseconds. One thread each. By itself it times the
kernels of the processor at hand, by `reports/hide_avx512.py` those of AVX2.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from edgeface.backends.open import Runner, open_runner
from edgeface.bench.export_latency import REFERENCE
from edgeface.bench.rounds import collect, iterations_for, ratio, spread
from edgeface.bench.worker import random_feed
from edgeface.core.artifact import Artifact

ROUNDS, BATCH_MS = 11, 40.0


def main() -> None:
    """Time every network, one after another."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    print(json.dumps({folder.name: timed(folder, given.rounds) for folder in given.folders}))


def timed(folder: Path, rounds: int) -> dict[str, list[float]]:
    """[ratio, low, high, milliseconds] of each artifact in a folder, by target."""
    artifacts = [Artifact.open(path.parent) for path in sorted(folder.glob("*/manifest.json"))]
    runs = {each.manifest.target: _run(open_runner(each)) for each in artifacts}
    sizes = {name: iterations_for(run, BATCH_MS) for name, run in runs.items()}
    samples = collect(runs, sizes, range(rounds))
    print(f"{folder.name}: {len(runs)} artifacts timed", file=sys.stderr)
    found = {name: (ratio(each, samples[REFERENCE]), spread(each)[0]) for name, each in samples.items()}
    return {name: [each.value, each.low, each.high, ms] for name, (each, ms) in found.items()}


def _run(runner: Runner) -> Callable[[int], list[float]]:
    """Milliseconds of processor time, which other programs disturb less than the clock's."""
    rng = np.random.default_rng(0)
    feeds = {spec.name: random_feed(spec, rng) for spec in runner.inputs}

    def run(iterations: int) -> list[float]:
        took = []
        for _ in range(iterations):
            start = time.process_time_ns()
            runner.run(feeds)
            took.append((time.process_time_ns() - start) / 1e6)
        return took

    return run


if __name__ == "__main__":
    main()
