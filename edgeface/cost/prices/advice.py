"""One sentence on which of two targets is quicker on a processor, from the times that a manifest predicts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edgeface.cost.prices.table import PriceTable

ALIKE = 1.05
"""Below this ratio neither is called quicker: predictions are off by more."""


def advice(quantization: Mapping[str, Any] | None, table: PriceTable | None) -> str | None:
    """The sentence for the processor that a table describes; None without predictions for it.

    Args:
        quantization: a manifest's record of quantization, with "prices" if its target has them.
        table: of the processor.
    """
    prices = (quantization or {}).get("prices") or {}
    predicted = prices.get("predicted_us", {}).get(table.name) if table is not None else None
    if table is None or not predicted or len(predicted) != 2:
        return None
    (quick, least), (slow, most) = sorted(predicted.items(), key=lambda item: item[1])
    ratio, where = most / least, f"on this CPU ({table.title})"
    own = next(iter(predicted))
    if ratio < ALIKE:
        return f"{where} {own} is predicted as fast as {slow if slow != own else quick}, and smaller"
    said = f"{where} {quick} is predicted {ratio:.1f} × as fast as {slow}"
    return said if quick == own else f"{said}: ship {quick} where size does not matter"
