"""The target of toy models."""

from __future__ import annotations

from edgeface.backends.toy.emit import MODEL_FILE, emit

from edgeface.backends.target import Target

TARGETS = (
    Target(
        name="toy-fp32",
        description="A text format, float32",
        model_file=MODEL_FILE,
        layout="nchw",
        runtime="toy",
        emit=emit,
    ),
)
