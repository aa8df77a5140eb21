"""Write reports/rk3399.md and reports/rk3399.svg: `python reports/rk3399_report.py`.

Predicted against published milliseconds, and every artifact in every runtime on every kind of core of the RK3399. It
needs ../shared and the emulated devices. Artifacts are exported into the work folder and counts are kept in the cache,
so a run that was cut off goes on where it was; the first one takes an hour or two of a processor, a later one seconds.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

import boards
import rk3399
from fit_latency import TITLES, Fitted
from latency_plot import Panel, Point, plot
from mobilenets import networks, write_models
from published import DATA, VERSION, are_remembered
from rk3399_artifacts import exported
from rk3399_faces import anchors_table, faces_table, litert_table
from rk3399_predictions import Line, artifacts_table, lines, quickest
from rk3399_tables import Cell, errors_table, figure, table
from rk3399_unseen import Unseen, unseen

from edgeface.devices.table import profiles

ROOT = Path(__file__).resolve().parents[1]
WORK = ROOT / "out" / "rk3399"


def main() -> None:
    """Fit, export, count, and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=WORK, help="the folder that keeps the artifacts")
    parser.add_argument(
        "--remembered", action="store_true", help="export and count nothing: what is missing is left out"
    )
    given = parser.parse_args()
    work, only = given.work, given.remembered
    graphs = sorted((DATA / "ncnn_params").glob("*.param"))
    known = {core for core in ("a72", "a53") if not only or are_remembered(graphs, core)}
    fits = rk3399.fits(known)
    timed = [cores for cores in boards.TIMED if not only or are_remembered(boards.graphs(cores), cores.core)]
    others = {cores: boards.fitted(cores) for cores in timed}
    not_seen = unseen(others, fits[1], work / "twins", only)
    found = list(lines(exported(work, only), only))
    parts = [_head(), _published(fits), _boards(not_seen)]
    parts += [_artifacts(found), _faces(fits, found), _anchors(others, work / "mobilenets", only)]
    (ROOT / "reports" / "rk3399.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    (ROOT / "reports" / "rk3399.svg").write_text(plot(_panels(fits, others, not_seen)), encoding="utf-8")


def cores_of(fit: Fitted) -> str:
    """Kind and number of a fit's cores: A72×2."""
    return f"{fit.core.upper()}×{fit.threads}"


def _head() -> str:
    return f"""# Latency on an RK3399, predicted

Made by `python reports/rk3399_report.py` on {date.today()}. ncnn {VERSION}, LiteRT, ONNX Runtime and tflite-runtime as
pinned in `edgeface/devices/pins.py` are emulated; their instructions by class and the misses of a simulated cache are
counted, and coefficients fitted to published figures make milliseconds of them (`docs/predict.md`). Nothing here was
measured on a board of ours."""


def _published(fits: Sequence[Fitted]) -> str:
    errors = {cores_of(fit): list(fit.errors) for fit in fits}
    return f"""## Predicted against published

ncnn's own benchmark on a NanoPC-T4 (RK3399) and, below, on a Raspberry Pi 4. Each network is predicted by a fit to the
others (open circles) or was never fitted to (filled).

![Predicted ÷ published for each network, by cores](rk3399.svg)

On the RK3399:

{errors_table(errors)}

Cycles that were fitted:

{cycles_table({cores_of(fit): fit for fit in fits})}

{_rows(fits)}"""


def cycles_table(fits: Mapping[str, Fitted]) -> str:
    """The coefficients of each fit, by its name."""
    heads = ("cores", "GHz", *TITLES)
    rows = ([name, f"{fit.clock_khz / 1e6:g}", *(f"{value:.2f}" for value in fit.cycles)] for name, fit in fits.items())
    return table(heads, rows)


def _rows(fits: Sequence[Fitted]) -> str:
    heads: list[str] = ["network"]
    by_network: dict[str, list[Cell]] = {row.network: [] for row in fits[0].rows}
    for fit in fits:
        heads += [f"{cores_of(fit)} published", "predicted"]
        for row, error in zip(fit.rows, fit.errors, strict=True):
            by_network[row.network] += [figure(row.ms), f"{figure(row.ms * (1 + error))} ({error:+.0%})"]
    return table(heads, ([name, *cells] for name, cells in by_network.items()))


def _panels(fits: Iterable[Fitted], others: Mapping[boards.Cores, Fitted], not_seen: Unseen) -> list[Panel]:
    """A panel for each fit of the RK3399, and for each fit of another board that has networks that were not seen."""
    found = [Panel(f"RK3399, {cores_of(fit)}", _points(fit)) for fit in fits]
    return found + [
        Panel(cores.title, (*_points(fit), *not_seen.points[cores.title]))
        for cores, fit in others.items()
        if cores.title in not_seen.points
    ]


def _points(fit: Fitted) -> tuple[Point, ...]:
    pairs = zip(fit.rows, fit.errors, strict=True)
    return tuple(Point(row.network, row.ms, row.ms * (1 + float(error))) for row, error in pairs)


def _boards(not_seen: Unseen) -> str:
    return f"""## Other boards

Fitted in the same way to ncnn's published table (`reports/data/ncnn_boards.csv` has the rows, `reports/board_rows.py`
their source, `reports/boards.py` fits). This is what profiles have, with the errors of networks that were left out:

{profiles_table()}

On the RK3588's cores ncnn computes in float16. Where the mean error is above {boards.WORTH:.0%}, counts of one core do
not tell the latency, and nothing is predicted: so it is for four Cortex-A76 (18 to 21 %), and for the Cortex-A55 (with
11 networks 15 to 20 % on four of the RK3588's, 13 to 16 % on one of an RK3566's, with coefficients that no pipeline
has). A whole table of a Raspberry Pi 5 was not found.

Networks that were never fitted to, on a Raspberry Pi 4 and, by the RK3399's own fit, on another RK3399 (an Orange Pi 4
LTS under a desktop, with a newer ncnn than the NanoPC-T4's):

{errors_table(not_seen.errors)}

{not_seen.table}"""


def profiles_table() -> str:
    """What is known of each board's latencies: [[latency]] of every profile."""
    heads = ("board", "cores", "networks", "mean", "median", "90th percentile", "worst", "published by")
    rows: list[list[Cell]] = []
    for board in profiles().values():
        for each in board.latency:
            errors = (each.mean_error, each.median_error, each.p90_error, each.max_error)
            cores = f"{each.core.upper()}×{each.threads}"
            rows.append([board.title, cores, each.rows, *(f"{error:.1%}" for error in errors), each.source])
    return table(heads, rows)


def _artifacts(found: Sequence[Line]) -> str:
    return f"""## Artifacts

Expected milliseconds of one inference, of the network alone. "Limit" is what the multiply–accumulates take if nothing
else has to be done: 4 in float32 and 8 in int8 in a cycle of 1.8 GHz; Winograd's convolution, which ncnn has, needs
fewer. For ncnn the range is the fit's own error, for others it is from what the pipelines take at least to what the fit
gives, or a little more. Networks of 640×480 are counted on the large cores alone. The Cortex-A53's fit does not carry
over from ncnn to other runtimes: it charges vector loads, of which XNNPACK's kernels for that core have more and hide
them (it would give 121 ms on one core and 17 on four for `tflite-int8` in LiteRT), so nothing is shown for them there.
What was not counted yet when this was made is left out.

{artifacts_table(found)}

The quickest:

{quickest(found)}"""


def _faces(fits: Sequence[Fitted], found: Sequence[Line]) -> str:
    ncnn = {(row.network, cores_of(fit)): row.ms for fit in fits for row in fit.rows}
    predicted = {
        (line.exported.network, each.cores): each.expected_ms
        for line in found
        if line.exported.kind == "ncnn-fp32"
        for each in line.predictions.values()
    }
    return f"""## Face models in other runtimes

Published figures for RK3399-class boards, which nothing was fitted to. The authors' runtime and Tengine are others than
ncnn, so the ratio shows how far good runtimes are from each other, as much as how far the prediction is off.

{faces_table(predicted, ncnn)}"""


def _anchors(others: Mapping[boards.Cores, Fitted], work: Path, remembered_only: bool) -> str:
    fit = next(found for cores, found in others.items() if (cores.device, cores.threads) == ("rpi4", 4))
    macs = {name: graph.macs() for name, graph in networks().items()}
    return f"""## XNNPACK's own figures

On a Raspberry Pi 4 with four threads, from XNNPACK's README (February 2022), beside ncnn's published ones there, scaled
to 1.5 GHz.

{anchors_table()}

What the fit of four threads there, whose mean error is {fit.error_figures["mean"]:.0%}, makes of LiteRT's counts of the
same networks with random weights:

{litert_table(write_models(work), macs, fit, remembered_only)}"""


if __name__ == "__main__":
    main()
