"""Write reports/idioms.md: what becomes of every ONNX idiom file in ../shared, in each target.

Run as `.venv/bin/python reports/idioms.py [PATTERN,…]`; half a minute on one core. With patterns of names the table is
printed. ONNX Runtime on the file itself is the truth; int8 is calibrated on the very feeds, so its cosine says whether
the operators are right, not how well a trained network survives.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
from subjects import ROOT, SHARED

from edgeface.backends import target
from edgeface.backends.float_io import FloatRunner
from edgeface.backends.onnx.runner import OrtRunner
from edgeface.backends.target import EmitOptions
from edgeface.backends.tflite.runner import LiteRtRunner
from edgeface.core.versions import versions
from edgeface.errors import EdgefaceError
from edgeface.graph.ir import Graph
from edgeface.graph.onnx_reader import read_onnx
from edgeface.graph.onnx_writer import write_onnx
from edgeface.graph.types import Array
from edgeface.passes import run_passes
from edgeface.quantize.build_plan import build_plan
from edgeface.quantize.derive import derive
from edgeface.quantize.observe import observe, observed_onnx
from edgeface.quantize.precision import state_precision
from edgeface.quantize.ranges import RangeRule

IDIOMS = SHARED / "onnx_idioms"
TOLERANCE = {"onnx": 2e-5, "tflite": 1e-4}
HALF = 100
"""How much less exact a file in float16 is, whose truth is computed in float16."""


@dataclass(frozen=True)
class Outcome:
    """What became of a file: "equal", "refused" or "wrong"; `said` is the refusal or the difference.

    `int8` is the cosine of tflite-int8's least similar output to the float32 network's, or why there is none.
    """

    name: str
    verdict: str
    said: str = ""
    int8: str = ""


def cases(patterns: str = "*") -> dict[str, Mapping[str, Any]]:
    """The files' descriptions by name."""
    known: dict[str, Mapping[str, Any]] = json.loads((IDIOMS / "cases.json").read_text(encoding="utf-8"))
    return {name: case for name, case in known.items() if any(fnmatchcase(name, p) for p in patterns.split(","))}


def outcome(name: str, case: Mapping[str, Any], integers: bool = True) -> Outcome:
    """What becomes of one file in ONNX, TFLite and, if asked, tflite-int8."""
    path = IDIOMS / f"{name}.onnx"
    given = _feeds(case)
    try:
        graph = run_passes(read_onnx(path, input_shapes={key: array.shape for key, array in given.items()}))
    except EdgefaceError as error:
        return Outcome(name, "refused", _one_line(error))
    feeds = {key: np.asarray(array, np.float32) for key, array in given.items() if key in graph.inputs}
    wanted = _truth(path, given, graph)
    loose = HALF if "fp16" in name else 1
    try:
        for kind, got in (("onnx", _in_onnx(graph, feeds)), ("tflite", _in_tflite(graph, feeds))):
            off = _off(wanted, got)
            if not off <= loose * TOLERANCE[kind]:
                return Outcome(name, "wrong", f"{kind} is {off:.2g} of the largest value off")
    except EdgefaceError as error:
        return Outcome(name, "refused", _one_line(error))
    return Outcome(name, "equal", int8=_in_int8(graph, feeds) if integers else "")


def _feeds(case: Mapping[str, Any]) -> dict[str, Array]:
    random = np.random.default_rng(0)
    return {
        key: random.integers(0, 256, shape).astype(kind) if kind == "uint8" else random.normal(size=shape).astype(kind)
        for key, (shape, kind) in case["feeds"].items()
    }


def _truth(path: Path, feeds: Mapping[str, Array], graph: Graph) -> dict[str, Array]:
    """ONNX Runtime's values for the graph's outputs, which are not the file's where decisions were cut off."""
    import onnx
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    model = onnx.load(path)
    for dim, size in ((d, n) for v in model.graph.input if v.name in feeds for d, n in _sized(v, feeds[v.name])):
        dim.dim_value = size
    del model.graph.value_info[:]
    known = {value.name for value in model.graph.output}
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in graph.outputs if name not in known)
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return dict(zip(graph.outputs, session.run(list(graph.outputs), dict(feeds)), strict=True))


