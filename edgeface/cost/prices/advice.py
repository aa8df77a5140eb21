"""One sentence on which of two targets is quicker on a processor, from the times that a manifest predicts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edgeface.cost.prices.table import PriceTable

FLOAT_TARGET = "tflite-fp32"
ALIKE = 1.05
"""Below this ratio neither is called quicker: predictions are off by more."""


class Prices(BaseModel):
    """A manifest's record of prices: the tables that decided, and microseconds by table and target."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    decided_by: tuple[str, ...]
    predicted_us: dict[str, dict[str, Annotated[float, Field(gt=0)]]]


def advice(quantization: Mapping[str, Any] | None, table: PriceTable | None) -> str | None:
    """The sentence for the processor that a table describes; None without predictions for it.

    Args:
        quantization: a manifest's record of quantization, with "prices" if its target has them.
        table: of the processor.
    """
    try:
        prices = Prices.model_validate((quantization or {}).get("prices"))
    except ValidationError:
        return None
    predicted = prices.predicted_us.get(table.name, {}) if table is not None else {}
    own = next((name for name in predicted if name != FLOAT_TARGET), None)
    if table is None or own is None or FLOAT_TARGET not in predicted:
        return None
    other = FLOAT_TARGET
    ratio, where = predicted[other] / predicted[own], f"on this CPU ({table.title})"
    if ratio >= ALIKE:
        return f"{where} {own} is predicted {ratio:.1f} × as fast as {other}"
    if ratio > 1 / ALIKE:
        return f"{where} {own} is predicted as fast as {other}, and smaller"
    return f"{where} {other} is predicted {1 / ratio:.1f} × as fast as {own}: ship {other} where size does not matter"
