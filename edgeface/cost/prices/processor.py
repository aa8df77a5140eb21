"""The table for the processor at hand, chosen by what it says of itself."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from edgeface.core.processor import Processor, processor_here
from edgeface.cost.prices.table import PriceTable, price_tables


def table_here() -> PriceTable | None:
    """The table for this machine's processor; None where none describes it."""
    return table_for(processor_here())


def table_for(processor: Processor, tables: Iterable[PriceTable] | None = None) -> PriceTable | None:
    """The table that describes a processor, of several the one that asks for most; None if there is none."""
    fitting = [table for table in (price_tables().values() if tables is None else tables) if _fits(table, processor)]
    return max(fitting, key=lambda table: (len(table.applies.parts) > 0, len(table.applies.flags)), default=None)


def _fits(table: PriceTable, processor: Processor) -> bool:
    applies = table.applies
    if applies.architecture != processor.architecture or not _has(processor.flags, applies.flags):
        return False
    if any(flag in processor.flags for flag in applies.without):
        return False
    return not applies.parts or bool(processor.parts.intersection(applies.parts))


def _has(flags: Collection[str], wanted: Iterable[str]) -> bool:
    """Whether every flag is there; "a|b" asks for either."""
    return all(any(each in flags for each in flag.split("|")) for flag in wanted)
