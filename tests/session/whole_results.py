"""The commands that write much, and whether what they wrote is whole."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from edgeface.bundle.check import verify_bundle
from edgeface.core.artifact import Artifact
from edgeface.evaluation.cache import Cache

OPTIONS = ("--seed", 1, "--input", "64x96", "--no-latency", "--no-images")
TARGETS = ("onnx-fp32", "tflite-int8")


@dataclass(frozen=True)
class Command:
    """A command that writes into a folder.

    `whole` raises for a result that is not whole, and returns the names of the results that are there; `names` are
    those of a complete run.
    """

    arguments: Callable[[Path], Sequence[object]]
    whole: Callable[[Path], list[str]]
    names: tuple[str, ...]


def export_command() -> Command:
    def arguments(out: Path) -> Sequence[object]:
        return ("-q", "export", *OPTIONS, "--target", ",".join(TARGETS), "--out", out)

    def whole(out: Path) -> list[str]:
        found = [path for path in out.glob("[!.]*") if path.is_dir()]
        for path in found:
            artifact = Artifact.open(path)
            artifact.certificate()
            assert (path / "report.html").read_text().rstrip().endswith("</html>")
        return sorted(path.name for path in found)

    return Command(arguments, whole, tuple(f"retinaface_mnet025-{target}" for target in TARGETS))


def bundle_command(detector: Path, recognizer: Path) -> Command:
    def whole(out: Path) -> list[str]:
        found = sorted(path.name for path in out.glob("[!.]*"))
        for name in found:
            assert verify_bundle(out / name, golden=False).passed
        return found

    return Command(lambda out: ("-q", "bundle", detector, recognizer, "--out", out / "a.tar.gz"), whole, ("a.tar.gz",))


def eval_command(people: Path, detector: Path, recognizer: Path) -> Command:
    given = ("--images", people, "--pairs", people / "pairs.csv", "--detector", detector, "--recognizer", recognizer)

    def whole(out: Path) -> list[str]:
        found = sorted(path.name for path in out.glob("[!.]*"))
        for name in found:
            Cache(out / name)
        return found

    return Command(
        lambda out: ("-q", "eval", *given, "--jobs", 1, "--cache", out / "cache.rows"), whole, ("cache.rows",)
    )


def report_command(artifact: Path) -> Command:
    def whole(out: Path) -> list[str]:
        found = sorted(path.name for path in out.glob("[!.]*"))
        for name in found:
            assert (out / name).read_text().rstrip().endswith("</html>")
        return found

    return Command(lambda out: ("-q", "report", artifact.parent, "--out", out / "all.html"), whole, ("all.html",))


def old_results(command: Command, out: Path, made: Path) -> None:
    """Copy results of a complete run, which the next run replaces."""
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(made, out)
    assert tuple(command.whole(out)) == command.names
