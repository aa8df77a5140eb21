"""Make reports/retinaface_mnet025.md: `python reports/retinaface_mnet025.py [--data ../shared/data]`.

Every figure comes from the real commands, checkpoints, images and runtimes, run now.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
OLD_PYTHON = ROOT / ".venv-tflite" / "bin" / "python"
VARIANTS = ("1mb", "official")
OTHERS = ("b", "c")
"""Further public trainings of the `official` contract, in tflite-int8 only."""
FLOAT_TARGETS = "onnx-fp32,tflite-fp32,tflite-fp16"
ROUNDS = 31


def main() -> None:
    """Run everything in a temporary folder and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    data: Path = parser.parse_args().data.resolve()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        judge = _judging_folder(data, work / "judge")
        sections = [_header()]
        for variant in VARIANTS:
            weights = data / "weights" / f"retinaface_mnet025_{variant}.pth"
            sections.append(_variant(variant, weights, data / "scenes", judge, work / variant))
        sections += [_other(name, data, judge, work / name) for name in OTHERS]
        sections.append(_inference(data))
    (ROOT / "reports" / "retinaface_mnet025.md").write_text("\n\n".join(sections) + "\n", encoding="utf-8")


def _header() -> str:
    from edgeface.core.versions import versions

    listed = ", ".join(f"{name} {number}" for name, number in versions("ai-edge-litert", "flatbuffers").items())
    return f"""# RetinaFace-mnet0.25: measured

Made by `.venv/bin/python reports/retinaface_mnet025.py` on {datetime.date.today()}; {_cpu()}, {os.cpu_count()} cores,
Python {platform.python_version()}; {listed}.

Input 640×480, letterboxed. Calibration: 40 of the 123 scenes, spread evenly. Judged on the other 83 scenes and the 5
labeled images, against the checkpoint in torch float32: faces of the reference at score ≥ .5, matched at
IoU ≥ .5. "largest Δ" is of any element of any output on any of the images."""


def _variant(variant: str, weights: Path, scenes: Path, judge: Path, work: Path) -> str:
    common = ["--weights", str(weights), "--calibration", str(scenes)]
    seconds = []
    for run in ("a", "b"):
        start = time.perf_counter()
        _edgeface("export", "--target", "tflite-int8", *common, "--out", str(work / run))
        seconds.append(time.perf_counter() - start)
    judged = [*common, "--judge", str(judge), "--variant", variant]
    _edgeface("export", "--target", f"tflite-int8,{FLOAT_TARGETS}", *judged, "--out", str(work))
    integer = ["export", "--target", "tflite-int8", "--integer-only", *judged, "--out", str(work / "integer"), "--json"]
    outcome = json.loads(_edgeface(*integer, check=False))
    folders = {name: work / f"retinaface_mnet025-{name}" for name in (*FLOAT_TARGETS.split(","), "tflite-int8")}
    refused = f"tflite-int8 --integer-only: {_error(outcome)}" if "artifacts" not in outcome else ""
    if not refused:
        folders["tflite-int8 --integer-only"] = work / "integer" / "retinaface_mnet025-tflite-int8"
    _write_calibration_manifest(variant, folders["tflite-int8"])
    same = _digest(work / "a") == _digest(work / "b")
    return "\n\n".join(
        [
            f"## `retinaface_mnet025_{variant}`",
            _accuracy(folders) + (f"\n\n{refused}" if refused else ""),
            _latency(folders),
            f"Export of tflite-int8 from the shell, contract inferred, 40 calibration images, judged on 83, gate "
            f"included: {seconds[0]:.1f} s and {seconds[1]:.1f} s. Both runs gave "
            f"{'the same bytes' if same else 'DIFFERENT BYTES'} (model, manifest, certificate).",
            _old_runtime(folders, judge),
        ]
    )


