"""The runner's settings: every value that is missing, of another type or out of range is named before it is used."""

from __future__ import annotations

import copy
import json
from dataclasses import replace

import pytest

from edgeface.bundle.face_runner.contract import decoding_of
from edgeface.bundle.face_runner.errors import RunnerError
from edgeface.bundle.face_runner.images import decode_image
from edgeface.bundle.face_runner.pipeline import FaceRunner
from edgeface.bundle.face_runner.settings import _SETTINGS, read_settings
from edgeface.errors import ContractError
from edgeface.tasks.detection.decoders.ssd import Ssd

ODD = (None, True, "x\x1b[31m", -1.5, 1e300, 10**400, [], [[]], {})
"""What no value may be; which of them fit somewhere is said below."""
FITS = {"flip": (True,), "recognizer": (None,)}
PARAMETERS = {"strides": (8, 16, 32), "sizes": ((16, 32), (64, 128), (256, 512)), "variances": (0.1, 0.2)}


def ways(wanted, way=()):
    """The way to every value that the runner needs."""
    for key, inner in wanted.items():
        yield (*way, key)
        if isinstance(inner, dict):
            yield from ways(inner, (*way, key))


def settings_of(files):
    return json.loads(files["bundle.json"])


def changed(document, way, change):
    document = copy.deepcopy(document)
    holder = document
    for key in way[:-1]:
        holder = holder[key]
    change(holder, way[-1])
    return document


def test_the_packed_settings_are_read(files):
    assert read_settings(files["bundle.json"]) == settings_of(files)


@pytest.mark.parametrize("way", [*ways(_SETTINGS)], ids=".".join)
def test_a_value_that_is_missing_or_of_another_kind_is_named(files, way):
    valid = settings_of(files)
    without = changed(valid, way, lambda holder, key: holder.pop(key))
    with pytest.raises(RunnerError) as caught:
        read_settings(json.dumps(without).encode())
    assert caught.value.what == f"the bundle's settings lack {'.'.join(way)}"
    for odd in ODD:
        if odd in FITS.get(way[-1], ()) or (way[-1] == "outputs" and odd == {}):
            continue
        lying = changed(valid, way, lambda holder, key, odd=odd: holder.update({key: odd}))
        with pytest.raises(RunnerError) as caught:
            read_settings(json.dumps(lying).encode())
        assert ".".join(way) in caught.value.what
        assert caught.value.what.isprintable()


@pytest.mark.parametrize(
    "text",
    ["", "[]", "3", "[" * 5000, '{"a": ' * 5000, "9" * 5000, '{"device": NaN}', "\x00", '{"device": Infinity}'],
    ids=lambda text: text[:12] or "nothing",
)
def test_what_is_not_a_document_of_settings_is_refused(text):
    with pytest.raises(RunnerError):
        read_settings(text.encode())


def test_settings_that_are_not_text_are_refused():
    with pytest.raises(RunnerError, match="not JSON"):
        read_settings(b"\xff\xfe{}")


@pytest.mark.parametrize("name", ["../model.tflite", "/etc/hostname", "models/../../x", "", "models/", ".hidden"])
def test_a_model_outside_the_bundle_is_refused(files, name):
    lying = changed(settings_of(files), ("detector", "model"), lambda holder, key: holder.update({key: name}))
    with pytest.raises(RunnerError, match=r"detector\.model"):
        read_settings(json.dumps(lying).encode())


@pytest.mark.parametrize(
    ("task", "way", "value", "what"),
    [
        ("detector", ("input", "height"), 8192, "the model's input is"),
        ("recognizer", ("input", "width"), 64, "the model's input is"),
        ("recognizer", ("output",), "other", "output 'other' is missing"),
        ("recognizer", ("width",), 3, "output 'embedding' is"),
        ("detector", ("outputs", "boxes"), "other", "output 'other' is missing"),
        ("detector", ("anchors", "strides"), [8, 16], "each stride needs its own anchor sides"),
        ("detector", ("anchors", "sizes"), [["16"], [64], [256]], "anchor sides are 1 to"),
        ("detector", ("anchors",), None, "no parameters"),
    ],
)
def test_models_that_are_not_their_contracts_are_refused_before_anything_runs(files, task, way, value, what):
    lying = changed(settings_of(files), (task, "contract", *way), lambda holder, key: holder.update({key: value}))
    with pytest.raises(RunnerError, match=what):
        FaceRunner({**files, "bundle.json": json.dumps(lying).encode()}, threads=1)


def test_a_contract_that_does_not_name_the_decoders_outputs_is_refused(files):
    way = ("detector", "contract", "outputs")
    lying = changed(settings_of(files), way, lambda holder, key: holder[key].pop("boxes"))
    with pytest.raises(ContractError, match="the contract names outputs"):
        FaceRunner({**files, "bundle.json": json.dumps(lying).encode()}, threads=1)


@pytest.mark.parametrize(
    "odd",
    [
        {"strides": ()},
        {"strides": (8, 16)},
        {"strides": (8, 16, 0)},
        {"strides": (8, 16, 1 << 20)},
        {"strides": (8, 16, 3.5)},
        {"strides": (8, 16, True)},
        {"sizes": ((16,), (), (64,))},
        {"sizes": ((16, -1), (64,), (256,))},
        {"sizes": ((16,) * 100, (64,), (256,))},
        {"variances": (0.1,)},
        {"variances": (0.1, float("nan"))},
        {"variances": (0.1, 0)},
        {"variances": (0.1, float("inf"))},
    ],
    ids=str,
)
def test_anchors_out_of_range_are_refused(odd):
    Ssd(**PARAMETERS)
    with pytest.raises(ValueError, match=r"stride|anchor|variance"):
        replace(Ssd(**PARAMETERS), **odd)


@pytest.mark.parametrize("header", [b"P6" + b" " * 4000, b"P6" + b"#\n" * 4000, b"P5 1" + b" #x\n" * 4000 + b"2"])
def test_a_header_of_many_blanks_and_comments_is_refused_at_once(header):
    with pytest.raises(RunnerError, match="PPM header"):
        decode_image(header, "a.ppm")


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"fit": "crop"}, "input.fit"),
        ({"fit": ["stretch"]}, "input.fit"),
        ({"colour": "grey"}, "input.mean"),
        ({"colour": ["rgb"]}, "input.colour"),
        ({"mean": [1.0]}, "input.mean"),
        ({"scale": [1.0, 2.0]}, "input.scale"),
    ],
)
@pytest.mark.parametrize("task", ["detector", "recognizer"])
def test_an_input_that_contradicts_itself_is_named(files, task, changes, named):
    settings = settings_of(files)
    settings[task]["contract"]["input"].update(changes)
    with pytest.raises(RunnerError, match=f"{task}.contract.{named}"):
        read_settings(json.dumps(settings).encode())


def test_grey_stretched_inputs_and_outputs_of_several_scales_are_read(files):
    settings = settings_of(files)
    settings["detector"]["contract"]["input"].update(
        {"fit": "stretch", "colour": "grey", "mean": [0.0], "scale": [1.0]}
    )
    settings["detector"]["contract"]["outputs"] = {"scores": ["a", "b"], "boxes": "c"}
    assert read_settings(json.dumps(settings).encode()) == settings


def test_a_role_that_is_named_twice_is_refused(files):
    contract = settings_of(files)["detector"]["contract"]
    contract["outputs"] = {"scores": ["a"], "scores_0": "b"}
    with pytest.raises(RunnerError, match="named twice"):
        decoding_of(contract)
