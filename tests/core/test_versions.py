from __future__ import annotations

import importlib.metadata

from edgeface.core.versions import versions
from edgeface.version import __version__


def test_compiler_versions_are_always_recorded_and_runtimes_on_request():
    plain, further = versions(), versions("ai-edge-litert", "pytest")
    assert plain["edgeface"] == __version__
    assert {"numpy", "onnx", "onnxruntime", "onnxsim", "torch"} <= set(plain)
    assert further == plain | {name: importlib.metadata.version(name) for name in ("ai-edge-litert", "pytest")}


def test_what_is_not_installed_is_left_out():
    assert versions("no-such-distribution-as-this") == versions()
