"""What integers do where `--integer-only` overrules a recipe's request for float: more steps than 8 bits have."""

from __future__ import annotations

from edgeface.compile.job import Job
from edgeface.quantize.algorithm import Chosen, GraphCorrection
from edgeface.quantize.algorithms import choose
from edgeface.quantize.precision import KINDS
from edgeface.quantize.quantize import Quantized
from edgeface.quantize.rectify import rectify
from edgeface.quantize.scheme import Scheme


def chosen_algorithms(job: Job) -> tuple[Chosen, ...]:
    """The recipe's algorithms. With `integer_only`, what the recipe computes in float is split into finer channels."""
    listed, patterns = job.recipe.quantize.chosen, _overruled(job)
    names = {chosen.name for chosen in listed}
    if not patterns or "channel_splitting" in names:
        return listed
    added = [choose("channel_splitting", {"nodes": patterns}, ranges=False)]
    if "copy_staggering" not in names:
        added.append(choose("copy_staggering", {}, ranges=False))
    first = [chosen for chosen in listed if isinstance(chosen.algorithm, GraphCorrection)]
    return (*first, *added, *(chosen for chosen in listed if chosen not in first))


def finished(job: Job, scheme: Scheme, made: Quantized) -> Quantized:
    """The quantized network, with LeakyReLUs there in a form that rounds once; not where zero is amid the steps."""
    return made if scheme.symmetric_activations else rectify(made, _overruled(job))


def _overruled(job: Job) -> tuple[str, ...]:
    """Patterns of nodes that the recipe computes in float for accuracy, and `integer_only` does not."""
    asked = job.recipe.quantize.patterns.items()
    return tuple(p for p, wanted in asked if wanted.is_float and p not in KINDS and job.options.integer_only)
