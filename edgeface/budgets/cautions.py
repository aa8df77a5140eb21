"""Cautions: what a network does that no figure counts, so that it could meet a budget by its wording only."""

from __future__ import annotations

from collections.abc import Iterator

from edgeface.budgets.limits import Budget
from edgeface.budgets.numbers import exact
from edgeface.cost.counter import Complexity


def cautions(complexity: Complexity, budget: Budget | None = None) -> tuple[str, ...]:
    """What is not counted: operators whose sizes depend on data, and convolutions in other words.

    Args:
        complexity: the counts.
        budget: also say whether the latter would exceed this budget.
    """
    return (*_beyond(complexity), *_disguised(complexity, budget))


def _beyond(complexity: Complexity) -> Iterator[str]:
    beyond = complexity.network.beyond
    if beyond:
        listed = ", ".join(f"{times} × {op}" for op, times in beyond.items())
        yield (
            f"not counted, because their sizes depend on data: {listed}; they have no weights, but take memory and "
            "time that no figure contains"
        )


def _disguised(complexity: Complexity, budget: Budget | None) -> Iterator[str]:
    products = complexity.summed_products
    if not products:
        return
    yield (
        f"{exact(products)} multiplications by trained numbers are summed outside of convolutions and fully connected "
        "layers, as by Mul and ReduceSum; the challenge's rules do not count them, though they would be as many MACs"
    )
    total = complexity.lfr_flops + 2 * products
    limits = [] if budget is None else [limit for limit in budget.limits if limit.metric == "lfr_flops"]
    most = [amount for limit in limits for relation, amount in limit.relations.items() if relation != "at_least"]
    if budget is not None and most and total > min(most) >= complexity.lfr_flops:
        yield (
            f"as convolutions they would make {exact(total)} FLOPs, more than {budget.name}'s {exact(min(most))}: "
            "the network is within that budget only by the wording of its rules"
        )
