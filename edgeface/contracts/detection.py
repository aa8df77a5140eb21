"""What a face detector's checkpoint does not say about itself."""

from __future__ import annotations

from typing import Literal

from pydantic import ValidationError

from edgeface.contracts.base import BaseContract, ColorOrder, Frozen, ImageInput
from edgeface.errors import InputError


class Anchors(Frozen):
    """Prior boxes: for each stride (pixels) the square anchor sides (pixels), in output order."""

    strides: tuple[int, ...]
    sizes: tuple[tuple[int, ...], ...]
    variances: tuple[float, float] = (0.1, 0.2)


class DetectionOutputs(Frozen):
    """Names of the three outputs: boxes [1,N,4], scores [1,N,2], landmarks [1,N,10]."""

    boxes: str = "boxes"
    scores: str = "scores"
    landmarks: str = "landmarks"


class DetectionContract(BaseContract):
    """Contract of an anchor-based face detector with five landmarks.

    `score_threshold` is the one for showing faces; `nms_iou` uses areas with the +1 pixel of the
    original evaluation code.
    """

    task: Literal["detection"] = "detection"
    negative_slope: float = 0.0
    anchors: Anchors
    outputs: DetectionOutputs = DetectionOutputs()
    score_threshold: float = 0.6
    nms_iou: float = 0.4

    @property
    def output_names(self) -> tuple[str, ...]:
        """Names of the outputs, in the order of the network's own."""
        return self.outputs.boxes, self.outputs.scores, self.outputs.landmarks

    def with_declared_color(self, color: ColorOrder) -> DetectionContract:
        """The same contract for another color order: its variants differ by that, and this one has no name."""
        changed = self.with_color(color)
        return self if changed == self else changed.model_copy(update={"variant": "declared"})

    def with_input_size(self, height: int, width: int) -> DetectionContract:
        """The same contract for another input size in pixels.

        Raises:
            InputError: a side is too short or too long.
        """
        resized = self.input.model_dump() | {"height": height, "width": width}
        try:
            return self.model_copy(update={"input": ImageInput.model_validate(resized)})
        except ValidationError as error:
            raise InputError(
                f"an input of {height}×{width} pixels is not usable: {error.errors()[0]['msg']}",
                where="input size",
                fix="use sides from 32 to 8192 pixels, e.g. 480x640",
            ) from error
