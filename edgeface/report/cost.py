"""The report's cost section: latency and size of an artifact against fp32."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from edgeface.bench.export_latency import REFERENCE
from edgeface.bench.load import was_busy
from edgeface.core.artifact import Manifest
from edgeface.core.description import Table, Tile
from edgeface.report.page import Bar, Cost


def cost(manifest: Manifest, reference_bytes: int, latency: dict[str, Any]) -> Cost:
    """Bars and tables of the cost section.

    Args:
        manifest: the artifact's.
        reference_bytes: size of the onnx-fp32 model.
        latency: the content of `latency.json`, or {"missing": why it was not measured}; besides, "advice" where there
            is any.
    """
    size = manifest.model_bytes
    pairs = [(manifest.target, size / 1e3), (REFERENCE, reference_bytes / 1e3)]
    bars = [("Size of the model file in kB", _bars(pairs, "{:,.1f} kB"))]
    rows = (("model file", f"{size:,} bytes", f"{reference_bytes:,} bytes", f"{size / reference_bytes:.3f}"),)
    tables = [Table("Size", ("", manifest.target, REFERENCE, "ratio"), rows)]
    advice = latency.get("advice") or ""
    if "missing" in latency:
        return Cost(tuple(bars), tuple(tables), missing=latency["missing"], advice=advice)
    own, other = latency["measured"]["artifact"], latency["measured"][REFERENCE]
    timed = [(manifest.target, own["median_ms"]), (REFERENCE, other["median_ms"])]
    bars.insert(0, ("Median latency of one inference in ms, one thread", _bars(timed, "{:.3g} ms")))
    tables.insert(0, _latencies(manifest.target, own, other))
    machine = latency["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    peaks = " and ".join(f"{gops:.0f} G{_UNITS[kind]}/s in {kind}" for kind, gops in latency["peak_gops"].items())
    measured_on = (
        f"{machine['processor']}, {machine['cores']} cores; {latency['rounds']} interleaved rounds, one thread; "
        f"peak of one core, measured in between: {peaks}. {versions}."
    )
    busy = BUSY.format(latency["load"]) if was_busy(latency) else ""
    return Cost(tuple(bars), tuple(tables), machine=measured_on, date=latency.get("date", ""), busy=busy, advice=advice)


BUSY = (
    "The machine had other work during this measurement (a load of {:g}), which interrupts long runs more than short "
    "ones: these latencies and their ratio are rough. `edgeface bench` measures them again."
)
_UNITS = {"fp32": "FLOP", "int8": "OP"}


def tiles(manifest: Manifest, reference_bytes: int, latency: dict[str, Any]) -> list[Tile]:
    """Summary tiles of the size, and of the latency where it was measured."""
    found = [
        Tile(
            "model file",
            f"{manifest.model_bytes / 1e3:,.0f} kB",
            f"{manifest.model_bytes / reference_bytes:.2f} × of fp32",
        )
    ]
    if "missing" not in latency:
        own = latency["measured"]["artifact"]
        note = f"{own['ratio']:.2f} × of fp32, {'rough: the machine was busy' if was_busy(latency) else 'one thread'}"
        found.append(Tile("latency here", f"{own['median_ms']:.3g} ms", note))
    return found


def _bars(pairs: Sequence[tuple[str, float]], form: str) -> tuple[Bar, ...]:
    longest = max(value for _, value in pairs)
    return tuple(
        Bar(name, form.format(value), round(100 * value / longest, 2), number == 0)
        for number, (name, value) in enumerate(pairs)
    )


def _latencies(target: str, own: dict[str, Any], other: dict[str, Any]) -> Table:
    rows = []
    for name, found in ((target, own), (REFERENCE, other)):
        share = "–" if found["peak_share"] is None else f"{found['peak_share']:.0%}"
        spread = f"{found['p10_ms']:.3f}–{found['p90_ms']:.3f}"
        ratio = f"{found['ratio']:.3f} [{found['ratio_low']:.3f}, {found['ratio_high']:.3f}]"
        rows.append((name, f"{found['median_ms']:.3f}", spread, ratio if found is own else "1", share))
    header = ("", "median ms", "p10–p90 ms", "ratio to fp32, 95 % interval", "of the core's peak")
    return Table("Latency", header, tuple(rows))
