"""BlazeFace's front network: MediaPipe's short-range detector for 128×128 pixels, six landmarks, 0.1 M parameters."""

from edgeface.models._blazeface_family import BlazeFaceFamily

FAMILY = BlazeFaceFamily(
    "blazeface", "detection", "BlazeFace face detector of MediaPipe for 128x128 pixels, six landmarks, 0.1 M parameters"
)
