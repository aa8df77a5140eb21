"""Exported ncnn artifacts on an emulated core: the shapes, the options and the tolerance of their own files."""

from __future__ import annotations

import pytest

from edgeface.backends.device import Device
from edgeface.devices.parity import device_parity
from edgeface.devices.runner import loadings_of
from edgeface.images.synthetic import synthetic_images


@pytest.mark.parametrize(("target", "path"), [("ncnn-fp32", "ncnn"), ("ncnn-bf16", "ncnn use_bf16_storage=True")])
def test_an_artifact_is_loaded_with_the_options_that_its_file_asks_for(target, path, seeded_files, tmp_path):
    """On this machine: no emulator is needed to tell."""
    model = tmp_path / "model.param"
    text = seeded_files["ncnn"].read_text()
    model.write_text(
        text.replace("Input input 0 1 input ", "Input input 0 1 input 28=1 ") if "bf16" in target else text
    )
    (loading,) = loadings_of(model)
    assert loading.path == path
    assert ("use_fp16_arithmetic", False) in loading.options


def test_an_emulated_core_gives_what_this_processor_gives(emulator, seeded_artifact):
    found = device_parity(seeded_artifact("ncnn-fp32"), Device("emulator", "a72"), synthetic_images(1))
    assert found.passed
    (path,) = found.paths
    assert (path.name, path.arithmetic) == ("ncnn", "float")
    assert 0 < path.total.max_abs < 1e-4
    assert path.total.values == (64 * 96 // 64 + 4 * 6 + 2 * 3) * 2 * 16
