"""The tables of reports/zoo.md."""

from __future__ import annotations

import math
from typing import Any

from zoo_cells import Cells
from zoo_models import BASE, TARGETS, Model

HEAD = "| model | " + " | ".join(TARGETS) + " |\n|---|" + "---|" * len(TARGETS)


def tables(found: list[tuple[Model, Cells]]) -> str:
    """Every table, each with a heading and a row for each network."""
    parts = {
        "Decisions": ("what the labels, pairs or the reference say; see above", _decided),
        "Maximum absolute difference of any output to fp32": ("over all images that judge", _max_abs),
        "Latency, × fp32 in ONNX Runtime": ("medians of interleaved rounds, one thread", _ratio),
        "Size, kB": ("the model's file", _size),
        "Peak memory, kB": ("activations, as `edgeface check` computes it", _peak),
    }
    shown = [_table(title, what, found, cell) for title, (what, cell) in parts.items()]
    return "\n\n".join([_flops(found), *shown, _refusals(found)])


def _table(title: str, what: str, found: list[tuple[Model, Cells]], cell: Any) -> str:
    rows = [
        f"| {model.name} | " + " | ".join(_cell(cells, target, model, cell) for target in TARGETS) + " |"
        for model, cells in found
    ]
    return "\n".join([f"## {title}", "", f"{what[0].upper()}{what[1:]}.", "", HEAD, *rows])


def _cell(cells: Cells, target: str, model: Model, cell: Any) -> str:
    if target in cells.refused:
        return "refused"
    return "–" if target not in cells.certificates else str(cell(cells, target, model))


def _decided(cells: Cells, target: str, model: Model) -> str:
    decisions = cells.certificates[target]["decisions"] or {}
    if model.labeled and "average_precision" in decisions:
        return _precision(decisions["average_precision"])
    if "verification" in decisions:
        verified = decisions["verification"]
        before, after = (verified[which]["fold_accuracy"]["mean"] for which in ("reference", "candidate"))
        return f"{100 * before:.2f} → {100 * after:.2f} %, cosine {decisions['mean_cosine']:.5f}"
    if "mean_cosine" in decisions:
        return f"cosine {decisions['mean_cosine']:.5f}"
    worst = min((each["cosine"] or 0.0 for each in cells.certificates[target]["tensors"].values()), default=math.nan)
    return f"cosine {worst:.5f}"


def _precision(measured: dict[str, Any]) -> str:
    name = max(measured["reference"], key=lambda each: measured["labeled_faces"][each])
    return f"{measured['reference'][name]:.3f} → {measured['candidate'][name]:.3f}"


def _max_abs(cells: Cells, target: str, _: Model) -> str:
    worst = max((each["max_abs"] for each in cells.certificates[target]["tensors"].values()), default=math.nan)
    return f"{worst:.1e}"


def _ratio(cells: Cells, target: str, _: Model) -> str:
    return f"{cells.ratios[target]:.2f}" if target in cells.ratios else "–"


def _size(cells: Cells, target: str, _: Model) -> str:
    return f"{cells.bytes[target] / 1e3:,.0f}"


def _peak(cells: Cells, target: str, _: Model) -> str:
    return f"{cells.peak_bytes[target] / 1e3:,.0f}" if target in cells.peak_bytes else "–"


def _flops(found: list[tuple[Model, Cells]]) -> str:
    rows = [
        f"| {model.name} | {'–' if cells.lfr_flops is None else f'{cells.lfr_flops / 1e6:,.1f}'} |"
        for model, cells in found
    ]
    what = f"As the LFR challenge counts them, of the {BASE} artifact."
    return "\n".join(["## LFR FLOPs, million", "", what, "", "| model | MFLOP |", "|---|---|", *rows])


def _refusals(found: list[tuple[Model, Cells]]) -> str:
    rows = [f"- {model.name}, {target}: {said}" for model, cells in found for target, said in cells.refused.items()]
    return "\n".join(["## What was refused, in the tool's words", "", *(rows or ["Nothing."])])
