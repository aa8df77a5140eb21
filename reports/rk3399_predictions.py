"""Every artifact in every runtime on every kind of core of the RK3399, beside the physical limit, as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rk3399_artifacts import COSTLY, Exported
from rk3399_tables import Cell, figure, limit_ms, span, table

from edgeface.errors import RuntimeFailure
from edgeface.prediction.counted import is_remembered
from edgeface.prediction.predict import predict_all
from edgeface.prediction.prediction import Prediction
from edgeface.prediction.runtimes import BoardRuntime, board_runtimes

DEVICE = "rk3399"
CORES = (("a72", 1), ("a72", 2), ("a53", 1), ("a53", 4))
KINDS = tuple(dict.fromkeys(core for core, _ in CORES))


@dataclass(frozen=True)
class Line:
    """An artifact in a runtime, with its predictions by cores; none where the runtime refuses it."""

    exported: Exported
    runtime: str
    predictions: dict[tuple[str, int], Prediction]


def lines(artifacts: Iterable[Exported], remembered_only: bool = False) -> Iterator[Line]:
    """The predictions of each artifact; what is not remembered is counted, or left out."""
    for found in artifacts:
        path = found.artifact.model_path
        runtimes = board_runtimes(path)
        for runtime in runtimes[:1] if COSTLY in found.network else runtimes:
            print(f"{found.network}, {found.kind} in {runtime.title}", flush=True)
            known = ("a72",) if COSTLY in found.network else KINDS
            asked = [core for core in known if not remembered_only or is_remembered(path, core, runtime)]
            yield Line(found, f"{runtime.title} {runtime.version}", _predictions(path, runtime, asked))


def _predictions(path: Path, runtime: BoardRuntime, cores: Iterable[str]) -> dict[tuple[str, int], Prediction]:
    made = {}
    for core in cores:
        try:
            found = predict_all(path, DEVICE, runtime.name, core)
        except RuntimeFailure as error:
            print(f"  {error.what}", flush=True)
            continue
        made |= {(each.core, each.threads): each for each in found}
    return made


def artifacts_table(found: Sequence[Line]) -> str:
    """A row for each line that was predicted: expected milliseconds, and their range on the first cores."""
    cores = [f"{core.upper()}×{threads}" for core, threads in CORES]
    first, *others = cores
    heads = (
        "network",
        "artifact",
        "runtime",
        f"limit {first}",
        first,
        "range",
        "÷ limit",
        *others,
        "most time goes to",
    )
    return table(heads, (_row(line) for line in found if CORES[0] in line.predictions))


def _row(line: Line) -> list[Cell]:
    first = line.predictions[CORES[0]]
    limit = limit_ms(line.exported.macs, first.dtype, 1_800_000, 1)
    shown = [line.predictions.get(cores) for cores in CORES[1:]]
    return [
        *(line.exported.network, f"`{line.exported.kind}`", line.runtime, figure(limit), figure(first.expected_ms)),
        *(span(first.low_ms, first.high_ms), f"{first.expected_ms / limit:.1f}"),
        *("–" if each is None else figure(each.expected_ms) for each in shown),
        first.bound,
    ]


def quickest(found: Sequence[Line]) -> str:
    """For each network the quickest artifact and runtime on each number of large cores, with its frames per second."""
    rows: list[list[Cell]] = []
    for network in dict.fromkeys(line.exported.network for line in found):
        for cores in CORES:
            there = [(line, line.predictions[cores]) for line in found if cores in line.predictions]
            there = [(line, each) for line, each in there if line.exported.network == network]
            if there:
                line, best = min(there, key=lambda pair: pair[1].expected_ms)
                what = f"`{line.exported.kind}` in {line.runtime}"
                rows.append([network, best.cores, what, figure(best.expected_ms), f"{best.fps:.0f}"])
    return table(("network", "cores", "quickest", "ms", "frames/s"), rows)
