"""Metrics of budgets, with their units and titles."""

from __future__ import annotations

from typing import Literal, TypeAlias

Metric: TypeAlias = Literal[
    "lfr_flops",
    "macs",
    "flops",
    "parameters",
    "fp32_bytes",
    "file_bytes",
    "embedding_width",
    "peak_activation_bytes",
]
Relation: TypeAlias = Literal["at_most", "below", "at_least"]

UNITS: dict[Metric, str] = {
    "lfr_flops": "FLOP",
    "macs": "MAC",
    "flops": "FLOP",
    "parameters": "",
    "fp32_bytes": "B",
    "file_bytes": "B",
    "embedding_width": "",
    "peak_activation_bytes": "B",
}
TITLES: dict[Metric, str] = {
    "lfr_flops": "LFR FLOPs",
    "macs": "MACs",
    "flops": "FLOPs",
    "parameters": "parameters",
    "fp32_bytes": "size in float32",
    "file_bytes": "file size",
    "embedding_width": "embedding width",
    "peak_activation_bytes": "peak activation memory",
}
WHY_NOT_APPLICABLE: dict[Metric, str] = {
    "embedding_width": "the model has no embedding output",
    "file_bytes": "there is no file to measure",
}
"""Why a metric may have no value; the default is `NO_MEANING`."""
NO_MEANING = "this figure does not apply to this model"

SIGNS: dict[Relation, str] = {"at_least": "≥", "at_most": "≤", "below": "<"}