def _other(name: str, data: Path, judge: Path, work: Path) -> str:
    weights = data / "weights" / f"retinaface_mnet025_{name}.pth"
    given = ["--weights", str(weights), "--calibration", str(data / "scenes"), "--judge", str(judge), "--no-latency"]
    _edgeface("export", "--target", "tflite-int8", *given, "--out", str(work))
    return f"## `retinaface_mnet025_{name}`\n\n{_accuracy({'tflite-int8': work / 'retinaface_mnet025-tflite-int8'})}"


def _write_calibration_manifest(variant: str, folder: Path) -> None:
    sources = _json(folder / "manifest.json")["sources"]
    listing = {key: sources[key] for key in ("calibration", "judged_on")}
    path = ROOT / "calibration" / f"retinaface_mnet025-{variant}.json"
    path.write_text(json.dumps(listing, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _accuracy(folders: dict[str, Path]) -> str:
    rows = [
        "| artifact | faces | matched % | extra % | mean Δscore | landmarks % | largest Δ | SNR dB box/cls/lm | kB |"
    ]
    rows[0] += " transposes | partitions |"
    rows.append("|---" * 11 + "|")
    for name, folder in folders.items():
        certificate, manifest = _json(folder / "certificate.json"), _json(folder / "manifest.json")
        d, t, k = certificate["decisions"], certificate["tensors"], certificate["kernels"]
        snr = "/".join(f"{t[output]['snr_db']:.1f}" for output in ("boxes", "scores", "landmarks"))
        largest = max(output["max_abs"] for output in t.values())
        rows.append(
            f"| {name} | {d['reference_faces']} | {d['matched_percent']:.2f} | {d['extra_percent']:.2f} "
            f"| {d['mean_score_change']:.4f} | {d['mean_landmark_error_percent']:.2f} | {largest:.2g} | {snr} "
            f"| {manifest['model_bytes'] / 1e3:.1f} | {k['transposes']} | {k.get('partitions', '–')} |"
        )
    rows += _noise(_json(folders["tflite-int8"] / "certificate.json")["noise"])
    return "\n".join(rows)


def _noise(noise: dict[str, Any]) -> list[str]:
    """What fp32 itself changes on images that barely change: what the gate of int8 measures by."""
    return [
        f"| *fp32, {name}* | {d['reference_faces']} | {d['matched_percent']:.2f} | {d['extra_percent']:.2f} "
        f"| {d['mean_score_change']:.4f} | {d['mean_landmark_error_percent']:.2f} | – | – | – | – | – |"
        for name, d in noise.items()
    ]


def _latency(folders: dict[str, Path]) -> str:
    paths = [str(folder) for folder in folders.values()]
    report = json.loads(_edgeface("bench", *paths, "--baseline", paths[0], "--rounds", str(ROUNDS), "--json"))
    peak = ", ".join(f"{name} {value:.0f}" for name, value in report["peak_gops"].items())
    rows = [f"Interleaved, one thread, {ROUNDS} rounds; the core's measured peak in GOP/s: {peak}.", ""]
    rows += ["| artifact | median ms | p10–p90 | × ONNX Runtime fp32 [95 %] | share of peak |", "|---" * 5 + "|"]
    for name, m in zip(folders, report["measurements"], strict=True):
        share = "–" if m["peak_share"] is None else f"{m['peak_share']:.0%}"
        rows.append(
            f"| {name} | {m['median_ms']:.2f} | {m['p10_ms']:.2f}–{m['p90_ms']:.2f} "
            f"| {m['ratio']:.3f} [{m['ratio_low']:.3f}, {m['ratio_high']:.3f}] | {share} |"
        )
    return "\n".join(rows)


def _old_runtime(folders: dict[str, Path], judge: Path) -> str:
    import numpy as np

    from edgeface.backends.tflite.legacy import run_tflite_runtime
    from edgeface.backends.tflite.runner import LiteRtRunner
    from edgeface.core.artifact import Artifact
    from edgeface.images.files import letterbox, read_image
    from edgeface.images.folder import list_images

    if not OLD_PYTHON.exists():
        return "tflite-runtime 2.14 was not run: `make test` makes its environment on Python 3.11."
    lines = []
    for name in (name for name in folders if name.startswith("tflite-int8")):
        artifact = Artifact.open(folders[name])
        images = [letterbox(read_image(p), artifact.contract.input)[0] for p in list_images(judge)[:5]]
        feeds = [{"input": np.ascontiguousarray(x.transpose(0, 2, 3, 1))} for x in images]
        ours = LiteRtRunner(artifact.model_path, kernels="reference")
        theirs = run_tflite_runtime(OLD_PYTHON, artifact.model_path, feeds)
        pairs = [(ours.run(feed), got) for feed, got in zip(feeds, theirs, strict=True)]
        differing = sum(int((a[key] != b[key]).sum()) for a, b in pairs for key in a)
        lines.append(f"{name}: {differing} of {sum(v.size for a, _ in pairs for v in a.values())} numbers differ")
    return f"tflite-runtime 2.14, reference kernels against LiteRT's, 5 images: {'; '.join(lines)}."


def _inference(data: Path) -> str:
    rows = ["## Contract inference", "", "16 probe images; one run each.", "", "| case | outcome |", "|---|---|"]
    for variant in VARIANTS:
        weights = data / "weights" / f"retinaface_mnet025_{variant}.pth"
        rows.append(f"| {variant}, nothing declared | {_inferred(weights, data / 'scenes', [])} |")
        rows.append(f"| {variant}, declared --color rgb | {_inferred(weights, data / 'scenes', ['--color', 'rgb'])} |")
    for seed in (0, 1, 2):
        with tempfile.TemporaryDirectory() as folder:
            weights = _random_weights(Path(folder) / "random.pth", seed)
            rows.append(f"| random weights, seed {seed} | {_inferred(weights, data / 'scenes', [])} |")
    return "\n".join(rows)


def _inferred(weights: Path, scenes: Path, options: list[str]) -> str:
    with tempfile.TemporaryDirectory() as out:
        command = ["export", "--target", "onnx-fp32", "--weights", str(weights), "--judge", str(scenes), *options]
        document = json.loads(_edgeface(*command, "--out", out, "--json", check=False))
    if "error" in document:
        return _error(document)
    manifest = document["artifacts"][0]["manifest"]
    contract, how = manifest["contract"], manifest["sources"]["contract"]
    return f"{contract['variant']}, {contract['input']['colour']}, confidence {how['confidence']}"


def _error(document: dict[str, Any]) -> str:
    error = document["error"]
    return f"refused: {error['what'] if isinstance(error, dict) else document['what']}"


def _random_weights(path: Path, seed: int) -> Path:
    import torch

    from edgeface.models import family

    found = family("retinaface_mnet025")
    torch.save(found.random(found.variants()["official"], seed).state_dict(), path)
    return path


def _judging_folder(data: Path, folder: Path) -> Path:
    folder.mkdir()
    for file in [*sorted((data / "scenes").iterdir()), *sorted((data / "labelled").glob("*.jpg"))]:
        (folder / file.name).symlink_to(file)
    return folder


def _edgeface(*arguments: str, check: bool = True) -> str:
    command = [sys.executable, "-m", "edgeface", "--quiet", *arguments]
    print("edgeface", *arguments, file=sys.stderr)
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if check and done.returncode:
        raise SystemExit(f"failed ({done.returncode}): {' '.join(command)}")
    return done.stdout


def _digest(folder: Path) -> str:
    names = {"model.tflite", "manifest.json", "certificate.json"}  # latencies, and what shows them, are measurements
    files = sorted(path for path in folder.rglob("*") if path.name in names)
    return hashlib.sha256(b"".join(hashlib.sha256(path.read_bytes()).digest() for path in files)).hexdigest()


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _cpu() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    name = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown CPU")
    flags = next((line for line in lines if line.startswith("flags")), "")
    return name + (" with AVX512-VNNI" if "avx512_vnni" in flags else "")


if __name__ == "__main__":
    main()
