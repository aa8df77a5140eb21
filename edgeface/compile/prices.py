"""The tables of prices that decide an export: which nodes are quicker in float, and what its model is to take.

By default every shipped table decides together, so that the same inputs give the same bytes on every machine; a device
named by the user decides alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edgeface.backends.target import IoType, Target
from edgeface.compile.job import Job
from edgeface.cost.prices.advice import DYNAMIC_TARGET, FLOAT_TARGET
from edgeface.cost.prices.dynamic import predict_dynamic_us
from edgeface.cost.prices.predict import Arithmetic, predict_us
from edgeface.cost.prices.processor import table_here
from edgeface.cost.prices.quicker import quicker_in_float
from edgeface.cost.prices.table import PriceTable, price_table, price_tables
from edgeface.cost.prices.winograd import quicker_transformed, saved_us
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
    formed = winograd_convolutions(job, graph, fixed, io)
    fixed |= dict.fromkeys(formed, "float32")
    chosen = sorted(quicker_in_float(graph, fixed, tables, io == "float"))
    return formed | dict.fromkeys(chosen, Stated("float32", _why(tables)))


def winograd_convolutions(job: Job, graph: Graph, fixed: Mapping[str, Arithmetic], io: IoType) -> dict[str, Stated]:
    """The convolutions that are computed in Winograd's form, if that is asked for; arguments as above.

    Raises:
        InputError: no single table decides, or it does not price the form.
    """
    if not job.options.winograd:
        return {}
    table = winograd_table(job.options.device)
    found = quicker_transformed(graph, fixed, table, io == "float")
    reason = f"Winograd's form in float is quicker here by the table of prices of {table.name}, conversions included"
    return dict.fromkeys(sorted(found), Stated("float32", reason, "winograd"))


def winograd_table(device: str | None) -> PriceTable:
    """The one table that decides about Winograd's form.

    Raises:
        InputError: no single table decides, or it does not price the form.
    """
    tables = deciding_tables(device)
    if len(tables) > 1 or tables[0].winograd is None:
        could = [name for each in price_tables().values() if each.winograd for name in (*each.boards, each.name)]
        where = (
            "no --device is named"
            if device is None
            else f"{tables[0].title}: int8 is quicker there, or it is not known"
        )
        raise InputError(
            f"Winograd's form cannot be chosen: {where}", where="--winograd", fix=f"pass --device {' or '.join(could)}"
        )
    return tables[0]


def priced(job: Job, graph: Graph, plan: QuantPlan, target: Target, io: IoType) -> dict[str, Any] | None:
    """The manifest's record: the tables that decided, and microseconds with one thread by table and target."""
    if not target.priced:
        return None
    exact, predicted = run_passes(job.graph, target.legalize), {}
    formed = {name for name, asked in plan.stated.items() if asked.form == "winograd"}
    for name, table in price_tables().items():
        own = predict_us(graph, plan.dtype, table, io == "float") - saved_us(graph, formed, table)
        in_float = predict_us(exact, lambda _: "float32", table)
        dynamic = predict_dynamic_us(exact, table)
        found = {target.name: own, FLOAT_TARGET: in_float, **({} if dynamic is None else {DYNAMIC_TARGET: dynamic})}
        predicted[name] = {each: round(us, 1) for each, us in found.items()}
    return {"decided_by": [table.name for table in deciding_tables(job.options.device)], "predicted_us": predicted}


def _why(tables: tuple[PriceTable, ...]) -> str:
    if len(tables) == 1:
        return f"float is quicker here by the table of prices of {tables[0].name}, conversions included"
    names = ", ".join(table.name for table in tables)
    return f"float is quicker here by the mean of the tables of prices ({names}), conversions included"
