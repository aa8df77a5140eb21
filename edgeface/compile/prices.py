"""The tables of prices that decide an export: which nodes are quicker in float, and what its model is to take.

By default every shipped table decides together, so that the same inputs give the same bytes on every machine; a device
named by the user decides alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edgeface.backends.target import IoType, Target
from edgeface.compile.job import Job
from edgeface.cost.prices.advice import FLOAT_TARGET
from edgeface.cost.prices.predict import Arithmetic, predict_us
from edgeface.cost.prices.processor import table_here
from edgeface.cost.prices.quicker import quicker_in_float
from edgeface.cost.prices.table import PriceTable, price_table, price_tables
from edgeface.errors import InputError
from edgeface.graph.ir import Graph
from edgeface.passes import run_passes
from edgeface.quantize.plan import QuantPlan, Stated

HERE = "here"


def deciding_tables(device: str | None) -> tuple[PriceTable, ...]:
    """The tables that decide: all of them, or that of a device, of a table's name, or of this machine ("here").

    Raises:
        InputError: no table describes the device.
    """
    if device is None:
        return tuple(price_tables().values())
    if device != HERE:
        return (price_table(device),)
    found = table_here()
    if found is None:
        known = ", ".join(price_tables())
        raise InputError("no table of prices describes this machine", where="--device here", fix=f"use one of {known}")
    return (found,)


def preferred_precision(
    job: Job, graph: Graph, target: Target, io: IoType, asked: Mapping[str, Stated]
) -> dict[str, Stated]:
    """The values that are better computed in float by the deciding tables; empty where none are for the target.

    Args:
        job: the export.
        graph: legalized for the target.
        target: an integer target.
        io: the type of the model's inputs and outputs.
        asked: dtypes that the recipe or the target ask for, which stay.
    """
    if not target.priced or job.options.integer_only:
        return {}
    tables = deciding_tables(job.options.device)
    fixed: dict[str, Arithmetic] = {name: "float32" if each.is_float else "int8" for name, each in asked.items()}
    return dict.fromkeys(sorted(quicker_in_float(graph, fixed, tables, io == "float")), Stated("float32", _why(tables)))


def priced(job: Job, graph: Graph, plan: QuantPlan, target: Target, io: IoType) -> dict[str, Any] | None:
    """The manifest's record: the tables that decided, and microseconds with one thread by table and target."""
    if not target.priced:
        return None
    exact, predicted = run_passes(job.graph, target.legalize), {}
    for name, table in price_tables().items():
        own = predict_us(graph, plan.dtype, table, io == "float")
        in_float = predict_us(exact, lambda _: "float32", table)
        predicted[name] = {target.name: round(own, 1), FLOAT_TARGET: round(in_float, 1)}
    return {"decided_by": [table.name for table in deciding_tables(job.options.device)], "predicted_us": predicted}


def _why(tables: tuple[PriceTable, ...]) -> str:
    if len(tables) == 1:
        return f"float is quicker here by the table of prices of {tables[0].name}, conversions included"
    names = ", ".join(table.name for table in tables)
    return f"float is quicker here by the mean of the tables of prices ({names}), conversions included"
