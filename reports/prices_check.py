"""Predictions of artifacts against their CPU time, for reports/prices.md: `python reports/prices_check.py FOLDER…`.

Each FOLDER is a tflite-int8 artifact next to others of the same export. By itself it times this machine's kernels, by
`reports/hide_avx512.py` with `--table x86-avx2` those of AVX2.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from edgeface.core.artifact import Artifact
from edgeface.cost.prices.processor import table_here
from edgeface.cost.prices.table import PriceTable, price_table

ROUNDS = 60
OTHERS = ("tflite-fp32", "tflite-dynamic")


def main() -> None:
    """Time everything in turns, and print the section of this processor."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("artifacts", nargs="+", type=Path)
    parser.add_argument("--table", help="the table of the kernels that run; by default that of this machine")
    given = parser.parse_args()
    table = price_table(given.table) if given.table else table_here()
    assert table is not None
    print(section(given.artifacts, table))


def section(folders: list[Path], table: PriceTable) -> str:
    """Predicted and measured milliseconds of each artifact, in Markdown."""
    models = {}
    for folder in folders:
        name, target = folder.name.rsplit("-tflite-", 1)[0], "tflite-int8"
        for each in (target, *OTHERS):
            beside = folder.with_name(f"{name}-{each}")
            if beside.is_dir():
                models[name, each] = Artifact.open(beside)
    took = _times({key: artifact.model_path for key, artifact in models.items()})
    lines = [f"## {table.title} (`{table.name}`)", ""]
    lines += ["| network | target | predicted ms | measured ms | off |", "|---|---|---|---|---|"]
    for (name, target), artifact in models.items():
        record = models[name, "tflite-int8"].manifest.quantization
        assert record is not None
        predicted = record["prices"]["predicted_us"][table.name].get(target)
        measured = took[name, target]
        said = ("–", "–") if predicted is None else (f"{predicted / 1e3:.2f}", f"{predicted / 1e3 / measured - 1:+.0%}")
        kilobytes = f"{artifact.manifest.model_bytes / 1e3:.0f} kB"
        lines.append(f"| {name}, {kilobytes} | {target} | {said[0]} | {measured:.2f} | {said[1]} |")
    return "\n".join(lines)


def _times(models: dict[tuple[str, str], Path]) -> dict[tuple[str, str], float]:
    """The tenth percentile of CPU time in ms, in turns."""
    from ai_edge_litert.interpreter import Interpreter

    runs = {}
    for key, path in models.items():
        interpreter = Interpreter(model_path=str(path), num_threads=1)
        interpreter.allocate_tensors()
        for each in interpreter.get_input_details():
            noise = np.random.default_rng(0).normal(size=each["shape"])
            interpreter.set_tensor(each["index"], noise.astype(each["dtype"]))
        runs[key] = interpreter.invoke
    seconds: dict[tuple[str, str], list[float]] = {key: [] for key in runs}
    for _ in range(ROUNDS):
        for key, run in runs.items():
            start = time.thread_time()
            run()
            seconds[key].append(time.thread_time() - start)
    return {key: float(np.percentile(found[1:], 10)) * 1e3 for key, found in seconds.items()}


if __name__ == "__main__":
    main()
