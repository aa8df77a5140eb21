"""Predicted time of a build, from the operations and dtypes of its graph alone: the same on every machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edgeface.compile.prices import deciding_tables
from edgeface.cost.prices.predict import predict_us
from edgeface.graph.ir import Graph
from edgeface.quantize.plan import Precision, Stated


def predicted_us(graph: Graph, stated: Mapping[str, Stated], device: str | None, float_interface: bool) -> float:
    """Microseconds of one inference, the mean of the tables of prices that decide.

    Tables are measured with TFLite: for other targets they tell how the times of two builds compare, not what they are.

    Args:
        graph: the legalized graph, in the forms that are emitted.
        stated: values in another dtype than the target's 8 bits.
        device: whose table decides; None for all.
        float_interface: whether the model's inputs and outputs are float.
    """

    def dtype_of(name: str) -> Precision:
        return stated[name].dtype if name in stated and stated[name].is_float else "int8"

    found = [predict_us(graph, dtype_of, table, float_interface) for table in deciding_tables(device)]
    return sum(found) / len(found)


def recorded_us(quantization: Mapping[str, Any], target: str) -> float | None:
    """The same from a build's record of quantization; None where it holds no prices."""
    prices = quantization.get("prices")
    if prices is None:
        return None
    found = [float(prices["predicted_us"][table][target]) for table in prices["decided_by"]]
    return sum(found) / len(found)
