"""Diagnosis of this machine: what edgeface needs, what is missing, and the command that fixes it."""

from __future__ import annotations

from edgeface.doctor.check import Check, Diagnosis, Group
from edgeface.doctor.examine import examine

__all__ = ["Check", "Diagnosis", "Group", "examine"]
