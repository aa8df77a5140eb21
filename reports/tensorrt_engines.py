"""Write reports/tensorrt.md: TensorRT engines as `edgeface export` builds them, and run where there is a GPU.

Run as `.venv/bin/python reports/tensorrt_engines.py`; it needs `../shared/data` and `pip install 'edgeface[tensorrt]'`.
Without a GPU it takes about a quarter of an hour on two cores and says what was not measured. On a machine with an
NVIDIA GPU the same command also measures parity and latency, beside ONNX Runtime's CUDA provider and torch where they
are there.
"""

from __future__ import annotations

import os
import platform
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from subjects import ROOT, SHARED, Subject, detector, document, edgeface, recognizers

__all__ = ["MAX_IMAGES", "Subject", "decisions", "edgeface"]
FLOAT_TARGETS = ("tensorrt-fp32", "tensorrt-fp16")
INT8_TARGETS = ("tensorrt-int8",)
TARGETS = (*FLOAT_TARGETS, *INT8_TARGETS)
ELSEWHERE = ("75", "80", "86", "89", "120")
"""int8 is not exported for the first: TensorRT-RTX computes it in float there, and the gate refuses it."""
MIN_BATCH, BEST_BATCH, MAX_IMAGES = 1, 8, 64
BATCH = f"{MIN_BATCH},{BEST_BATCH},{MAX_IMAGES}"
FEW_SCENES = 10
LACKING = """\
**Nothing here ran on a GPU: {problem}.**
Measured without one: the accuracy of the typed ONNX that engines are built from (in ONNX Runtime, every node in its own
type), engines that were really built, and the types that the builder reports for their layers. Latency, throughput and
parity of the engines themselves were not measured: run `.venv/bin/python reports/tensorrt_engines.py` on a machine with
an NVIDIA GPU, and they are added.

"""
NUMERICS = """\
## Accuracy of what engines are built from

Against the checkpoint in torch float32, on images that calibration did not see (the certificates). Detectors
compute their first stage in float32 also in fp16 (`[half.keep_float]` in the recipe), and in int8 their first stage and
heads (`[quantize.keep_float]`)."""
ENGINES = f"""\
## Engines

What `edgeface export … --target tensorrt-… --compute-capability {",".join(ELSEWHERE)} --batch {BATCH}` wrote: one file
for 7.5, whose plans are larger, and one for the others; where there is a GPU, one for that. Reformats are layers that
only move or convert. Nodes that multiply (convolutions, matrix products) are counted by what their layers read: "Int8"
where data and weights both are. The gate refuses an engine that computes one of them in float32 though the ONNX types
it int8 or float16. TensorRT-RTX does so with int8 for 7.5: int8 was exported without it, and the row for 7.5 gives what
the gate says of an engine that was built from the same ONNX.
"Moved" is what all layers read and write for one image, weights included. Padding is how many times the model's
weights the engine's are, at most: groups of depthwise filters are widened. Seconds are those of a second build, on this
machine."""
REFUSAL = 200


@dataclass
class Exported:
    """Artifacts by target, and why the others were refused."""

    artifacts: dict[str, Path] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


