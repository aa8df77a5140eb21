"""A certificate's measurements as tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from edgeface.core.description import Table
from edgeface.tasks.task import Task


def findings(certificate: dict[str, Any], task: Task) -> tuple[Table, ...]:
    """Decisions, tensors, kernels and engines, as far as they were measured.

    Args:
        certificate: of an artifact, or the like of a comparison.
        task: what the network is for.
    """
    return tuple(_tables(certificate, task))


def notes(certificate: dict[str, Any]) -> tuple[str, ...]:
    """What the tables do not say: whether engines ran, and where."""
    engines = certificate.get("engines")
    if not engines:
        return ()
    run = str(engines["run"])
    return (f"The engine ran on {run}." if "on_gpu" in engines else f"{run[:1].upper()}{run[1:]}.",)


def _tables(certificate: dict[str, Any], task: Task) -> Iterator[Table]:
    yield from task.describe(certificate["decisions"] or {})
    yield _tensors(certificate["tensors"])
    if certificate.get("kernels"):
        yield _kernels(certificate["kernels"])
    if certificate.get("engines"):
        yield _engines(certificate["engines"])


def _tensors(found: dict[str, Any]) -> Table:
    rows = tuple(
        (name, _number(item["snr_db"], ".1f"), _number(item["max_abs"], ".2g"), _number(item["cosine"], ".6f"))
        for name, item in found.items()
    )
    return Table("Outputs, against fp32", ("output", "SNR dB", "largest difference", "cosine"), rows)


def _number(value: float | None, form: str) -> str:
    """A number, or what a number that was not finite became."""
    return "not finite" if value is None else format(value, form)


def _kernels(found: dict[str, Any]) -> Table:
    facts = [("operators", str(sum((found.get("operators") or {}).values())))]
    facts += [("transposes", str(found["transposes"]))] if "transposes" in found else []
    if "partitions" in found:
        left = ", ".join(f"{count} × {name}" for name, count in found["not_delegated"].items()) or "nothing"
        facts += [("XNNPACK partitions", str(found["partitions"])), ("left to TFLite's own kernels", left)]
    if "optimized" in found:
        taken = found["optimized"]
        facts.append(("convolutions in integers", str(taken["convolutions_in_integers"])))
        facts.append(("convolutions in float", str(taken["convolutions_in_float"])))
    return Table("How the runtime takes it", ("", "found"), tuple(facts), left=1)


def _engines(found: dict[str, Any]) -> Table:
    rows = []
    for tag, facts in found["precision"].items():
        types = ", ".join(f"{count} {name}" for name, count in facts["convolutions"].items()) or "none"
        rows.append((f"model.{tag}.engine", types, str(facts["layers"]), str(facts["reformats"])))
    header = ("engine", "convolutions and products in", "layers", "of them reformats")
    return Table("TensorRT engines", header, tuple(rows), left=2)
