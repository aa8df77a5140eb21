"""One sentence on which target is quicker on a processor, from the times that a manifest predicts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edgeface.cost.prices.table import PriceTable, price_tables

FLOAT_TARGET, DYNAMIC_TARGET = "tflite-fp32", "tflite-dynamic"
ALIKE = 1.05
"""Below this ratio neither is called quicker: predictions are off by more."""


class Prices(BaseModel):
    """A manifest's record of prices: the tables that decided, and microseconds by table and target."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    decided_by: tuple[str, ...]
    predicted_us: dict[str, dict[str, Annotated[float, Field(gt=0)]]]


def every_advice(quantization: Mapping[str, Any] | None, here: PriceTable | None) -> tuple[str, ...]:
    """The sentences for the processor at hand, and for the device whose table alone decided the export, if another."""
    found = _prices(quantization)
    decided = found.decided_by if found is not None else ()
    device = price_tables().get(decided[0]) if len(decided) == 1 else None
    said = [advice(quantization, here)]
    if device is not None and (here is None or device.name != here.name):
        said.append(advice(quantization, device, f"on a {device.title},"))
    return tuple(sentence for sentence in said if sentence is not None)


def advice(quantization: Mapping[str, Any] | None, table: PriceTable | None, where: str | None = None) -> str | None:
    """The sentence for the processor that a table describes; None without predictions for it.

    Args:
        quantization: a manifest's record of quantization, with "prices" if its target has them.
        table: of the processor.
        where: how the sentence begins; by default with the CPU at hand.
    """
    prices = _prices(quantization)
    predicted = prices.predicted_us.get(table.name, {}) if table is not None and prices is not None else {}
    own = next((name for name in predicted if name not in {FLOAT_TARGET, DYNAMIC_TARGET}), None)
    if table is None or own is None or FLOAT_TARGET not in predicted:
        return None
    where = where or f"on this CPU ({table.title})"
    ratios = {name: predicted[own] / us for name, us in predicted.items()}
    best = max(sorted(ratios), key=lambda name: ratios[name])
    if ratios[best] >= ALIKE:
        said = f"{best} is predicted {ratios[best]:.2f} × as fast as {own}"
        return f"{where} {said}: ship {best}" + (" where size does not matter" if best == FLOAT_TARGET else "")
    if ratios[FLOAT_TARGET] > 1 / ALIKE:
        return f"{where} {own} is predicted as fast as {FLOAT_TARGET}, and smaller"
    return f"{where} {own} is predicted {1 / ratios[FLOAT_TARGET]:.2f} × as fast as {FLOAT_TARGET}"


def _prices(quantization: Mapping[str, Any] | None) -> Prices | None:
    """The record of prices; None where there is none, or it is not one."""
    try:
        return Prices.model_validate((quantization or {}).get("prices"))
    except ValidationError:
        return None
