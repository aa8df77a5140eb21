"""Cautions: what a network does that no figure counts, so that it could meet a budget by its wording only."""

from __future__ import annotations

from collections.abc import Iterator

from edgeface.budgets.limits import Budget
from edgeface.budgets.numbers import exact
from edgeface.cost.counter import Complexity
from edgeface.cost.work import MatrixProduct


def cautions(complexity: Complexity, budget: Budget | None = None) -> tuple[str, ...]:
    """What is not counted: operators whose sizes depend on data, and products that the challenge does not count.

    Args:
        complexity: the counts.
        budget: also say whether the latter would exceed this budget.
    """
    return (*_beyond(complexity), *_free_products(complexity, budget))


def _beyond(complexity: Complexity) -> Iterator[str]:
    beyond = complexity.network.beyond
    if beyond:
        listed = ", ".join(f"{times} × {op}" for op, times in beyond.items())
        yield (
            f"not counted, because their sizes depend on data: {listed}; no figure contains their memory and time, "
            "only their weights"
        )


def _free_products(complexity: Complexity, budget: Budget | None) -> Iterator[str]:
    """Multiplications that cost nothing by the challenge's rules."""
    summed = complexity.summed_products
    if summed:
        yield (
            f"{exact(summed)} multiplications by trained numbers are summed outside of convolutions and fully "
            "connected layers, as by Mul and ReduceSum; the challenge does not count them, though they would be as "
            "many MACs"
        )
    layers = complexity.network.layers
    computed = sum(layer.work.macs for layer in layers if isinstance(layer.work, MatrixProduct))
    if computed:
        yield f"{exact(computed)} MACs are products of two computed tensors, which the challenge does not count"
    total = complexity.lfr_flops + 2 * (summed + computed)
    limits = [] if budget is None else [limit for limit in budget.limits if limit.metric == "lfr_flops"]
    most = [amount for limit in limits for relation, amount in limit.relations.items() if relation != "at_least"]
    if budget is not None and most and total > min(most) >= complexity.lfr_flops:
        yield (
            f"counted as layers they would make {exact(total)} FLOPs in all, more than {budget.name}'s "
            f"{exact(min(most))}: the network is within that budget only by the wording of its rules"
        )
