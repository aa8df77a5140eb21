"""What reports/gpu.py times: a network in one runtime and precision at one batch size, from pinned and other memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

PRECISIONS = ("fp32", "fp16", "int8")
NOTE = 160
TARGET_MS = 20.0
MAX_RUNS = 200


@dataclass
class Lane:
    """A function that computes once, copies included, and the times of its runs in milliseconds by round."""

    name: str
    run: Callable[[], Any]
    note: str = ""
    runs: int = 1
    times_ms: list[float] = field(default_factory=list)

    def warm_up(self) -> None:
        """Run some times, and choose how many runs make a round."""
        for _ in range(3):
            self.run()
        self.runs = max(1, min(MAX_RUNS, int(TARGET_MS / max(self._mean_ms(3), 1e-3))))

    def measure(self) -> None:
        """Add one round's mean."""
        self.times_ms.append(self._mean_ms(self.runs))

    def _mean_ms(self, runs: int) -> float:
        start = time.perf_counter_ns()
        for _ in range(runs):
            self.run()
        return (time.perf_counter_ns() - start) / 1e6 / runs


def opened(
    name: str, open_runner: Callable[[], Any], batch: int, held: ExitStack, pageable: bool = False
) -> Iterator[Lane]:
    """A runner's lane from pinned memory and, where asked, from any memory."""
    runner = open_runner()
    held.callback(runner.close)
    shapes = {spec.name: (batch, *spec.shape[1:]) for spec in runner.inputs}
    pinned = runner.pinned(shapes)
    random = np.random.default_rng(0)
    for array in pinned.values():
        array[...] = random.normal(size=array.shape).astype(array.dtype)
    runner.run_pinned()
    yield Lane(name, runner.run_pinned, "; ".join(runner.notes()[1:])[:NOTE])
    if pageable:
        elsewhere = {key: array.copy() for key, array in pinned.items()}
        yield Lane(f"{name}, from any memory", lambda: runner.run(elsewhere))


def torch_lanes(folder: Path, weights: Path, batch: int) -> Iterator[Lane]:
    """Lanes of torch in float32 (NCHW) and float16 (NHWC), as CUDA graphs, copies of pinned memory included."""
    import torch

    from edgeface.core.artifact import Artifact
    from edgeface.models import family

    contract = Artifact.open(folder).contract
    torch.backends.cudnn.benchmark = True
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    size = (batch, 3, contract.input.height, contract.input.width)
    kinds = {
        "fp32": (torch.float32, torch.contiguous_format),
        "fp16 channels last": (torch.float16, torch.channels_last),
    }
    for kind, (dtype, layout) in kinds.items():
        network: Any = family(contract.family).load(weights, contract).eval()
        network = network.to("cuda", dtype, memory_format=layout)
        yield Lane(f"torch {torch.__version__} {kind}", _captured(network, size, layout), "as a CUDA graph")


def _captured(network: Any, size: tuple[int, ...], layout: Any) -> Callable[[], None]:
    import torch

    host = torch.randn(size).pin_memory()
    given = torch.empty(size, device="cuda")
    dtype = next(network.parameters()).dtype

    def compute() -> tuple[Any, ...]:
        made = network(given.to(dtype, memory_format=layout))
        return tuple(item.float() for item in (made if isinstance(made, tuple) else (made,)))

    with torch.inference_mode():
        stream: Any = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        with torch.cuda.stream(stream):
            for _ in range(3):
                made = compute()
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            made = compute()
        out = [torch.empty(item.shape, dtype=item.dtype).pin_memory() for item in made]

    def run(_: Any = network) -> None:  # the graph reads the network's memory, which must stay allocated
        with torch.inference_mode():
            given.copy_(host, non_blocking=True)
            graph.replay()
            for there, here in zip(made, out, strict=True):
                here.copy_(there, non_blocking=True)
            torch.cuda.synchronize()

    return run
