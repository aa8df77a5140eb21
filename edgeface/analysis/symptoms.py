"""Symptoms that are no matter of precision: wrong inputs, dead outputs, calibration images unlike these."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from edgeface.analysis.effect import Effect, number
from edgeface.analysis.panel import Panel
from edgeface.analysis.ranges import RangeUse
from edgeface.analysis.wrong_inputs import better_input
from edgeface.backends.float_io import FloatRunner
from edgeface.validate.reference import Network

Kind = Literal["no-faces", "contract", "dead-output", "input-range", "calibration", "ranges"]

MUCH_WORSE = 2.0
"""An artifact is worse than its rebuild where its decisions move so many times as far."""

FAR_BEYOND, CLIPPED = 1.5, 1e-3
"""Values reach beyond the calibration images where their reach is so many times as large, or so much is clipped."""


@dataclass(frozen=True)
class Symptom:
    """Something that is wrong besides precision: what, and what to do."""

    kind: Kind
    words: str
    fix: str

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"kind": self.kind, "words": self.words, "fix": self.fix}


def input_symptoms(panel: Panel, reference: Network) -> Iterator[Symptom]:
    """Whether the reference itself finds faces, and whether another input would suit it better."""
    if panel.kind == "synthetic" or panel.task.of_faces:
        return
    found = sum(panel.task.agree(each.decided, each.decided).cases for each in panel.seen)
    better = better_input(panel, reference)
    if better is not None:
        words, more, less = better
        yield Symptom(
            "contract",
            f"the float32 network itself finds {more} faces with {words}, and {less} as the contract says",
            "correct the contract (--color, --variant, or the contract file), and export again",
        )
    elif not found:
        yield Symptom(
            "no-faces",
            f"the float32 network itself finds no face in these {len(panel.seen)} images",
            "pass --images with a folder of images that show faces",
        )


def output_symptoms(panel: Panel, runner: FloatRunner) -> Iterator[Symptom]:
    """Whether outputs follow the image, and whether an integer input holds what the contract says."""
    first, second = panel.seen[0], panel.seen[-1]
    name = panel.contract.input.name
    found = [runner.run({name: each.view.tensor}) for each in (first, second)]
    for output, array in found[0].items():
        if not np.isfinite(array).all():
            yield Symptom("dead-output", f"the output {output!r} is not finite", "report this with the model")
        elif (array == found[1][output]).all() and (first.wanted[output] != second.wanted[output]).any():
            yield Symptom(
                "dead-output",
                f"the output {output!r} is the same for every image",
                "look for the first value below whose error is total: its range or its weights are wrong",
            )
    low, high = panel.contract.input.value_range
    for spec in runner.runner.inputs:
        if spec.name == name and spec.scale is not None:
            limits = np.iinfo(spec.dtype)
            ends = [(limit - spec.zero_point) * spec.scale for limit in (limits.min, limits.max)]
            if low < ends[0] - spec.scale or high > ends[1] + spec.scale:
                yield Symptom(
                    "input-range",
                    f"the input holds {ends[0]:.4g} to {ends[1]:.4g}, and images reach {low:.4g} to {high:.4g}",
                    "export it again by this contract",
                )


def range_symptoms(uses: Sequence[RangeUse]) -> Iterator[Symptom]:
    """Whether these images reach far beyond those that calibrated."""
    beyond = [use for use in uses if use.clipped > CLIPPED and use.exceeds > FAR_BEYOND]
    if beyond:
        worst = max(beyond, key=lambda use: use.clipped)
        yield Symptom(
            "ranges",
            f"{len(beyond)} of {len(uses)} values reach beyond their ranges on these images: of {worst.name}, "
            f"{worst.clipped:.1%} is clipped, and it reaches {worst.exceeds:.1f} × as far as when it was calibrated",
            "calibrate with images like these: --calibration DIR",
        )


def calibration_symptom(artifact: Effect, rebuilt: Effect) -> Iterator[Symptom]:
    """Whether an artifact is much worse than the same recipe calibrated with the given images."""
    if artifact.drift is None or rebuilt.drift is None:
        return
    if artifact.drift > MUCH_WORSE * rebuilt.drift and artifact.drift - rebuilt.drift > 1e-3:
        yield Symptom(
            "calibration",
            f"the same recipe, calibrated with the given images, moves decisions by {number(rebuilt.drift)} instead of "
            f"{number(artifact.drift)}: the artifact was calibrated with images unlike these, or by another recipe",
            "export it again with --calibration and images like these",
        )
