"""BlazeFace's back network: MediaPipe's detector for rear cameras, 256×256 pixels, six landmarks."""

from edgeface.models._blazeface_family import BlazeFaceFamily

FAMILY = BlazeFaceFamily(
    "blazeface_back",
    "detection",
    "BlazeFace face detector of MediaPipe for 256x256 pixels, six landmarks, 0.15 M parameters",
    back=True,
)
