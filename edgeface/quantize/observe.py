"""Calibration run: observe every activation of a graph on every calibration image, in constant memory."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeAlias

import numpy as np

from edgeface.core.prefetch import prefetch
from edgeface.graph.ir import Graph
from edgeface.graph.onnx_writer import write_onnx
from edgeface.graph.ops.conv import Conv
from edgeface.graph.types import Array
from edgeface.quantize.patches import patch_moment
from edgeface.quantize.statistics import STATISTICS, CalibrationStats, Statistic, ValueStats, summarize

Run: TypeAlias = Callable[[Mapping[str, Array]], Mapping[str, Array]]

MAX_POSITIONS = 8_192
"""Approximate maximum of pixels per channel that one image adds to a histogram; ranges cover all pixels."""


def graph_digest(graph: Graph) -> str:
    """SHA-256 of the graph as ONNX, which ties statistics to the graph that they describe."""
    return hashlib.sha256(write_onnx(graph)).hexdigest()


def observe(
    graph: Graph, run: Run, feeds: Iterable[Mapping[str, Array]], needed: Collection[Statistic] = STATISTICS
) -> CalibrationStats:
    """Statistics of every value of a graph over all feeds.

    Args:
        graph: the legalized graph, so that statistics describe the emitted one.
        run: evaluates the graph and returns all computed values by name; see `observed_onnx`.
        feeds: the graph's inputs for each image, float32.
        needed: kinds of statistics to gather; ranges are always included.
    """
    holds = tuple(kind for kind in STATISTICS if kind in {"ranges", *needed})
    values: dict[str, ValueStats] = {}
    moments: dict[str, Array] = {}
    images = 0
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for found in prefetch({**feed, **run(feed)} for feed in prefetch(feeds)):
            look = partial(_summary, image=images, with_histograms="histograms" in holds)
            summaries = pool.map(look, found.values())
            if "second_moments" in holds:
                _add_moments(graph, found, images, moments)
            for name, stats in zip(found, summaries, strict=True):
                values[name] = values[name].merged(stats) if name in values else stats
            images += 1
    # Rounded as in a file, so that saved statistics give the same artifact.
    mean = {name: (total / max(images, 1)).astype(np.float32).astype(np.float64) for name, total in moments.items()}
    return CalibrationStats(values, mean, images, graph_digest(graph), holds)


def _summary(data: Array, image: int, with_histograms: bool) -> ValueStats:
    return summarize(data, _stride(data.shape), image, with_histograms=with_histograms)


def observed_onnx(graph: Graph) -> bytes:
    """The graph as ONNX with every computed value as an output."""
    return write_onnx(graph, [name for name in graph.activations if name not in graph.inputs])


def _add_moments(graph: Graph, found: Mapping[str, Array], image: int, moments: dict[str, Array]) -> None:
    convolutions = [n for n in graph.nodes if isinstance(n.op, Conv) and graph.constant(n.inputs[1]) is not None]
    for index, node in enumerate(convolutions):
        moment = patch_moment(graph, node, found[node.inputs[0]], seed=image * len(convolutions) + index)
        moments[node.output] = np.add(moments.get(node.output, 0.0), moment)


def _stride(shape: tuple[int, ...]) -> int:
    """The sampling stride of rows and columns that gives at most some thousand numbers per channel and image."""
    stride = 1
    while len(shape) == 4 and shape[2] * shape[3] > MAX_POSITIONS * stride * stride:
        stride += 1
    return stride
