"""A user's own limits reach the gate, from the command line and from a recipe; wrong ones are refused at once."""

from __future__ import annotations

import pytest

from edgeface.compile.request import ExportRequest
from edgeface.compile.requested import requested_recipe
from edgeface.errors import InputError

CONTRACT = """
task = "recognition"
family = "own"
variant = "v"
width = 128
output = "embedding"
template = [[38.3, 51.7], [73.5, 51.5], [56.0, 71.7], [41.5, 92.4], [70.7, 92.2]]
input = { height = 112, width = 112, color = "rgb", mean = [0, 0, 0] }
"""


def gate(target="tflite-int8", **given):
    return requested_recipe(ExportRequest(**given)).thresholds(target, "any")


@pytest.mark.parametrize("target", ["tflite-int8", "onnx-fp32"])
def test_limits_of_the_command_line_replace_the_recipe_s(target):
    found = gate(target, max_drop="matched=0.5%,score=0.004")
    assert (found.matched_percent, found.mean_score_change) == (99.5, 0.004)
    assert found.snr_db == gate(target).snr_db
    assert found.noise_factor == gate(target).noise_factor


def test_limits_of_a_recipe_hold_where_the_command_line_says_nothing_else(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text('model = "mobilefacenet"\n[max_drop]\nidentity = "0.002"\nworst = "0.05"\n')
    found = gate(model=str(path), max_drop="identity=0.001")
    assert (found.mean_cosine, found.min_cosine) == (0.999, 0.95)


@pytest.mark.parametrize(
    ("given", "what", "fix"),
    [
        ({"max_drop": "matchd=1%"}, "unknown name 'matchd'", "did you mean matched?"),
        ({"max_drop": "identity=0.001"}, "'identity' is not measured of such a network", "use any of matched=0.5%"),
        ({"max_drop": "matched=0.5"}, "matched is in percent", "write matched=0.5%"),
        ({"max_drop": "precision=0.5"}, "'precision' is only measured with --labels", "pass --labels too"),
        ({"max_drop": "matched"}, "'matched' is not NAME=VALUE", "matched=0.5%"),
        ({"max_drop": "matched=1%", "model": "mobilefacenet"}, "'matched' is not measured", "use any of identity"),
        ({"max_drop": "tar=1", "model": "mobilefacenet"}, "'tar' is only measured with --pairs", "pass --pairs too"),
    ],
)
def test_a_wrong_limit_is_refused_before_anything_is_opened(given, what, fix):
    with pytest.raises(InputError) as caught:
        requested_recipe(ExportRequest(**given))
    assert what in caught.value.what
    assert fix in str(caught.value.fix)
    assert caught.value.where == "--max-drop"


def test_a_wrong_limit_of_a_recipe_names_the_recipe(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text('model = "retinaface_mnet025"\n[max_drop]\nidentity = "0.002"\n')
    with pytest.raises(InputError) as caught:
        requested_recipe(ExportRequest(model=str(path)))
    assert caught.value.where == f"{path}, [max_drop]"


def test_a_user_s_own_network_has_the_limits_of_its_task(tmp_path):
    contract, model = tmp_path / "contract.toml", tmp_path / "own.onnx"
    contract.write_text(CONTRACT)
    model.write_bytes(b"not opened yet")
    given = {"model": str(model), "contract": contract}
    assert gate(**given, max_drop="identity=0.001").mean_cosine == 0.999
    with pytest.raises(InputError, match="'matched' is not measured"):
        gate(**given, max_drop="matched=1%")
