"""Make a table of prices for a kind of processor: `python reports/prices.py NAME [--counted DEVICE]`.

Single-node networks (`price_cases.py`) are timed by LiteRT with XNNPACK and one thread on this machine, or counted on
an emulated device, and each class of work gets the nonnegative coefficients with the least relative squared error.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from price_cases import DTYPES, HYBRID, Case, cases, winograd_cases
from scipy.optimize import nnls

from edgeface.backends.tflite.emit import write_tflite
from edgeface.cost.prices.table import Price
from edgeface.cost.prices.winograd import image_work, result_work
from edgeface.cost.prices.work import CLASSES, Tile, Work
from edgeface.graph.types import Array
from edgeface.passes.transform_convolutions import transform_convolutions

TILES = {
    "float32": ((7, 16), (7, 32), (5, 16), (6, 8), (4, 16), (4, 8)),
    "int8": ((7, 16), (10, 16), (5, 16), (3, 8), (4, 8), (4, 16), (6, 8)),
}
DEPTHS = {"float32": (1,), "int8": (8, 4, 1, 2)}
LANES = (16, 8, 32)
CONVOLUTIONS = ("conv_1x1", "conv_kxk", "depthwise")
WINOGRAD = "winograd"
ROUNDS, BATCH_SECONDS = 25, 1.5e-3
LITERT_OF_FITTED = {"float32": 0.85, "int8": 0.75, HYBRID: 0.75}
"""On an A72, LiteRT takes these shares of what counts and ncnn's coefficients predict (the middle of what is known)."""


@dataclass(frozen=True)
class Timed:
    """A case, and its microseconds."""

    case: Case
    took_us: float


def main() -> None:
    """Measure or count, fit, and print the tables in TOML; errors go to stderr as comments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counted", metavar="DEVICE", help="count on an emulated device instead of timing")
    parser.add_argument("--times", type=Path, help="a file of times to read, or to write if it does not exist")
    given = parser.parse_args()
    took = _remembered(given.times, given.counted)
    tile: Tile | None = None
    for dtype in DTYPES:
        timed = [Timed(case, us) for case, us in zip(cases(dtype), took[dtype], strict=True)]
        if dtype == HYBRID:
            assert tile is not None
            print("\n".join(["[hybrid]", *_prices(timed, tile, ("conv_1x1", "conv_kxk"))]))
            return
        tile = min(_tiles(dtype), key=lambda tile, timed=timed: _error(timed, tile, CONVOLUTIONS))
        print(_section(dtype, timed, tile))
        if dtype == "float32" and given.counted:
            print(_winograd(took[WINOGRAD], tile))


def _remembered(path: Path | None, counted: str | None) -> dict[str, list[float]]:
    if path is not None and path.exists():
        found: dict[str, list[float]] = json.loads(path.read_text())
        return found
    took = {dtype: measured([case.model(dtype) for case in cases(dtype)], dtype, counted) for dtype in DTYPES}
    if counted is not None:
        models = [write_tflite(transform_convolutions(graph, {"y"})) for graph in winograd_cases()]
        took[WINOGRAD] = measured(models, "float32", counted)
    if path is not None:
        path.write_text(json.dumps(took))
    return took


def measured(models: Sequence[bytes], dtype: str, counted: str | None) -> list[float]:
    """Microseconds of one inference of each model."""
    return _counted(models, dtype, counted) if counted is not None else _timed(models)


def _timed(models: Sequence[bytes]) -> list[float]:
    """The least CPU time of interleaved rounds, so that other processes' turns do not count."""
    runs = [_run(model) for model in models]
    once = [_seconds(run, 1) for run in runs]
    repeats = [max(1, int(BATCH_SECONDS / max(seconds, 1e-6))) for seconds in once]
    least = np.full(len(runs), np.inf)
    for _ in range(ROUNDS):
        for index, (run, count) in enumerate(zip(runs, repeats, strict=True)):
            least[index] = min(least[index], _seconds(run, count))
    return [float(seconds) * 1e6 for seconds in least]


