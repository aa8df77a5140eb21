"""Write reports/processors.md and the tables of ratios: which artifact is the fastest on which processor.

Run as `.venv/bin/python reports/processors.py` on a processor with AVX512-VNNI; it needs ../shared, gcc and objdump.
Four networks are built for every target of a CPU and judged (`edgeface benchmark`), then timed in turns in one process,
once with the processor's own kernels and once with those of AVX2 (`reports/hide_avx512.py`). `--keep DIR` works in that
folder and takes up what an earlier run left there; `--only WORD` takes the networks whose name holds the word, and
prints instead of writing.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from hide_avx512 import LIBRARIES
from subjects import RECOGNISERS, ROOT, SHARED, Subject, detector, document, edgeface, recognizers

from edgeface.backends import runtime_named, target
from edgeface.bench.export_latency import REFERENCE
from edgeface.bench.result import describe_machine
from edgeface.compile.request import ExportRequest
from edgeface.core.artifact import Artifact
from edgeface.core.processor import CLASSES, class_here
from edgeface.core.versions import versions
from edgeface.exporting.for_processor import fitting_targets, unusable

TABLES = ROOT / "edgeface" / "prediction" / "ratios"
HERE, HIDDEN = "vnni", "avx2"
RUNTIMES = ("onnxruntime", "ai-edge-litert", "openvino", "ncnn")
PASSED = {"written": "passed"}
Times = Mapping[str, list[float]]


@dataclass(frozen=True)
class Case:
    """A network: its artifacts' folder, its name here, and by target whether its gate passed, refused, or why not."""

    folder: Path
    title: str
    outcomes: Mapping[str, str]

    def manifest(self) -> Any:
        """Of any of its artifacts: they have the network in common."""
        return next(Artifact.open(path.parent).manifest for path in sorted(self.folder.glob("*/manifest.json")))


