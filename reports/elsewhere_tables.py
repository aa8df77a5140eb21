"""The tables of reports/elsewhere.md, from its cells."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from datetime import date

from elsewhere_artifacts import IMAGES
from elsewhere_tools import LANES, Cell, Lane, pins

from edgeface.bench.result import describe_machine
from edgeface.core.versions import versions

EQUAL = 1e-3
LEAST_MATCHED, MOST_EXTRA = 0.95, 0.05
LEAST_COSINE = 0.98
LONGEST = 400
MARKS = {"wrong": "**WRONG**"}


def verdict(cell: Cell) -> str:
    """One of: refused, wrong, equal, same, near; or how much was compiled for a device that is not here."""
    if cell.at:
        return "refused"
    found = cell.result
    if not found:
        return _compiled(cell)
    if not found["finite"] or not _decides_alike(cell):
        return "wrong"
    largest = max(found["largest"].values())
    if largest == 0:
        return "equal"
    return "same" if largest <= EQUAL and not found["steps"] else "near"


def _compiled(cell: Cell) -> str:
    if "NPU operators = 0" in cell.notes:
        return "none on the NPU"
    return "all on the NPU" if "CPU operators = 0" in cell.notes else "partly on the NPU"


def mark(cell: Cell) -> str:
    """The verdict, and why."""
    word = verdict(cell)
    shown = MARKS.get(word, word)
    return f"{shown}: {cell.said[:LONGEST] if cell.at else _figures(cell)}" if word != "equal" else shown


def _decides_alike(cell: Cell) -> bool:
    found = cell.result["decisions"]
    if "min_cosine" in found:
        return bool(found["min_cosine"] >= LEAST_COSINE)
    faces = found["reference_faces"]
    return bool(found["matched"] >= LEAST_MATCHED * faces and found["extra"] <= MOST_EXTRA * faces)


def _figures(cell: Cell) -> str:
    found = cell.result
    if not found:
        return "; ".join(cell.notes)
    if not found["finite"]:
        return "values that are not finite"
    decided = found["decisions"]
    largest = max(found["largest"].values())
    apart = [f"{found['steps']} steps"] if found["steps"] is not None else []
    apart += [f"≤ {largest:.0e}"] if not apart and largest <= EQUAL else []
    if "min_cosine" in decided:
        return ", ".join([*apart, f"cosine ≥ {decided['min_cosine']:.4f}"])
    extra = f" and {decided['extra']} more" if decided["extra"] else ""
    change = decided["mean_score_change"]
    apart += [] if apart or change is None else [f"mean score change {change:.4f}"]
    return ", ".join([*apart, f"{decided['matched']}{extra} of {decided['reference_faces']} faces"])


def report(cells: Sequence[Cell], operators: Mapping[str, str]) -> str:
    """The whole report; `operators` are those of each artifact by type."""
    sections = [_section(lane, [cell for cell in cells if cell.lane == lane.name]) for lane in LANES]
    return (
        "\n\n".join(
            [
                _header(cells),
                _artifacts(operators),
                _kernels(cells),
                _glance(cells),
                _wrong(cells),
                *filter(None, sections),
                LIMITS,
            ]
        )
        + "\n"
    )


def _header(cells: Sequence[Cell]) -> str:
    machine = describe_machine()
    mine = ", ".join(f"{name} {number}" for name, number in versions("ai-edge-litert", "onnxruntime", "ncnn").items())
    faces = next((c.result["decisions"]["reference_faces"] for c in cells if _detects(c)), 0)
    return f"""\
# Where else the artifacts run

Made by `.venv/bin/python reports/elsewhere.py` on {date.today().isoformat()}; {machine["processor"]}, \
{machine["cores"]} cores, Python {platform.python_version()}.
The artifacts' own runtimes: {mine}.

{METHOD.format(faces=faces, images=IMAGES)}"""


def _detects(cell: Cell) -> bool:
    return cell.artifact.startswith("detector-tflite") and "reference_faces" in cell.result.get("decisions", {})


METHOD = f"""\
Detector: RetinaFace MobileNet-0.25 (1mb) at 320×256, {{images}} photographs, {{faces}} faces. Recognizer: \
MobileFaceNet with PReLU, 112×96, {{images}} aligned faces. Each artifact is loaded by a tool in an \
environment of its own, run on \
these images, and compared with what its **own runtime** (LiteRT with XNNPACK, ONNX Runtime, ncnn) makes of it:

