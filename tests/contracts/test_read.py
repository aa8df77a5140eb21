from __future__ import annotations

import pytest

from edgeface.contracts.read import read_contract
from edgeface.errors import InputError

RECOGNIZER = """
task = "recognition"
width = 128
output = "516"
[input]
name = "input.1"
height = 112
width = 112
color = "rgb"
mean = [127.5, 127.5, 127.5]
scale = [0.0078125, 0.0078125, 0.0078125]
"""


@pytest.fixture
def written(tmp_path):
    def write(text, name="mine.toml"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def test_a_contract_is_named_after_its_file_where_it_does_not_name_itself(written):
    found = read_contract(written(RECOGNIZER))
    assert (found.task, found.family, found.variant, found.output) == ("recognition", "mine", "own", "516")
    assert found.input.color == "rgb"


def test_the_old_key_of_color_is_read_too(written):
    old = read_contract(written(RECOGNIZER.replace("color", "colour")))
    assert old == read_contract(written(RECOGNIZER))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (RECOGNIZER.replace("width = 128\n", ""), "width"),
        (RECOGNIZER.replace("height = 112", "height = 3"), "input.height"),
        (RECOGNIZER.replace('"rgb"', '"blue"'), "input.colo"),
        (RECOGNIZER.replace('"rgb"', '"grey"'), "input.mean"),
        (RECOGNIZER.replace('task = "recognition"', 'task = "segmentation"'), "task"),
        (RECOGNIZER.replace('task = "recognition"', 'task = "landmarks"'), "outputs"),
        (RECOGNIZER.replace("mean", "means"), "input.mean"),
        ("", "task"),
    ],
)
def test_the_first_wrong_key_is_named(written, text, named):
    path = written(text)
    with pytest.raises(InputError, match=f"contract key '{named}") as caught:
        read_contract(path)
    assert caught.value.where == str(path)


@pytest.mark.parametrize("content", [b"task = ", b"\xff\xfe", b"x" * (2 << 20)])
def test_a_file_that_is_not_toml_is_refused(tmp_path, content):
    path = tmp_path / "mine.toml"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_contract(path)
    assert caught.value.where == str(path)


def test_a_missing_file_and_a_folder_are_said_to_be_none(tmp_path):
    for path in (tmp_path / "absent.toml", tmp_path):
        with pytest.raises(InputError, match=r"cannot read the contract: (there is no such file|it is a folder)"):
            read_contract(path)


DETECTOR = """
task = "detection"
score_threshold = 0.6
nms_iou = 0.4
negative_slope = 0.1
decoder = "other"
[input]
height = 64
width = 64
color = "rgb"
mean = [1.5, 2.5, 3.5]
scale = [4.5, 5.5, 6.5]
[parameters]
step = [[7.5]]
[outputs]
a = "a"
"""


@pytest.mark.parametrize("odd", ["nan", "inf", "-inf", '"nan"', '"1e999"', "1e999"])
@pytest.mark.parametrize("number", ["0.6", "0.4", "0.1", "1.5", "2.5", "3.5", "4.5", "5.5", "6.5"])
def test_every_number_of_a_contract_is_finite(written, number, odd):
    assert read_contract(written(DETECTOR)).task == "detection"
    with pytest.raises(InputError):
        read_contract(written(DETECTOR.replace(f" {number}", f" {odd}").replace(f"[{number}", f"[{odd}")))


@pytest.mark.parametrize("odd", ["nan", "inf", "1e999"])
def test_a_decoders_numbers_are_finite_too(written, odd):
    with pytest.raises(InputError):
        read_contract(written(DETECTOR.replace("7.5", odd)))


@pytest.mark.parametrize("key", ["score_threshold = 0.6", "nms_iou = 0.4"])
@pytest.mark.parametrize("odd", ["-0.1", "1.1", "60"])
def test_thresholds_lie_between_0_and_1(written, key, odd):
    with pytest.raises(InputError):
        read_contract(written(DETECTOR.replace(key, f"{key.split()[0]} = {odd}")))
