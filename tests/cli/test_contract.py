from __future__ import annotations

import json

import pytest

from edgeface.contracts.read import read_contract
from edgeface.tasks.detection.decoders import parameters_of_decoders


@pytest.fixture
def detector(seeded_source, tmp_path):
    path = tmp_path / "mine.onnx"
    path.write_bytes(seeded_source.onnx)
    return path


def test_what_nothing_tells_is_refused_line_by_line_and_read_once_it_is_decided(edgeface_cli, detector, tmp_path):
    ended = edgeface_cli("-q", "contract", detector)
    assert ended.code == 2
    assert 'color = "bgr"  # refused: no images to tell' in ended.out
    (tmp_path / "c.toml").write_text(ended.out)
    found = read_contract(tmp_path / "c.toml", parameters_of_decoders())
    assert found.outputs.by_role == {"boxes": "boxes", "scores": "scores", "landmarks": "landmarks"}


def test_verdicts_are_in_json_too(edgeface_cli, detector):
    ended = edgeface_cli("-q", "contract", detector, "--color", "rgb", "--json")
    found = json.loads(ended.out)
    assert found["fields"]["input.color"]["how"] == "declared"
    assert found["contract"]["input"]["colour"] == "rgb"
    assert "input.mean, input.scale" in found["refused"]


def test_outputs_of_no_known_format_are_named_with_what_to_declare(edgeface_cli, detector):
    ended = edgeface_cli("contract", detector, "--input", "72x104")
    assert ended.code in {0, 2}
    assert "Traceback" not in ended.err


def test_an_unknown_color_is_refused(edgeface_cli, detector):
    ended = edgeface_cli("contract", detector, "--color", "gbr")
    assert (ended.code, "unknown --color 'gbr'" in ended.err) == (2, True)
