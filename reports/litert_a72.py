"""Where LiteRT's instructions go on a Cortex-A72, by operator: `python reports/litert_a72.py PLAIN [--winograd DIR]`.

Both are artifacts of tflite-int8. Each operator is counted as a model of its own on the emulated core, and beside it
stands what the inner loop of its kernel alone takes, which no graph can avoid without fewer products.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ai_edge_litert import schema_py_generated as schema

from edgeface.backends import runtime_for
from edgeface.devices.count import Counts, count_models
from edgeface.devices.fitted import fitted_ms, latency_of

LOOPS = {
    "int8 3×3": (62, 256),
    "int8 1×1": (65, 256),
    "int8 depthwise": (97, 144),
    "float 1×1": (86, 256),
    "float depthwise": (61, 72),
    "float 3×3": (62, 96),
}
"""Instructions of a kernel's inner loop, and the multiply–accumulates that they do, read from LiteRT 2.3.0's code."""
_TITLES = ("tflite-int8", "tflite-int8 with --winograd")
_NAMES = {code: name for name, code in vars(schema.BuiltinOperator).items() if isinstance(code, int)}


@dataclass
class Row:
    """Operators of one kind: how many, their multiply–accumulates and instructions."""

    operators: int = 0
    macs: int = 0
    instructions: int = 0
    sizes: set[str] = field(default_factory=set)


def main() -> None:
    """Print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("plain", type=Path, help="an artifact of tflite-int8")
    parser.add_argument("--winograd", type=Path, help="the same with --winograd")
    given = parser.parse_args()
    print("\n".join(_report(given.plain, given.winograd)))


def _report(plain: Path, winograd: Path | None) -> Iterator[str]:
    models = [folder / "model.tflite" for folder in (plain, winograd) if folder is not None]
    wholes = count_models(models)
    yield from _whole(wholes)
    for name, model, whole in zip(_TITLES, models, wholes, strict=False):
        yield from ["", f"## {name}, by operator", "", *_table(_rows(model), whole)]


def _whole(wholes: list[Counts]) -> Iterator[str]:
    latency = latency_of("rk3399", "a72")
    yield from ("| | M instructions | of the first | k misses of L1 | of L2 | fitted ms |", "|---|---|---|---|---|---|")
    for name, found in zip(_TITLES, wholes, strict=False):
        share = found.instructions / wholes[0].instructions
        misses = f"{found.l1_misses / 1e3:.0f} | {found.l2_misses / 1e3:.0f}"
        yield f"| {name} | {found.instructions / 1e6:.2f} | {share:.3f} | {misses} | {fitted_ms(found, latency):.1f} |"


def _rows(model: Path) -> dict[str, Row]:
    """The operators by kind, each counted alone."""
    take = runtime_for(model).parts
    assert take is not None
    parts = take(model)
    alike: dict[Any, int] = {}
    for index, operation in enumerate(parts.operations):
        alike.setdefault(operation.alike, index)
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"{index}.tflite" for index in alike.values()]
        for file, index in zip(files, alike.values(), strict=True):
            file.write_bytes(parts.model({index})[".tflite"])
        kinds = [_kind(file) for file in files]
        counts = count_models(files)
    found = dict(zip(alike, zip(kinds, counts, strict=True), strict=True))
    rows: dict[str, Row] = {}
    for operation in parts.operations:
        (kind, macs, size), counted = found[operation.alike]
        row = rows.setdefault(kind, Row())
        row.operators += 1
        row.macs += macs
        row.instructions += counted.instructions
        row.sizes.add(size)
    return rows


def _kind(file: Path) -> tuple[str, int, str]:
    """Kind, multiply–accumulates and weights' size of a model of one operator, which is its last."""
    model = schema.ModelT.InitFromPackedBuf(file.read_bytes(), 0)
    graph = model.subgraphs[0]
    operator = graph.operators[-1]
    code = model.operatorCodes[operator.opcodeIndex]
    name = _NAMES[max(code.builtinCode, code.deprecatedBuiltinCode)]
    read = graph.tensors[operator.inputs[0]]
    made = [int(size) for size in graph.tensors[operator.outputs[0]].shape]
    dtype = "float" if read.type == schema.TensorType.FLOAT32 else "int8"
    if name not in {"CONV_2D", "DEPTHWISE_CONV_2D"}:
        return f"{dtype} {name}", 0, ""
    weight = [int(size) for size in graph.tensors[operator.inputs[1]].shape]
    pixels, taps = made[1] * made[2], weight[1] * weight[2]
    if name == "DEPTHWISE_CONV_2D":
        kind = "depthwise" if taps == 9 else "depthwise, 3 or 4 taps"
        return f"{dtype} {kind}", pixels * taps * weight[3], ""
    return f"{dtype} {weight[1]}×{weight[2]}", pixels * taps * weight[0] * weight[3], f"{weight[3]}→{weight[0]}"


def _table(rows: dict[str, Row], whole: Counts) -> Iterator[str]:
    yield "| operators | | M MACs | M instr. | share | per MAC | inner loop, per MAC | in all, M | beside it, M |"
    yield "|---|---|---|---|---|---|---|---|---|"
    floors = {kind: rows[kind].macs * LOOPS[kind][0] / LOOPS[kind][1] for kind in LOOPS if kind in rows}
    total = sum(row.instructions for row in rows.values())
    for kind, row in sorted(rows.items(), key=lambda item: -item[1].instructions):
        done, share = row.instructions / 1e6, row.instructions / total
        per_mac = f"{row.instructions / row.macs:.3f}" if row.macs else ""
        line = f"| {kind} | {row.operators} | {row.macs / 1e6:.1f} | {done:.2f} | {share:.1%} | {per_mac} |"
        if kind in floors:
            loop, beside = LOOPS[kind][0] / LOOPS[kind][1], done - floors[kind] / 1e6
            line += f" {loop:.3f} | {floors[kind] / 1e6:.2f} | {beside:.2f} |"
        yield line if kind in floors else f"{line} | | |"
    alone = sum(floors.values())
    operators, macs = sum(row.operators for row in rows.values()), sum(row.macs for row in rows.values())
    yield f"| sum | {operators} | {macs / 1e6:.1f} | {total / 1e6:.2f} | | | | {alone / 1e6:.2f} | |"
    yield ""
    yield (
        f"The whole takes {whole.instructions / 1e6:.2f} M: each part pays about 15 k for being called by itself. "
        f"The inner loops alone are {alone / whole.instructions:.1%} of it."
    )


if __name__ == "__main__":
    main()
