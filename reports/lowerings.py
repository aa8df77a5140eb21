"""Make reports/lowerings.md: `python reports/lowerings.py`.

Each form of each activation, pooling and resize is built as a small int8 model at three sizes of the image, timed on
this machine and counted on an emulated Cortex-A72 (`arm_counts.py`).
"""

from __future__ import annotations

import datetime
import platform
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from arm_counts import counts_of
from lowering_forms import ACTIVATIONS, Activation, Form
from lowering_sketch import Shape, Sketch, Tensor, separate

from edgeface.backends.tflite.runner import LiteRtRunner
from edgeface.devices.count import Counts
from edgeface.devices.fitted import fitted_ms, latency_of
from edgeface.graph.types import Array

ROOT = Path(__file__).resolve().parent.parent
SIZES: tuple[Shape, ...] = ((56, 56, 64), (28, 28, 128), (14, 14, 256))
COPIES = 8
ROUNDS = 60
FEW_ROUNDS = 8
SLOW_SECONDS = 0.005
"""Models slower than this are timed only a few times."""
WITHIN_DB = 0.1
EXACT_DB = 200.0
TOO_SLOW = 4
_NOTHING = "nothing"
NOISE_NS = 0.1
"""Sums of three sizes below this are alike."""
WORTH = 1.1
"""An A72 decides between forms unless x86 then loses more than this factor."""


@dataclass(frozen=True)
class Measured:
    """One form at one size; times and counts are for one copy and one element of its input."""

    x86_ns: float
    counts: Counts
    elements: int
    decibel: float
    partitions: int
    left: str

    @property
    def a72_ns(self) -> float:
        """By the predictor."""
        return fitted_ms(self.counts, latency_of("rk3399", "a72")) * 1e6 / self.elements


def main() -> None:
    """Measure everything and write the report."""
    sections = [_header()]
    for activation in ACTIVATIONS:
        found = [_measure(activation, size) for size in SIZES]
        sections.append(_table(activation, found))
        print(sections[-1], flush=True)
    (ROOT / "reports" / "lowerings.md").write_text("\n\n".join(sections) + "\n", encoding="utf-8")


def _header() -> str:
    from edgeface.core.versions import versions

    listed = ", ".join(f"{name} {number}" for name, number in versions("ai-edge-litert", "flatbuffers").items())
    sizes = ", ".join("×".join(map(str, size)) for size in SIZES)
    return f"""# Lowerings: which form of an activation is fastest in int8

Made by `.venv/bin/python reports/lowerings.py` on {datetime.date.today()}; {_cpu()},
Python {platform.python_version()}; {listed}. XNNPACK, one thread.

Images of {sizes}. Times are for one element of the input image: the least of {ROUNDS} interleaved runs with
{COPIES + 1} copies less the least with one. Copies follow one another behind a small convolution each, whose cost is
taken off, or stand side by side where the form changes the image's size: of neighbouring operators that depend on one
int8 number only, XNNPACK makes a single table look-up, also across DEQUANTIZE and QUANTIZE. A72: instructions and
misses for each element, counted while LiteRT's aarch64 build runs under emulation, and the nanoseconds of an RK3399
that these predict (mean error 7 % on published figures). dB: the int8 result against float on the same int8 input,
ranges calibrated on that input. "left" is what XNNPACK does not take and the interpreter's own kernels run.

Chosen is, of the forms within {WITHIN_DB} dB of the best, the fastest on the A72, unless x86 then loses more than
{WORTH - 1:.0%} and more than the A72 gains: then the fastest on x86. Forms that take over {TOO_SLOW} times the
quickest on the A72 are out, whatever their decibels. An activation stands in every layer, so forms of
it that XNNPACK does not take whole are out: each would part the network once more."""


def _cpu() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "unknown processor")


def _measure(activation: Activation, size: Shape) -> dict[str, Measured]:
    """Every form at one size; the timed runs of all forms take turns."""
    forms: dict[str, Form | None] = {**activation.forms, _NOTHING: None}
    if not activation.chained:
        del forms[_NOTHING]
    keys = [(name, copies) for name in forms for copies in (1, COPIES + 1)]
    models = {(name, copies): _build(forms[name], size, copies, activation.chained)[0] for name, copies in keys}
    seconds, counted = _time(models, Sketch(size).stored), _count(models)
    elements = int(np.prod(size))

    def costs(name: str) -> tuple[float, Counts]:
        one, many = (name, 1), (name, COPIES + 1)
        return (seconds[many] - seconds[one]) / COPIES, _difference(counted[many], counted[one], COPIES)

    base = costs(_NOTHING) if activation.chained else (0.0, Counts(0, 0, 0, 0))
    found = {}
    for name, form in activation.forms.items():
        took, cost = costs(name)
        model, wanted = _build(form, size, 1, False)
        runner = LiteRtRunner(model)
        delegation = runner.delegation()
        found[name] = Measured(
            (took - base[0]) / elements * 1e9,
            _difference(cost, base[1], 1),
            elements,
            _decibel(runner, Sketch(size).stored, wanted),
            delegation.partitions,
            ", ".join(op for op, _ in delegation.left),
        )
    return found


