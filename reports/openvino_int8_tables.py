"""The text of reports/openvino_int8.md."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np

BASE = "onnx-fp32"
FACES = ("matched_percent", "extra_percent", "mean_score_change", "mean_landmark_error_percent")
COSINES = ("mean_cosine", "min_cosine")
BARS = {("VNNI", "det"): 0.42, ("VNNI", "rec"): 0.15, ("AVX2", "det"): 0.60, ("AVX2", "rec"): 0.31}
METHOD = """\
Made by `.venv/bin/python reports/openvino_int8.py --keep DIR` on {day}, an AMD Zen 4 with AVX512-VNNI, two cores
with nothing else to do; {versions}.

"AVX2" is the same processor with AVX-512 and VNNI hidden from OpenVINO, ONNX Runtime and LiteRT
(`reports/hide_avx512.py`): not a measurement on an older core, whose caches and ports differ. Zen 4 computes float32
with AVX-512 no faster than with AVX2, so that only integers differ.
Times are CPU seconds with one thread, lanes interleaved, as a ratio to ONNX Runtime's float32: medians, and the lowest
tenths in parentheses. Decisions are against ONNX Runtime's float32 on images that calibration did not see."""


def page(found: dict[str, Any], versions: str, day: date) -> str:
    """The report.

    Args:
        found: by core and subject, what `reports/openvino_int8.py --measure` prints.
        versions: of the libraries.
        day: of the measurement.
    """
    parts = ["# OpenVINO in int8: measured", METHOD.format(day=day.isoformat(), versions=versions)]
    for subject in found["VNNI"]:
        parts.append(f"## {subject}")
        parts.append(_lanes({core: measured[subject] for core, measured in found.items()}))
    parts += ["## Kernels", "What executes the layers, as OpenVINO says it.", _kernels(found)]
    return "\n\n".join(parts) + "\n"


def _lanes(cores: dict[str, Any]) -> str:
    first = next(iter(cores.values()))["decisions"]
    columns = FACES if FACES[0] in first[BASE] else COSINES
    heads = [f"{core}: time" for core in cores]
    titles = [f"{core}: {column.removesuffix('_percent').replace('_', ' ')}" for core in cores for column in columns]
    rows = [["lane", *heads, *titles]]
    for lane in first:
        cells = [_ratio(core, measured["seconds"], lane, columns) for core, measured in cores.items()]
        for measured in cores.values():
            cells += [_number(measured["decisions"][lane][column], column) for column in columns]
        rows.append([lane, *cells])
    return _table(rows)


def _ratio(core: str, seconds: dict[str, list[float]], lane: str, columns: tuple[str, ...]) -> str:
    middle, low = (at(seconds[lane]) / at(seconds[BASE]) for at in (np.median, lambda s: np.percentile(s, 10)))
    shown = f"{middle:.3f} ({low:.3f})"
    if lane != "openvino-int8":
        return shown
    bar = BARS[core, "det" if columns is FACES else "rec"]
    return f"**{shown}**, aim {bar:.2f}"


def _number(value: float, column: str) -> str:
    return f"{value:.2f}" if column.endswith("percent") else f"{value:.4f}"


def _kernels(found: dict[str, Any]) -> str:
    rows = [["network", "core", "lane", "layers"]]
    for core, measured in found.items():
        for subject, each in measured.items():
            for lane, kernels in each["kernels"].items():
                listed = ", ".join(f"{count} {name}" for name, count in kernels.items())
                rows.append([subject, core, lane, listed])
    return _table(rows)


def _table(rows: list[list[str]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    lines.insert(1, "|---" * len(rows[0]) + "|")
    return "\n".join(lines)