- **equal**: every bit. **same**: no output differs by more than {EQUAL}.
- **near**: the largest difference of an output, in steps of its int8 where outputs are int8, and how many faces are \
found again at IoU ≥ .5, or the lowest cosine. Integers that are rounded in another order are near.
- **WRONG**: it loads, runs and says nothing, and under {LEAST_MATCHED:.0%} of the faces are found, over \
{MOST_EXTRA:.0%} are new, or a cosine is under {LEAST_COSINE}.
- **refused**: with its words. **on the NPU**: compiled; there is no such device here to run it on."""

LIMITS = """\
## What this cannot say

- Two networks, one processor, and these versions.
- Nothing was timed. Near is a statement on few images: whoever ships with a tool runs `edgeface eval` on its outputs.
- vela's output ran nowhere: that needs an Ethos-U, or Arm's simulator, which no package index has.
- What crashed a tool is told in words only."""


def _artifacts(operators: Mapping[str, str]) -> str:
    lines = ["## The artifacts", "", "| artifact | operators by the type that they write |", "|---|---|"]
    lines += [f"| {_shown(name)} | {found} |" for name, found in operators.items() if found != "–"]
    return "\n".join([*lines, "", INTEGERS])


INTEGERS = """\
`--integer-only` alone leaves operators in float: inputs and outputs are float, and so is what is behind the last
weights. With `--io int8` none is left."""


def _kernels(cells: Sequence[Cell]) -> str:
    found = [f"{_shown(c.artifact)}, {c.lane}: {c.result['steps']}" for c in cells if c.result.get("steps")]
    own = [line for line in found if "LiteRT" in line or "micro" in line]
    return "\n".join(["## One machine, several integers", "", KERNELS, "", *(f"- {line}" for line in own)])


KERNELS = """\
Results are equal on every machine **for equal kernels only**. LiteRT has three sets of int8 kernels: XNNPACK's, which
is the default, its own without a delegate, and the reference ones. They round in different places. The largest
difference to XNNPACK's, in steps of the int8 outputs, on this one machine:"""


def _glance(cells: Sequence[Cell]) -> str:
    lines = ["## At a glance"]
    for format_, title in (("tflite", "TFLite"), ("onnx", "ONNX"), ("ncnn", "ncnn")):
        lanes = [lane for lane in LANES if any(c.lane == lane.name and _is(c, format_) for c in cells)]
        artifacts = list(dict.fromkeys(c.artifact for c in cells if _is(c, format_)))
        if not artifacts:
            continue
        heads = [title, *(_shown(artifact) for artifact in artifacts)]
        lines += ["", f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
        for lane in lanes:
            by = {c.artifact: verdict(c) for c in cells if c.lane == lane.name}
            words = [MARKS.get(by.get(artifact, "–"), by.get(artifact, "–")) for artifact in artifacts]
            lines.append(f"| {' | '.join([lane.name, *words])} |")
    return "\n".join(lines)


def _wrong(cells: Sequence[Cell]) -> str:
    found = [f"- **{_shown(c.artifact)} in {c.lane}**: {_figures(c)}." for c in cells if verdict(c) == "wrong"]
    return "\n".join(["## Wrong without a word", "", *(found or ["None among these."])])


def _is(cell: Cell, format_: str) -> bool:
    return f"-{format_}-" in cell.artifact


def _shown(artifact: str) -> str:
    """As the targets' names, with "all int8" for --integer-only --io int8."""
    return (
        artifact.replace("-integer-only-io-int8", " all int8")
        .replace("-integer-only", " --integer-only")
        .replace("-tflite", ", tflite")
        .replace("-onnx", ", onnx")
        .replace("-ncnn", ", ncnn")
        .replace("detector-240x320", "detector 320×240")
    )


def _section(lane: Lane, cells: Sequence[Cell]) -> str:
    if not cells:
        return ""
    packages = ", ".join(each.replace("==", " ") for each in pins()[lane.environment][: _own(lane)])
    lines = [f"## {lane.name}", "", f"{packages}.", "", "| artifact | result |", "|---|---|"]
    lines += [f"| {_shown(cell.artifact)} | {_cell(cell)} |" for cell in cells]
    return "\n".join(lines)


def _own(lane: Lane) -> int:
    """How many of an environment's packages are the tool itself; they come first."""
    return {"iree": 3, "pnnx": 2}.get(lane.environment, 1)


def _cell(cell: Cell) -> str:
    notes = "".join(f"; {note}" for note in cell.notes) if cell.result else ""
    where = {"run": " when run", "compare": " (its outputs do not fit)"}.get(cell.at, "")
    said = mark(cell).replace("refused:", f"refused{where}:") if cell.at else mark(cell)
    return f"{said}{notes}".replace("|", "/")
