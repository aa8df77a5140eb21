"""Texts that are refused before OpenVINO sees them; none of these would harm it."""

from __future__ import annotations

import pytest

from edgeface.backends.openvino.check_ir import MAX_DEPTH, check_text
from edgeface.errors import InputError

SIZE = 16
TEXT = """<net name="n" version="11"><layers>
<layer id="0" name="x" type="Parameter" version="opset1"><data shape="1,4" element_type="f32"/>
<output><port id="0"><dim>1</dim><dim>4</dim></port></output></layer>
<layer id="1" name="w" type="Const" version="opset1"><data element_type="f32" shape="4" offset="0" size="16"/>
<output><port id="0"><dim>4</dim></port></output></layer>
<layer id="2" name="p" type="MaxPool" version="opset8"><data strides="1, 2"/>
<input><port id="0"><dim>4</dim></port></input><output><port id="1"><dim>4</dim></port></output></layer>
<layer id="3" name="y" type="Add" version="opset1">
<input><port id="0"><dim>1</dim></port><port id="1"><dim>4</dim></port></input>
<output><port id="2"><dim>4</dim></port></output></layer>
</layers><edges>
<edge from-layer="0" from-port="0" to-layer="3" to-port="0"/>
<edge from-layer="1" from-port="0" to-layer="2" to-port="0"/>
<edge from-layer="2" from-port="1" to-layer="3" to-port="1"/>
</edges></net>"""


def test_a_sound_text_passes():
    check_text(TEXT.encode(), SIZE, "here")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('offset="0"', 'offset="4"', "layer 'w' .Const. reads beyond the weights, which have 16 bytes"),
        ('offset="0"', 'offset="-4"', "does not say where it lies"),
        ('size="16"', 'size="12"', "has 12 bytes, which do not fit its shape"),
        ('element_type="f32" shape="4"', 'element_type="f33" shape="4"', "of an unknown type 'f33'"),
        ('strides="1, 2"', 'strides="1, 0"', "has strides of '1, 0'"),
        ('strides="1, 2"', 'pads_begin="9999, 0"', "has pads_begin of '9999, 0'"),
        ('version="opset8"', 'version="extension"', "is of no opset"),
        ('type="MaxPool"', 'type="Loop"', "holds another network"),
        ("<dim>1</dim><dim>4</dim>", "<dim>99999999</dim><dim>4</dim>", "has a size that no network has"),
        ("<dim>1</dim><dim>4</dim>", "<dim>many</dim>", "has a size that no network has"),
        ('id="3"', 'id="2"', "no network with layers"),
        ('<net name="n" version="11">', '<!DOCTYPE net><net name="n" version="11">', "document type or entities"),
        ('from-layer="0"', 'from-layer="9"', "not joined by its edges"),
        ('to-port="1"', 'to-port="0"', "not joined by its edges"),
        ('from-layer="1" from-port="0"', 'from-layer="3" from-port="2"', "lead in a circle"),
        ("</layers>", "", "it is not XML"),
        (TEXT, "", "it is not XML"),
        (TEXT, "<a>" * (MAX_DEPTH + 1), "nested too deeply"),
    ],
)
def test_what_is_not_sound_is_refused(before, after, said):
    assert TEXT.count(before) >= 1
    with pytest.raises(InputError, match=said) as caught:
        check_text(TEXT.replace(before, after, 1).encode(), SIZE, "here")
    assert caught.value.where == "here"
