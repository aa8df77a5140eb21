from __future__ import annotations

import re

import pytest
from twin_graphs import as_float, as_int8, write_twins

FLOATS = """7767517
6 7
Input data 0 1 data 0=8 1=8 2=3
Convolution a 1 1 data x 0=8 1=3 5=1 6=216 9=1
Split s 1 2 x x0 x1
ConvolutionDepthWise b 1 1 x0 y 0=8 1=3 5=1 6=72 7=8
Convolution c 1 1 x1 z 0=8 1=1 5=1 6=64
Eltwise e 2 1 y z output 0=1
"""


def test_values_stay_int8_where_every_reader_is_a_convolution():
    terms = dict(re.findall(r"^\w+ (\w) .* 8=(\d+)", as_int8(FLOATS), re.MULTILINE))
    assert terms == {"a": "102", "b": "1", "c": "2"}
    assert as_float(as_int8(FLOATS)) == FLOATS


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["vgg16", "mobilenet"])
def test_the_rule_makes_the_given_int8_graphs_of_their_twins(name, shared_data, tmp_path):
    folder = shared_data / "rk3399" / "ncnn_params"
    made = as_int8((folder / f"{name}.param").read_text())
    assert made.split() == (folder / f"{name}_int8.param").read_text().split()
    assert len(write_twins(folder, tmp_path)) == 5