def main() -> None:
    """Export, build again, measure, and write the report."""
    from edgeface.backends.tensorrt.cuda.driver import look_for_gpus

    driver = look_for_gpus()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        made = {subject: _exported(subject, work / "out", bool(driver.gpus)) for subject in _subjects(work)}
        parts = [_header(driver.problem), _numerics(made), _engines(made), _again(made, work / "again")]
        if driver.gpus:
            from tensorrt_gpu import measured

            parts += measured({subject: found.artifacts for subject, found in made.items()}, work)
    (ROOT / "reports" / "tensorrt.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _subjects(work: Path) -> Iterator[Subject]:
    scenes = SHARED / "scenes"
    yield detector("1mb", "480x640", scenes)
    few = work / "few"
    few.mkdir()
    for scene in sorted(scenes.iterdir())[:: max(1, len(list(scenes.iterdir())) // FEW_SCENES)]:
        (few / scene.name).symlink_to(scene)
    yield detector("1mb", "1080x1920", few)
    weights = SHARED / "weights" / "retinaface_mnet025_1mb.pth"
    yield from recognizers(work, ("--weights", str(weights), "--judge", str(few), "--variant", "1mb"))


def _exported(subject: Subject, out: Path, gpu: bool) -> Exported:
    """Every target; one that is refused takes no other with it."""
    found = Exported()
    for targets in (FLOAT_TARGETS, INT8_TARGETS):
        capabilities = () if gpu else ELSEWHERE[targets == INT8_TARGETS :]
        ended = _export(subject, targets, out, capabilities)
        if "error" not in ended:
            found.artifacts |= dict(zip(targets, _folders(ended), strict=True))
            continue
        for target in targets:
            alone = _export(subject, (target,), out, capabilities) if len(targets) > 1 else ended
            if "error" in alone:
                found.refused[target] = alone["error"]["what"]
            else:
                found.artifacts[target] = _folders(alone)[0]
    return found


def _export(subject: Subject, targets: tuple[str, ...], out: Path, capabilities: tuple[str, ...]) -> dict[str, Any]:
    given = [subject.model, "--weights", str(subject.weights), *subject.options, "--target", ",".join(targets)]
    given += ["--compute-capability", ",".join(capabilities)] if capabilities else ["--allow-slower"]
    return edgeface("export", *given, "--batch", BATCH, "--out", str(out / subject.name.replace(" ", "_")), check=False)


def _folders(ended: dict[str, Any]) -> list[Path]:
    return [Path(artifact["folder"]) for artifact in ended["artifacts"]]


def _header(problem: str) -> str:
    from edgeface.backends.tensorrt.library import load_library
    from edgeface.core.versions import versions

    library = load_library()
    used = ", ".join(f"{name} {version}" for name, version in versions("ai-edge-litert", "flatbuffers").items())
    lacking = LACKING.format(problem=problem) if problem else ""
    return (
        f"# TensorRT: measured\n\n{lacking}Made by `.venv/bin/python reports/tensorrt_engines.py` on "
        f"{date.today().isoformat()}; {os.cpu_count()} cores, Python {platform.python_version()};\n"
        f"{library.name} {library.version}; {used}."
    )


def _numerics(made: dict[Subject, Exported]) -> str:
    rows = [
        f"{NUMERICS}\n\n"
        "| network | target | images | faces matched | extra | mean Δscore | mean landmark error | "
        "cosine, mean (least) |",
        "|---" * 8 + "|",
    ]
    for subject, found in made.items():
        for target, folder in found.artifacts.items():
            certificate = document(folder, "certificate")
            cells = decisions(certificate["decisions"])
            rows.append(f"| {subject.name} | {target} | {certificate['images']} | {cells} |")
    return "\n".join(rows)


def decisions(found: dict[str, Any]) -> str:
    """Five cells: faces, where it is a detector's; cosines, where it is a recognizer's."""
    if "mean_cosine" in found:
        return f"– | – | – | – | {found['mean_cosine']:.5f} ({found['min_cosine']:.5f})"
    return (
        f"{found['matched_percent']:.2f} % | {found['extra_percent']:.2f} % | {found['mean_score_change']:.4f} | "
        f"{found['mean_landmark_error_percent']:.2f} % | –"
    )


def _engines(made: dict[Subject, Exported]) -> str:
    """The table of engines, each built once more to be compared and timed."""
    rows: list[str] = []
    differing: list[int] = []
    for subject, found in made.items():
        for target in TARGETS:
            start = f"| {subject.name} | {target} |"
            if target in found.refused:
                rows.append(f"{start} refused: {_short(found.refused[target])} {'| – ' * 7}|")
                continue
            rows += [f"{start} {cells} |" for cells in _built(found.artifacts[target], differing)]
            if target in INT8_TARGETS and len(_listed(found.artifacts[target])) == len(ELSEWHERE) - 1:
                rows.append(f"{start} 7.5 | {_judged(found.artifacts[target], ELSEWHERE[0])} {'| – ' * 6}|")
    header = (
        "| network | target | for | kB | built in | layers | reformats | moved, MB | nodes that multiply | padding |"
    )
    least, most = min(filter(None, differing), default=0), max(differing, default=0)
    same = (
        f"Each engine was built twice from the same ONNX: {differing.count(0)} of {len(differing)} pairs are the same "
        f"bytes{f'; the others differ in {least} to {most} bytes' if most else ''}."
    )
    return "\n".join([f"{ENGINES}\n\n{header}", "|---" * 10 + "|", *rows, "", same])


def _short(what: str) -> str:
    return what if len(what) <= REFUSAL else f"{what[:REFUSAL]} …"


def _built(folder: Path, differing: list[int]) -> Iterator[str]:
    """Cells for each engine file of an artifact; `differing` gets the bytes in which a second build differs."""
    from edgeface.backends.tensorrt.build import build_engine
    from edgeface.backends.tensorrt.cuda.driver import with_point
    from edgeface.backends.tensorrt.request import BatchProfile, EngineRequest

    onnx = (folder / "model.onnx").read_bytes()
    files: dict[str, list[str]] = {}
    for entry in _listed(folder):
        files.setdefault(entry["file"], []).append(entry["compute_capability"])
    facts = document(folder, "certificate")["engines"]["precision"]
    for file, capabilities in files.items():
        tag = file.removeprefix("model.").removesuffix(".engine")
        batch = BatchProfile(MIN_BATCH, BEST_BATCH, MAX_IMAGES)
        start = time.perf_counter()
        second = build_engine(onnx, EngineRequest(tuple(capabilities), batch, where=folder.name)).plan
        seconds, first = time.perf_counter() - start, (folder / file).read_bytes()
        differing.append(
            sum(one != other for one, other in zip(first, second, strict=False)) + abs(len(first) - len(second))
        )
        table, nodes = facts[tag], document(folder, f"layers.{tag}")["precision"]["nodes"]
        types = ", ".join(f"{count} {name}" for name, count in table["convolutions"].items())
        padding = max((node["padding"] for node in nodes if node["weighted"]), default=1)
        yield (
            f"{', '.join(map(with_point, capabilities))} | {len(first) / 1000:.0f} | {seconds:.1f} s | "
            f"{table['layers']} | {table['reformats']} | {table['moved_bytes'] / 1e6:.1f} | {types} | ×{padding:g}"
        )


def _listed(folder: Path) -> list[dict[str, Any]]:
    engines: list[dict[str, Any]] = document(folder, "engines")["engines"]
    return engines


def _judged(folder: Path, digits: str) -> str:
    """What the gate says of an engine for a GPU that the export left out."""
    from edgeface.backends.tensorrt.build import build_engine
    from edgeface.backends.tensorrt.cuda.driver import with_point
    from edgeface.backends.tensorrt.judge_precision import judge_precision
    from edgeface.backends.tensorrt.precision import precision_table
    from edgeface.backends.tensorrt.request import BatchProfile, EngineRequest

    onnx = (folder / "model.onnx").read_bytes()
    batch = BatchProfile(MIN_BATCH, BEST_BATCH, MAX_IMAGES)
    engine = build_engine(onnx, EngineRequest((digits,), batch, where=folder.name))
    requirements = judge_precision(onnx, precision_table(onnx, engine.layers), with_point(digits))
    failed = [f"{requirement.what}: {requirement.measured}" for requirement in requirements if requirement.missed]
    return f"refused at the gate: {_short('; '.join(failed))}" if failed else "passes the gate, and was not exported"


def _again(made: dict[Subject, Exported], out: Path) -> str:
    """Whether a second export of a network gives the same typed ONNX."""
    subject, found = list(made.items())[-1]
    compared = []
    for target, folder in found.artifacts.items():
        capability = document(folder, "manifest")["engines"]["compute_capabilities"][-1:]
        second = _folders(_export(subject, (target,), out, tuple(capability)))[0]
        same = (folder / "model.onnx").read_bytes() == (second / "model.onnx").read_bytes()
        compared.append(f"{target} {'the same' if same else 'OTHER'} bytes")
    return (
        f"The typed ONNX is edgeface's own: a second export of {subject.name} gave {', '.join(compared)}.\nEngines are "
        "NVIDIA's builder's: the same inputs may give other bytes."
    )


if __name__ == "__main__":
    main()
