"""The slim detector of the 1 MB repository, with five landmarks: 0.34 M parameters, no feature pyramid."""

from edgeface.models._slim_family import SlimFamily

FAMILY = SlimFamily(
    "face_slim", "detection", "slim face detector of the 1 MB repository, five landmarks, 0.34 M parameters"
)
