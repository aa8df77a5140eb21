"""Offsets from priors to boxes and landmarks in pixels of the input tensor.

Source: the SSD parametrisation (Liu et al., ECCV 2016, section 2.2) with RetinaFace's five landmarks.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edgeface.contracts import DetectionContract
from edgeface.tasks.detection.priors import prior_boxes

_MAX_LOG_SIZE = 20.0  # e^20 pixels: damaged weights must not overflow, trained ones stay far below


def decode_boxes(
    offsets: NDArray[np.float32], contract: DetectionContract, keep: NDArray[np.intp] | None = None
) -> NDArray[np.float32]:
    """Boxes x1, y1, x2, y2 in pixels of the input tensor.

    Args:
        offsets: float32 [n,4], those of `keep`, or of all priors.
        contract: anchors, variances and input size.
        keep: indices of the priors that the offsets belong to.

    Returns:
        float32 [n,4].
    """
    priors, sides = _priors(contract, keep)
    centre_variance, size_variance = contract.anchors.variances
    centres = priors[:, :2] + offsets[:, :2] * centre_variance * priors[:, 2:]
    sizes = priors[:, 2:] * np.exp(np.minimum(offsets[:, 2:] * size_variance, _MAX_LOG_SIZE))
    corners = np.concatenate([centres - sizes / 2, centres + sizes / 2], axis=1)
    return (corners * np.tile(sides, 2)).astype(np.float32)


def decode_landmarks(
    offsets: NDArray[np.float32], contract: DetectionContract, keep: NDArray[np.intp] | None = None
) -> NDArray[np.float32]:
    """Landmarks in pixels of the input tensor.

    Args:
        offsets: float32 [n,10], x and y of five points; those of `keep`, or of all priors.
        contract: anchors, variances and input size.
        keep: indices of the priors that the offsets belong to.

    Returns:
        float32 [n,5,2]: the image's left eye, right eye, nose, left and right mouth corner.
    """
    priors, sides = _priors(contract, keep)
    points = offsets.reshape(-1, 5, 2)
    points = priors[:, None, :2] + points * contract.anchors.variances[0] * priors[:, None, 2:]
    return (points * sides).astype(np.float32)


def _priors(
    contract: DetectionContract, keep: NDArray[np.intp] | None
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    height, width = contract.input.height, contract.input.width
    priors = prior_boxes(contract.anchors, height, width)
    sides = np.array([width, height], np.float32)
    return (priors if keep is None else priors[keep]), sides