def _sized(value: Any, array: Array) -> Any:
    return zip(value.type.tensor_type.shape.dim, array.shape, strict=True)


def _in_onnx(graph: Graph, feeds: Mapping[str, Array]) -> Mapping[str, Array]:
    return OrtRunner(write_onnx(graph)).run(feeds)


def _in_tflite(graph: Graph, feeds: Mapping[str, Array]) -> Mapping[str, Array]:
    chosen = target("tflite-fp32")
    model = chosen.emit_model(run_passes(graph, chosen.legalize), chosen.float_plan(), EmitOptions())
    return FloatRunner(LiteRtRunner(model), "nhwc").run(feeds)


def _in_int8(graph: Graph, feeds: Mapping[str, Array]) -> str:
    """The least cosine of an output, in LiteRT."""
    chosen = target("tflite-int8")
    assert chosen.scheme is not None
    try:
        stats = observe(graph, OrtRunner(observed_onnx(graph), optimize=False).run, [feeds])
        legal = run_passes(graph, chosen.legalize)
        if chosen.integer_forms is not None:
            legal = chosen.integer_forms(legal, state_precision(legal, {}, float_interface=True))
        stats, stated = derive(legal, stats), state_precision(legal, {}, float_interface=True)
        plan = build_plan(legal, stats, chosen.scheme, RangeRule("minmax"), stated=stated)
        got = FloatRunner(LiteRtRunner(chosen.emit_model(legal, plan, EmitOptions())), "nhwc").run(feeds)
    except EdgefaceError as error:
        return f"refused: {_one_line(error)}"
    wanted = _in_onnx(graph, feeds)
    return f"{min(_cosine(wanted[key], got[key]) for key in wanted):.4f}"


def _off(wanted: Mapping[str, Array], got: Mapping[str, Array]) -> float:
    """The largest difference, as a part of the output's largest value (at least 1)."""
    worst = 0.0
    for key, array in wanted.items():
        exact = np.asarray(array, np.float64)
        if exact.size:
            difference = np.abs(exact - np.asarray(got[key], np.float64).reshape(exact.shape)).max()
            worst = max(worst, float(difference / max(1.0, np.abs(exact).max())))
    return worst


def _cosine(a: Array, b: Array) -> float:
    x, y = (np.asarray(each, np.float64).ravel() for each in (a, b))
    length = float(np.linalg.norm(x) * np.linalg.norm(y))
    return float(x @ y) / length if length else float(np.array_equal(x, y))


def _one_line(error: EdgefaceError) -> str:
    return " ".join(str(error).replace(f"{IDIOMS}/", "").split())


def main() -> None:
    """Write or print the table."""
    chosen = cases(sys.argv[1] if len(sys.argv) > 1 else "*")
    found = [(case, outcome(name, case)) for name, case in chosen.items()]
    rows = [f"| {one.name} | {case['must']} | {one.verdict} | {one.int8 or one.said} |" for case, one in found]
    counted = ", ".join(f"{count} {verdict}" for verdict, count in Counter(one.verdict for _, one in found).items())
    used = ", ".join(f"{name} {number}" for name, number in versions("onnxruntime", "ai-edge-litert").items())
    head = (
        f"# ONNX idioms\n\nMade by `.venv/bin/python reports/idioms.py` on {date.today().isoformat()}; {used}.\n\n"
        f"{len(found)} files: {counted}. Equal: onnx-fp32 within 2e-5 and tflite-fp32 within 1e-4 of the largest\n"
        "value.\n\n"
        "| file | must | is | tflite-int8's cosine, or what was said |\n|---|---|---|---|\n"
    )
    text = head + "\n".join(rows) + "\n"
    if len(sys.argv) > 1:
        sys.stdout.write(text)
    else:
        (ROOT / "reports" / "idioms.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