def main() -> None:
    """Build, judge, time twice, and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="")
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args()
    here = class_here()
    if here is None or here.name != "avx512_vnni":
        raise SystemExit("run it on a processor with AVX512-VNNI")
    with tempfile.TemporaryDirectory() as folder:
        work: Path = (given.keep or Path(folder)).resolve()
        cases = list(_cases(work, given.only))
        times = {HERE: _times(cases), HIDDEN: _times(cases, work / "hidden")}
    text = "\n".join(report(cases, times))
    if given.only:
        print(text)
        return
    (ROOT / "reports" / "processors.md").write_text(text + "\n", encoding="utf-8")
    for name, found in times.items():
        (TABLES / f"{name}.toml").write_text("\n".join(table(name, cases, found)) + "\n", encoding="utf-8")


def _cases(work: Path, only: str) -> Iterator[Case]:
    """The networks, each built for every target and judged, unless it stands there."""
    for subject in _subjects(work):
        if only not in subject.name:
            continue
        folder = work / subject.name.replace(" ", "-").replace("×", "x")
        options = ("--weights", str(subject.weights), *subject.options, "--out", str(folder), "--target", _targets())
        done = folder / "benchmark.html"  # written last
        found = document(folder, "benchmark") if done.exists() else edgeface("benchmark", subject.model, *options)
        yield Case(
            folder,
            subject.name,
            {each["target"]: PASSED.get(each["outcome"], each["outcome"]) for each in found["targets"]},
        )


def _targets() -> str:
    """Every target whose artifacts are judged and run by this kind of processor; the reference first."""
    names = [name for name in fitting_targets(ExportRequest()) if unusable(target(name)) is None]
    return ",".join(sorted(names, key=lambda name: name != REFERENCE))


def _subjects(work: Path) -> Iterator[Subject]:
    scenes = SHARED / "scenes"
    for variant in ("1mb", "official"):
        yield detector(variant, "480x640", scenes)
    faces = work / "recognizers"
    if faces.exists():  # an earlier run's, which a network's artifacts may rest on
        yield from _again(faces)
        return
    faces.mkdir(parents=True)
    finder = detector("1mb", "480x640", scenes)
    yield from recognizers(faces, (finder.model, "--weights", str(finder.weights), "--calibration", str(scenes)))


def _again(faces: Path) -> Iterator[Subject]:
    options = (
        "--calibration",
        str(faces / "faces"),
        "--detector",
        str(faces / "finder" / "retinaface_mnet025-onnx-fp32"),
    )
    for variant, file in RECOGNISERS.items():
        weights = SHARED / "weights" / file
        yield Subject(f"mobilefacenet {variant}", "mobilefacenet", weights, faces / "faces", options)


def _times(cases: list[Case], hidden: Path | None = None) -> dict[str, Times]:
    """By network's folder and target; with a folder for the changed libraries, of AVX2's kernels."""
    worker = [str(ROOT / "reports" / "processors_worker.py"), *(str(case.folder) for case in cases)]
    hide = [] if hidden is None else [str(ROOT / "reports" / "hide_avx512.py"), str(hidden)]
    ran = subprocess.run([sys.executable, *hide, *worker], cwd=ROOT, stdout=subprocess.PIPE, check=True)
    found: dict[str, Times] = json.loads(ran.stdout)
    return found if hidden is None else {name: _hidden(times) for name, times in found.items()}


def _hidden(times: Times) -> Times:
    """Those whose runtime is one that instruction sets are hidden from; others ran their usual kernels."""
    first = {name: runtime_named(target(name).runtime).distributions[0] for name in times}
    return {name: each for name, each in times.items() if first[name].replace("-", "_") in LIBRARIES}


def report(cases: list[Case], times: Mapping[str, Mapping[str, Times]]) -> Iterator[str]:
    """The page."""
    machine = describe_machine()
    yield "# Which artifact on which processor"
    yield ""
    yield "Written by `python reports/processors.py`. Processor time of one inference with one thread, as a part of"
    yield "onnx-fp32's in ONNX Runtime of the same network, with its 95 % interval; all in turns, in one process."
    yield f"{machine['processor']}, {_versions()}."
    yield "AVX2: the same processor, with AVX-512 and VNNI hidden from the runtimes (`reports/hide_avx512.py`): it has"
    yield "the kernels of an AVX2-only core, not its clocks and caches."
    yield "Bold: the fastest of those that pass the gate, and what is not told apart. What does not pass stands there"
    yield "with its outcome, and is never chosen. ncnn has no column for AVX2: nothing is hidden from it."
    for case in cases:
        yield from ("", f"## {case.title}", "", "| target | gate | AVX512-VNNI | AVX2 |", "|---|---|---|---|")
        rows = {kind: times[kind][case.folder.name] for kind in (HERE, HIDDEN)}
        best = {kind: _best(rows[kind], case.outcomes) for kind in rows}
        for name in sorted(rows[HERE], key=lambda each: rows[HERE][each][0]):
            cells = [_cell(rows[kind].get(name), best[kind], case.outcomes.get(name)) for kind in rows]
            yield f"| {name} | {case.outcomes.get(name, '–')} | {' | '.join(cells)} |"
        yield from (
            f"| {name} | {outcome} | – | – |" for name, outcome in case.outcomes.items() if name not in rows[HERE]
        )
    yield from (
        "",
        "For the boards see [rk3399.md](rk3399.md): `edgeface export --device rk3399` predicts and chooses.",
    )


def _best(times: Times, outcomes: Mapping[str, str]) -> list[float]:
    return min((each for name, each in times.items() if outcomes.get(name) == "passed"), key=lambda each: each[0])


def _cell(found: list[float] | None, best: list[float], outcome: str | None) -> str:
    if found is None:
        return "–"
    value, low, high, ms = found
    said = f"{value:.2f} [{low:.2f}, {high:.2f}], {ms:.2f} ms"
    return f"**{said}**" if outcome == "passed" and low <= best[2] else said


def table(name: str, cases: list[Case], times: Mapping[str, Times]) -> Iterator[str]:
    """A table of ratios as TOML."""
    described = next(each for each in CLASSES if each.name == {HERE: "avx512_vnni", HIDDEN: "avx2"}[name])
    machine = describe_machine()
    hidden = "" if name == HERE else ", AVX-512 and VNNI hidden from the runtimes"
    yield f'title = "{described.title}"'
    yield f'classes = ["{described.name}"]'
    yield f'prices = "{"x86-avx512-vnni" if name == HERE else "x86-avx2"}"'
    yield f'basis = "{"measured" if name == HERE else "imitated"}"'
    yield f'source = "reports/processors.py on {machine["processor"]}{hidden}; one thread; {_versions()}"'
    yield f'date = "{date.today().isoformat()}"'
    for case in cases:
        manifest = case.manifest()
        yield from ("", "[[networks]]", f'name = "{manifest.name}"', f'title = "{case.title}"')
        yield from (f'task = "{manifest.contract.task}"', f"macs = {manifest.macs}", "", "[networks.ratios]")
        for each, (value, low, high, _) in sorted(times[case.folder.name].items()):
            yield f"{each} = {{ value = {value:.3f}, low = {min(low, value):.3f}, high = {max(high, value):.3f} }}"


def _versions() -> str:
    known = versions(*RUNTIMES)
    return ", ".join(f"{name} {known[name]}" for name in RUNTIMES if name in known)


if __name__ == "__main__":
    main()
