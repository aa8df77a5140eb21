from __future__ import annotations

import pytest

from edgeface.backends.tensorrt.cuda.driver import look_for_gpus


@pytest.mark.skipif(bool(look_for_gpus().gpus), reason="there is a GPU")
def test_without_a_gpu_the_error_names_the_doctor(edgeface_cli, detector_artifact):
    ended = edgeface_cli("parity", detector_artifact, "--on", "gpu", "--json")
    assert ended.code == 2
    assert ended.document["error"]["where"] == "--on gpu"
    assert "edgeface doctor" in ended.document["error"]["fix"]


def test_an_unknown_device_is_refused_with_the_known_ones(edgeface_cli, detector_artifact):
    ended = edgeface_cli("parity", detector_artifact, "--on", "moon", "--json")
    assert ended.code == 2
    assert ended.document["error"]["fix"].startswith("use x86")


def test_the_report_says_where_the_artifact_ran(edgeface_cli, seeded_artifact):
    ended = edgeface_cli("parity", seeded_artifact().folder, "--json")
    assert ended.code == 0, ended.err
    assert ended.document["on"] == "x86"
    assert ended.document["tensors"]


@pytest.mark.parametrize(
    ("options", "option"),
    [
        (("--detector", "a"), "--detector"),  # there are no images
        (("--detector", "a", "--images", "b"), "--detector"),  # and it is a detector itself
        (("--on", "a72", "--threads", 2), "--threads"),
        (("--on", "gpu", "--threads", 2), "--threads"),
        (("--on", "a72", "--weights", "a"), "--weights"),
        (("--on", "a72", "--reference", "a"), "--reference"),
        (("--on", "ssh:board", "--weights", "a"), "--weights"),
    ],
)
def test_an_option_that_would_not_be_used_is_refused(edgeface_cli, detector_artifact, options, option):
    ended = edgeface_cli("parity", detector_artifact, *options, "--json")
    assert ended.code == 2
    assert ended.document["error"]["where"] == option
