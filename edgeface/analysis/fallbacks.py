"""What each group of nodes loses in integers, and what it gains and costs in float, on the decisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from edgeface.analysis.effect import Effect, Gain, gain
from edgeface.analysis.variants import in_parallel, requantized
from edgeface.analysis.workbench import Workbench
from edgeface.compile.job import Job
from edgeface.compile.repair.groups import NodeGroup

MOST = 3
"""How many groups are put in float together."""

LEAST_TIME = 0.005
"""Predicted times differ by at least so much from what is measured: below, a group counts as this share."""


@dataclass(frozen=True)
class Fallback:
    """A group of nodes: what it does alone in integers, and what it gains and costs in float.

    Attributes:
        group: the nodes.
        alone: the effect of the model with only this group in integers.
        effect: the effect of the model with only this group in float.
        gain: what that gains.
        time: predicted time of that model, as a multiple of the model's.
    """

    group: NodeGroup
    alone: Effect
    effect: Effect
    gain: Gain
    time: float

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "name": self.group.name,
            "patterns": list(self.group.patterns),
            "nodes": len(self.group.outputs),
            "alone": self.alone.as_dict(),
            "in_float": self.effect.as_dict(),
            "gain": self.gain.as_dict(),
            "time": round(self.time, 4),
        }


@dataclass(frozen=True)
class Suggestion:
    """Groups that are computed in float together: built again as the recipe would, and judged."""

    groups: tuple[NodeGroup, ...]
    effect: Effect
    gain: Gain
    time: float

    @property
    def patterns(self) -> tuple[str, ...]:
        """The recipe's patterns; empty where the model's nodes have no names."""
        return tuple(pattern for group in self.groups for pattern in group.patterns)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "groups": [group.name for group in self.groups],
            "keep_float": list(self.patterns),
            "effect": self.effect.as_dict(),
            "gain": self.gain.as_dict(),
            "time": round(self.time, 4),
        }


def fallbacks(bench: Workbench, groups: Sequence[NodeGroup], base: Effect) -> list[Fallback]:
    """Each group's loss in integers, and its gain and price in float; the largest gain first."""

    def measured(group: NodeGroup) -> Fallback:
        alone = bench.panel.judge(bench.emitted(*bench.only(group.outputs)))
        graph, plan = bench.in_float(group.outputs)
        effect = bench.panel.judge(bench.emitted(graph, plan))
        return Fallback(group, alone, effect, gain(base, effect), bench.prices.ratio(graph, plan))

    found = in_parallel(measured, groups, "each part alone, and in float")
    return sorted(found, key=lambda each: (-_worth(each.gain), each.group.name))


def suggestions(bench: Workbench, found: Sequence[Fallback], base: Effect) -> list[Suggestion]:
    """The one, two and three groups that gain most, in float together: built anew by the recipe that says so.

    Only groups whose gain the images show are tried, those that gain most for their time first.
    """
    useful = _apart([each for each in sorted(found, key=_per_time) if each.gain.shown])[:MOST]
    tried = [tuple(useful[: count + 1]) for count in range(len(useful))]

    def measured(groups: tuple[NodeGroup, ...]) -> Suggestion:
        built = bench.rebuilt(keeping_float(bench.job, groups))
        effect = bench.panel.judge(bench.opened(built.files))
        graph, plan = bench.in_float([name for group in groups for name in group.outputs])
        return Suggestion(groups, effect, gain(base, effect), bench.prices.ratio(graph, plan))

    return in_parallel(measured, tried, "the best parts in float together")


def keeping_float(job: Job, groups: Sequence[NodeGroup]) -> Job:
    """The job whose recipe keeps these groups in float."""
    patterns = [pattern for group in groups for pattern in group.patterns]
    kept = {**job.recipe.quantize.keep_float, **dict.fromkeys(patterns, "edgeface analyze")}
    return requantized(job, keep_float=kept)


def _per_time(found: Fallback) -> float:
    """Sorts groups: those first that gain most for their time."""
    return -_worth(found.gain) / max(found.time - 1, LEAST_TIME)


def _apart(found: Sequence[Fallback]) -> list[NodeGroup]:
    """The groups that share no node with one before them."""
    chosen: list[NodeGroup] = []
    for each in found:
        if all(each.group.outputs.isdisjoint(group.outputs) for group in chosen):
            chosen.append(each.group)
    return chosen


def _worth(found: Gain) -> float:
    """How much a gain is worth: in drift where there are decisions, in dB otherwise."""
    return found.snr_db if found.drift is None else found.drift