def _time(models: dict[tuple[str, int], bytes], stored: Array) -> dict[tuple[str, int], float]:
    """The least seconds of one inference of each model."""
    runners = {key: LiteRtRunner(model) for key, model in models.items()}
    least = dict.fromkeys(models, np.inf)
    for turn in range(ROUNDS):
        for key, runner in runners.items():
            if turn < FEW_ROUNDS or least[key] < SLOW_SECONDS:
                least[key] = min(least[key], _seconds(runner, stored))
    return least


def _build(form: Form | None, size: Shape, copies: int, chained: bool) -> tuple[bytes, Tensor]:
    """A model with copies of a form: one after another behind a small convolution each, or side by side.

    Without the convolutions XNNPACK would fold neighbouring unary operators into one look-up.
    """
    sketch = Sketch(size)
    results = [sketch.input]
    for _ in range(copies):
        before = separate(sketch, results[-1]) if chained else sketch.input
        results.append(before if form is None else form(sketch, before))
    outputs = results[-1:] if chained else results[1:]
    return sketch.finish(outputs), outputs[0]


def _seconds(runner: LiteRtRunner, stored: Array) -> float:
    start = time.perf_counter()
    runner.run({"x": stored})
    return time.perf_counter() - start


def _count(models: dict[tuple[str, int], bytes]) -> dict[tuple[str, int], Counts]:
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{index}.tflite" for index in range(len(models))]
        for path, model in zip(paths, models.values(), strict=True):
            path.write_bytes(model)
        return dict(zip(models, counts_of(paths), strict=True))


def _difference(many: Counts, one: Counts, parts: int) -> Counts:
    return Counts(
        (many.instructions - one.instructions) // parts,
        (many.vector - one.vector) // parts,
        (many.l1_misses - one.l1_misses) // parts,
        (many.l2_misses - one.l2_misses) // parts,
    )


def _decibel(runner: LiteRtRunner, stored: Array, wanted: Tensor) -> float:
    assert wanted.params is not None
    got = wanted.params.dequantize(runner.run({"x": stored})["y00"])
    error = np.square(got.astype(np.float64) - wanted.value).mean()
    power = np.square(wanted.value.astype(np.float64)).mean()
    return float(10 * np.log10(power / max(error, 1e-30)))


def _chosen(activation: Activation, found: list[dict[str, Measured]]) -> tuple[str, str]:
    """The form to use and the reason."""
    names = [name for name, form in found[0].items() if not name.startswith("(")]
    names = [name for name in names if not activation.chained or not found[0][name].left]
    a72 = {name: sum(size[name].a72_ns for size in found) for name in names}
    names = [name for name in names if a72[name] < TOO_SLOW * min(a72.values())]
    decibel = {name: float(np.mean([size[name].decibel for size in found])) for name in names}
    best = max(decibel.values())
    fit = [name for name in names if decibel[name] > best - WITHIN_DB]
    x86 = {name: max(sum(size[name].x86_ns for size in found), NOISE_NS) for name in fit}
    on_a72, on_x86 = min(fit, key=lambda name: a72[name]), min(fit, key=lambda name: x86[name])
    loss, gain = x86[on_a72] / x86[on_x86], a72[on_x86] / a72[on_a72]
    if len(fit) == 1:
        return on_a72, "the only one that is exact enough"
    if on_a72 == on_x86 or loss == 1:
        return on_a72, f"fastest on both of the {len(fit)} that are exact enough"
    if loss > max(WORTH, gain):
        return on_x86, f"on the A72 {on_a72} takes 1/{gain:.2f} of its time, but on x86 {loss:.2f} times as long"
    return (
        on_a72,
        f"fastest on the A72; on x86 {on_x86} is {loss:.2f} times as fast, on the A72 {gain:.2f} times as slow",
    )


def _exactness(decibel: float) -> str:
    return "exact" if decibel > EXACT_DB else f"{decibel:.1f}"


def _table(activation: Activation, found: list[dict[str, Measured]]) -> str:
    chosen, reason = _chosen(activation, found)
    sizes = ["×".join(map(str, size)) for size in SIZES]
    lines = [f"## {activation.name}", "", f"Chosen: **{chosen}** ({reason}).", ""]
    head = ["form", *(f"x86 ns {s}" for s in sizes), *(f"A72 ns {s}" for s in sizes)]
    head += ["A72 instr.", "L1 misses", "L2 misses", "dB", "partitions", "left"]
    lines += [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for name in activation.forms:
        row = [size[name] for size in found]
        total = sum(m.elements for m in row)
        cells = [f"**{name}**" if name == chosen else name]
        cells += [f"{m.x86_ns:.3f}" for m in row] + [f"{m.a72_ns:.2f}" for m in row]
        cells.append(f"{sum(m.counts.instructions for m in row) / total:.2f}")
        cells.append(f"{max(0, sum(m.counts.l1_misses for m in row)) / total:.4f}")
        cells.append(f"{max(0, sum(m.counts.l2_misses for m in row)) / total:.4f}")
        cells += [
            _exactness(float(np.mean([m.decibel for m in row]))),
            str(max(m.partitions for m in row)),
            row[0].left or "–",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