def _run(model: bytes) -> Callable[[], None]:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=model, num_threads=1)
    interpreter.allocate_tensors()
    random = np.random.default_rng(0)
    for each in interpreter.get_input_details():
        spread = 1 if each["dtype"] == np.float32 else 30
        interpreter.set_tensor(each["index"], (random.normal(size=each["shape"]) * spread).astype(each["dtype"]))
    interpreter.invoke()
    invoke: Callable[[], None] = interpreter.invoke
    return invoke


def _seconds(run: Callable[[], None], count: int) -> float:
    start = time.thread_time()
    for _ in range(count):
        run()
    return (time.thread_time() - start) / count


def _counted(models: Sequence[bytes], dtype: str, device: str) -> list[float]:
    from arm_counts import counts_of

    from edgeface.devices.fitted import fitted_ms, latency_of

    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{index}.tflite" for index in range(len(models))]
        for path, model in zip(paths, models, strict=True):
            path.write_bytes(model)
        counted = counts_of(paths, device)
    latency = latency_of("rk3399", "a72")
    return [fitted_ms(found, latency) * 1e3 * LITERT_OF_FITTED[dtype] for found in counted]


def _section(dtype: str, timed: list[Timed], tile: Tile) -> str:
    """The table's sections of one dtype."""
    sizes = [f"{key} = {value}" for key, value in vars(tile).items()]
    return "\n".join([f"[tiles.{dtype}]", *sizes, "", f"[prices.{dtype}]", *_prices(timed, tile, CLASSES), ""])


def _prices(timed: list[Timed], tile: Tile, kinds: Sequence[str]) -> Iterator[str]:
    """A line for each class of work, with its mean error."""
    for kind in kinds:
        price, off = fit([each for each in timed if each.case.kind == kind], tile)
        fields = ", ".join(f"{key} = {value:.4g}" for key, value in price.model_dump().items() if value)
        yield f"{kind} = {{ {fields} }}" + (f"  # ± {off:.0%}" if off is not None else "")


def _tiles(dtype: str) -> list[Tile]:
    return [Tile(*size, depth, lanes) for size in TILES[dtype] for depth in DEPTHS[dtype] for lanes in LANES]


def _error(timed: list[Timed], tile: Tile, kinds: Sequence[str]) -> float:
    return sum(fit([each for each in timed if each.case.kind == kind], tile)[1] or 0.0 for kind in kinds)


def fit(timed: list[Timed], tile: Tile) -> tuple[Price, float | None]:
    """The price of a class with the least relative squared error, and its mean relative error; free if no case."""
    if not timed:
        return Price(), None
    took = np.array([each.took_us for each in timed])
    rows = np.array([_row(each.case.work(tile)) for each in timed])
    if timed[0].case.kind in CONVOLUTIONS:  # a constant would only hide what small ones cost
        rows[:, -1] = 0
    found, _ = nnls(rows / took[:, None], np.ones(len(took)))
    off = float(np.abs(rows @ found / took - 1).mean())
    mac, loop, element, weight, node = (float(f"{value:.4g}") for value in found)
    price = Price(mac_ns=mac, loop_ns=loop, element_ns=element, weight_ns=weight, node_us=node)
    return price, off


def _winograd(took_us: Sequence[float], tile: Tile) -> str:
    """The table's section of Winograd's form: by elements of the image, and the result's products and elements."""
    took, graphs = np.array(took_us), winograd_cases()
    images = [image_work(graph, graph.nodes[0]).elements for graph in graphs]
    results = [result_work(graph, graph.nodes[0], tile) for graph in graphs]
    rows = np.array([(i, r.macs, r.elements, r.weights) for i, r in zip(images, results, strict=True)]) / 1e3
    found, _ = nnls(rows / took[:, None], np.ones(len(took)))
    off = float(np.abs(rows @ found / took - 1).mean())
    image, mac, element, weight = (f"{value:.4g}" for value in found)
    result = f"mac_ns = {mac}, element_ns = {element}, weight_ns = {weight}"
    return f"[winograd]  # ± {off:.0%}\nimage = {{ element_ns = {image} }}\nresult = {{ {result} }}\n"


def _row(work: Work) -> Array:
    """What the coefficients are multiplied with."""
    return np.array([work.macs / 1e3, work.loops / 1e3, work.elements / 1e3, work.weights / 1e3, 1.0])


if __name__ == "__main__":
    main()
