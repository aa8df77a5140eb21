from __future__ import annotations

import pickle

import pytest
import torch
from safetensors.torch import save_file

from edgeface.budgets.budget import budget
from edgeface.budgets.check import check
from edgeface.errors import CheckpointError, InputError
from edgeface.models import family
from edgeface.models.architectures import architectures

DETECTOR = "retinaface_mnet025"


def values(checked, *names):
    return [checked.figures[name].value for name in names]


@pytest.fixture(scope="module")
def state():
    found = family(DETECTOR)
    return found.random(found.variants()["official"], 3).state_dict()


@pytest.mark.parametrize("kind", ["onnx", "tflite"])
def test_files_of_one_network_have_the_same_counts(kind, seeded_files):
    checked = check(seeded_files[kind])
    by_name = check(DETECTOR, input_size=(64, 96))
    for name in ("lfr_flops", "macs", "parameters", "fp32_bytes"):
        assert values(checked, name) == values(by_name, name)
    assert checked.figures["file_bytes"].value == seeded_files[kind].stat().st_size


def test_a_record_in_an_artifact_marks_its_own_biases(seeded_files):
    complexity = check(seeded_files["tflite"]).complexity
    assert complexity.evidence == "recorded"
    assert complexity.folded == 47


def test_a_folded_file_notes_what_its_biases_would_add(seeded_files):
    checked = check(seeded_files["tflite"])
    added = checked.complexity.as_it_stands - checked.complexity.lfr_flops
    assert added > 0
    assert any(f"would add {added:,} FLOPs" in note for note in checked.notes)


def test_a_torch_module_is_counted_at_the_given_size():
    module = architectures()["mobilefacenet:y1"].build()
    assert values(check(module, input_size=(112, 112)), "lfr_flops", "macs") == [439_821_056, 220_965_376]
    with pytest.raises(InputError, match="no fixed input size"):
        check(module)


@pytest.mark.parametrize("form", ["zip", "legacy", "wrapped", "safetensors"])
def test_a_checkpoint_is_recognized_by_its_tensors(form, state, tmp_path):
    path = tmp_path / ("model.safetensors" if form == "safetensors" else "model.pth")
    if form == "safetensors":
        save_file(state, path)
    else:
        content = {"epoch": 3, "state_dict": {f"module.{key}": tensor for key, tensor in state.items()}}
        torch.save(content if form == "wrapped" else state, path, _use_new_zipfile_serialization=form != "legacy")
    checked = check(path)
    assert values(checked, "macs", "file_bytes") == [735_859_200, path.stat().st_size]
    assert "the weights match retinaface_mnet025" in checked.notes[0]


def test_a_checkpoint_of_an_unknown_network_names_the_nearest(state, tmp_path):
    torch.save({key: tensor for key, tensor in state.items() if "LandmarkHead" not in key}, tmp_path / "cut.pth")
    with pytest.raises(CheckpointError, match=r"the closest is retinaface_mnet025: 247 of 253 tensors match"):
        check(tmp_path / "cut.pth")


def test_code_in_a_checkpoint_is_never_run(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (open, (str(tmp_path / "ran"), "w"))

    torch.save({"weight": Bomb()}, tmp_path / "bomb.pth")
    (tmp_path / "raw.pth").write_bytes(pickle.dumps(Bomb()))
    for name in ("bomb.pth", "raw.pth"):
        with pytest.raises(CheckpointError):
            check(tmp_path / name)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("cut", [0, 3, 100, -100])
def test_a_damaged_checkpoint_is_refused(cut, seeded_weights, tmp_path):
    path = tmp_path / "cut.pth"
    path.write_bytes(seeded_weights.read_bytes()[:cut])
    with pytest.raises(CheckpointError):
        check(path)


def test_an_artifact_s_folder_is_its_model(detector_artifact):
    assert check(detector_artifact).path == detector_artifact / "model.onnx"


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("mobilefacenet", "several variants"),
        ("vargfacnet", "neither a file nor a known network"),
        ("nowhere.onnx", "no such file"),
        ("no/where", "no such file"),
    ],
)
def test_a_source_that_means_nothing_is_refused_with_advice(source, says):
    with pytest.raises(InputError, match=says) as raised:
        check(source)
    assert raised.value.fix


def test_a_folder_that_is_not_an_artifact_is_refused(tmp_path):
    with pytest.raises(InputError, match="not an artifact"):
        check(tmp_path)


def test_a_tflite_file_has_one_size_only(seeded_files):
    assert check(seeded_files["tflite"], input_size=(64, 96)).within
    with pytest.raises(InputError, match="sizes in a TFLite file are fixed"):
        check(seeded_files["tflite"], input_size=(96, 64))


def test_several_budgets_are_judged_in_their_order():
    checked = check("vargfacenet", ["lfr-light", budget("lfr-light-as-awarded")])
    assert [verdict.within for verdict in checked.verdicts] == [False, True]
    assert not checked.within


def test_the_published_size_of_the_winning_entry_is_met_to_the_kilobyte():
    # VarGFaceNet, arXiv 1910.04985: 1,022 MFLOP and 19.997 MB
    assert values(check("vargfacenet"), "lfr_flops", "fp32_bytes") == [1_022_388_952, 19_997_024]


def test_advice_on_the_input_size_is_counted_and_within():
    checked = check(DETECTOR, "lfr-light")
    [line] = [line for line in checked.advice if line.startswith("an input of")]
    height, width = map(int, line.split()[3].split("×"))
    assert check(DETECTOR, "lfr-light", input_size=(height, width)).within
    assert not check(DETECTOR, "lfr-light", input_size=(height + 32, width * (height + 32) // height)).within


def test_the_width_multiplier_that_is_advised_is_about_right():
    [line] = [line for line in check("vargfacenet", "lfr-light").advice if "width multiplier" in line]
    assert 0.97 <= float(line.split("about ")[1].split()[0]) <= 0.99


def test_a_flip_test_that_alone_breaks_the_budget_is_named():
    checked = check("mobilefacenet:y2", "lfr-light", flip=True)
    assert not checked.within
    assert any("one pass instead of two is within" in line for line in checked.advice)


def test_a_size_other_than_the_budgets_is_noted():
    assert any("lfr-light applies at 112×112" in note for note in check(DETECTOR, "lfr-light").notes)
    assert check("mobilefacenet:y1", "lfr-light").notes == ()
