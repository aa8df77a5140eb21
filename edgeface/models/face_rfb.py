"""The RFB detector of the 1 MB repository, five landmarks: slim with a receptive field block, 0.36 M parameters."""

from edgeface.models._slim_family import SlimFamily

FAMILY = SlimFamily(
    "face_rfb", "detection", "RFB face detector of the 1 MB repository, five landmarks, 0.36 M parameters", rfb=True
)
