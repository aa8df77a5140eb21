"""Description of a certificate as values, the same for terminal and HTML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from edgeface.core.certificate import Certificate, TensorFigures
from edgeface.core.description import Figure, Mark, Table, Tile, Verdict
from edgeface.core.repair_table import repair_table
from edgeface.core.requirement import Requirement
from edgeface.reading.damage import damage_reported
from edgeface.tasks.task import Task
from edgeface.validate.verdict import verdict


@dataclass(frozen=True)
class Description:
    """A certificate in words and tables.

    Attributes:
        verdict: whether it is good enough.
        glance: the most telling figure of its decisions; None where none were judged.
        figures: what the verdict rests on: each with its cases and its 95 % interval.
        requirements: what was required and measured; None where there were no requirements.
        tables: decisions, tensors, kernels and engines, as far as measured.
        notes: remarks that the tables do not contain.
    """

    verdict: Verdict
    glance: Tile | None
    figures: tuple[Figure, ...]
    requirements: Table | None
    tables: tuple[Table, ...]
    notes: tuple[str, ...]


def describe(certificate: Certificate, task: Task) -> Description:
    """The description of a certificate.

    Args:
        certificate: an artifact's, or a later comparison's.
        task: what the network is for.

    Raises:
        InputError: what it says of decisions, kernels or engines is not what edgeface writes.
    """
    with damage_reported("certificate", f"of {certificate.target}", "export the artifact again"):
        return Description(
            _with_noise(verdict(certificate), certificate.in_words),
            task.glance(certificate.decisions or {}),
            task.figures(certificate.decisions or {}),
            _requirements(certificate),
            tuple(_tables(certificate, task)),
            tuple(_notes(certificate)),
        )


def _with_noise(found: Verdict, in_words: str | None) -> Verdict:
    return found if in_words is None else replace(found, meaning=f"{found.meaning} {in_words}")


def _requirements(certificate: Certificate) -> Table | None:
    rows = tuple(
        (each.what, each.limit, each.measured, _interval(each), _cases(each), _mark(each))
        for each in certificate.requirements
    )
    header = ("requirement", "limit", "measured", "95 % interval", "on", "")
    return Table("What was required", header, rows, left=6) if rows else None


def _interval(found: Requirement) -> str:
    return "–" if found.interval is None else f"{found.interval[0]:.3g} – {found.interval[1]:.3g}"


def _cases(found: Requirement) -> str:
    return "–" if found.n is None else f"{found.n} {found.of}"


def _mark(found: Requirement) -> Mark:
    if found.met:
        return Mark("met", "good")
    return Mark("missed", "bad") if found.unsure is None else Mark("not shown", "unsure")


def _notes(certificate: Certificate) -> Iterator[str]:
    engines, repair = certificate.engines, certificate.repair
    if repair:
        looks = f" ({repair.judged} builds were judged on these images)" if repair.changed else ""
        yield f"Repair: {repair.summary}{looks}."
    if engines:
        run = str(engines["run"])
        yield f"The engine ran on {run}." if "on_gpu" in engines else f"{run[:1].upper()}{run[1:]}."


def _tables(certificate: Certificate, task: Task) -> Iterator[Table]:
    if certificate.repair:
        yield repair_table(certificate.repair)
    yield from task.describe(certificate.decisions or {})
    if certificate.noise and certificate.decisions:
        yield task.noise_table(certificate.decisions, certificate.noise)
    yield _tensors(certificate.tensors)
    if certificate.kernels:
        yield _kernels(certificate.kernels)
    if certificate.engines:
        yield _engines(certificate.engines)


def _tensors(found: Mapping[str, TensorFigures]) -> Table:
    rows = tuple(
        (name, _number(item.snr_db, ".1f"), _number(item.max_abs, ".2g"), _number(item.cosine, ".6f"))
        for name, item in found.items()
    )
    return Table("Outputs, against fp32", ("output", "SNR dB", "largest difference", "cosine"), rows)


def _number(value: float | None, form: str) -> str:
    """A number as text, or a mark where it was not finite."""
    return "not finite" if value is None else format(value, form)


def _kernels(found: dict[str, Any]) -> Table:
    facts = [("operators", str(sum((found.get("operators") or {}).values())))]
    facts += [("transposes", str(found["transposes"]))] if "transposes" in found else []
    if "partitions" in found:
        left = ", ".join(f"{count} × {name}" for name, count in found["not_delegated"].items()) or "nothing"
        facts += [("XNNPACK partitions", str(found["partitions"])), ("left to TFLite's own kernels", left)]
    facts += [("layers in int8", str(found["integer_layers"]))] if found.get("integer_layers") else []
    facts += [("judged on", found["judged_on"])] if "judged_on" in found else []
    if "optimized" in found:
        taken = found["optimized"]
        facts.append(("convolutions in integers", str(taken["convolutions_in_integers"])))
        facts.append(("convolutions in float", str(taken["convolutions_in_float"])))
    return Table("How the runtime executes it", ("", "found"), tuple(facts), left=1)


def _engines(found: dict[str, Any]) -> Table:
    rows = []
    for tag, facts in found["precision"].items():
        types = ", ".join(f"{count} {name}" for name, count in facts["convolutions"].items()) or "none"
        rows.append((f"model.{tag}.engine", types, str(facts["layers"]), str(facts["reformats"])))
    header = ("engine", "convolutions and products in", "layers", "of them reformats")
    return Table("TensorRT engines", header, tuple(rows), left=2)
