"""What this machine has for edgeface and what it lacks, with the command that mends it."""

from __future__ import annotations

from edgeface.doctor.check import Check, Diagnosis, Group
from edgeface.doctor.examine import examine

__all__ = ["Check", "Diagnosis", "Group", "examine"]
