"""Images inside the page."""

from __future__ import annotations

import base64

import cv2
import numpy as np
from numpy.typing import NDArray

QUALITY = 80


def data_uri(image: NDArray[np.uint8]) -> str:
    """An image, uint8 [h,w,3] in BGR, as a JPEG's data URI; the same pixels give the same text."""
    _, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return f"data:image/jpeg;base64,{base64.b64encode(encoded.tobytes()).decode('ascii')}"
