"""What contract files say of other producers' networks."""

import json

import numpy as np
import pytest
from pydantic import TypeAdapter

from edgeface.contracts import ARCFACE_TEMPLATE, Contract, DetectionContract, GenericContract, ImageInput
from edgeface.contracts.read import read_contract
from edgeface.errors import EdgefaceError, InputError
from edgeface.models import family
from edgeface.tasks.detection.decoders import parameters_of_decoders
from edgeface.tasks.detection.detect import decoding_of

CONTRACTS = TypeAdapter(Contract)
EXAMPLE = """
task = "detection"            # recognition | landmarks | scores
family = "scrfd"              # fills in decode; or spell it out below
[input]
name = "input.1"
size = [640, 640]
multiple_of = 32
layout = "nchw"
colour = "rgb"
mean = [127.5, 127.5, 127.5]
scale = 0.0078125
fit = "letterbox"
swapped_axes = false
[outputs]
scores = ["443", "468", "493"]
boxes = ["446", "471", "496"]
landmarks = ["449", "474", "499"]
[decode]
strides = [8, 16, 32]
per_cell = 2
offset = 0.0
maps = "ceil"
box = "distance"
units = "stride"
variances = [0.1, 0.2]
anchors = []
background = 0
score = "as-is"
[recognition]
template = "arcface"
columns = [0, 112]
normalised = false
flip = true
"""
INPUT = {"height": 64, "width": 64, "color": "rgb", "mean": 0}


@pytest.fixture
def read(tmp_path):
    def run(text):
        path = tmp_path / "mine.toml"
        path.write_text(text)
        return read_contract(path, parameters_of_decoders())

    return run


def recognizer(height, across, **table):
    lines = [f"{key} = {json.dumps(value)}" for key, value in table.items()]
    return "\n".join(
        [
            'task = "recognition"\nwidth = 8\n[outputs]\nembedding = "e"\n[recognition]',
            *lines,
            f'[input]\nsize = [{height}, {across}]\ncolor = "rgb"\nmean = 0',
        ]
    )


def test_a_template_with_every_key_is_a_contract(read):
    found = read(EXAMPLE)
    assert (found.decoder, found.input.height, found.input.scale) == ("scrfd", 640, (0.0078125,) * 3)
    assert list(found.outputs.by_role) == [f"{role}_{i}" for role in ("scores", "boxes", "landmarks") for i in range(3)]
    assert found.output_names[:2] == ("443", "468")
    assert CONTRACTS.validate_json(found.model_dump_json()) == found
    assert decoding_of(found).landmark_count() == 5


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('box = "distance"', 'box = "heat"', "'box': the decoder scrfd has no such parameter with the value 'heat'"),
        ("background = 0", "background = 1", "'background': the decoder scrfd has no such parameter"),
        ("per_cell = 2", "per_cells = 2", "did you mean per_cell"),
        ("anchors = []", "anchors = [[16]]", "'anchors'"),
        ('landmarks = ["449", "474", "499"]', "", "takes scores_0"),
        ("[640, 640]", "[640, 600]", "width 600 is not a multiple of 32"),
        ("[640, 640]", "[640]", "size is"),
        ("multiple_of = 32", "height = 32", "size differs"),
        ('layout = "nchw"', 'layout = "chwn"', "input.layout"),
        ("scale = 0.0078125", "scale = [1, 2]", "input.scale"),
        ('"443"', "443", "outputs"),
    ],
)
def test_a_key_that_fits_nothing_is_named(read, old, new, says):
    with pytest.raises(EdgefaceError) as caught:
        decoding_of(read(EXAMPLE.replace(old, new)))
    assert says in str(caught.value)


def test_without_a_decoder_the_family_or_the_kind_of_boxes_names_one(read):
    short = EXAMPLE[: EXAMPLE.index("[decode]")]
    assert read(short).decoder == "scrfd"
    other = short.replace('"scrfd"', '"mine"')
    assert read(f'{other}[decode]\nbox = "distance"\nper_cell = 1').decoder == "scrfd"
    with pytest.raises(InputError, match="strides"):
        read(f"{other}[decode]")


@pytest.mark.parametrize("name", ["retinaface_mnet025", "mobilefacenet"])
def test_what_is_new_leaves_the_bytes_of_families_contracts_as_they_were(name):
    later = ("multiple_of", "layout", "swapped_axes", "fit", "crop", "normalized")
    for contract in family(name).variants().values():
        document = json.loads(contract.model_dump_json())
        assert not set(later) & {*document, *document["input"]}
        assert list(document["input"]) == ["name", "height", "width", "colour", "mean", "scale"]
        assert CONTRACTS.validate_python(document) == contract


@pytest.mark.parametrize("color", ["rgb", "bgr", "grey", "gray"])
@pytest.mark.parametrize("given", [{}, {"multiple_of": 4, "layout": "nhwc", "swapped_axes": True, "fit": "stretch"}])
def test_inputs_come_back_from_json_as_they_were(color, given):
    made = ImageInput.model_validate({**INPUT, "color": color, **given})
    assert made.shape == (1, 1 if color.startswith("gr") else 3, 64, 64)
    assert len(made.mean) == len(made.scale) == made.channels
    assert ImageInput.model_validate_json(made.model_dump_json()) == made
    assert made.upright().layout == "nchw"


@pytest.mark.parametrize(("size", "usable"), [(8, True), (64, True), (4, False), (8200, False), (100, False)])
def test_sizes_are_within_limits_and_multiples(size, usable):
    made = ImageInput.model_validate({**INPUT, "multiple_of": 8})
    if usable:
        assert made.with_size(size, 64).height == size
    else:
        with pytest.raises(InputError, match=f"{size}×64") as caught:
            made.with_size(size, 64)
        assert "multiples of 8" in str(caught.value.fix)


def test_grey_is_no_order_of_three_channels():
    made = ImageInput.model_validate({**INPUT, "color": "grey"})
    with pytest.raises(InputError, match="grey"):
        made.with_color("rgb")


@pytest.mark.parametrize(
    ("height", "width", "columns", "expected"),
    [
        (112, 112, None, lambda p: p),
        (112, 112, [0, 112], lambda p: p),
        (112, 96, None, lambda p: p - (8, 0)),
        (112, 96, [8, 104], lambda p: p - (8, 0)),
        (112, 96, [0, 112], lambda p: p * (96 / 112, 1)),
        (128, 128, None, lambda p: p * (128 / 112)),
        (160, 160, None, lambda p: p * (160 / 112)),
    ],
)
def test_a_template_by_name_is_that_of_the_input(read, height, width, columns, expected):
    found = read(recognizer(height, width, template="arcface", **({} if columns is None else {"columns": columns})))
    np.testing.assert_allclose(found.template, expected(np.array(ARCFACE_TEMPLATE)), atol=1e-3)
    assert found.output == "e"


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"template": "dlib"}, "template is 'arcface'"),
        ({"columns": [112, 0]}, "columns are two numbers"),
        ({"template": [[1, 2]] * 5, "columns": [0, 112]}, "not of points"),
        ({"width": 9}, "stands at the top and in"),
    ],
)
def test_a_table_of_a_recognizer_that_contradicts_itself_is_refused(read, table, says):
    with pytest.raises(InputError, match=says):
        read(recognizer(112, 112, **table))


@pytest.mark.parametrize("task", ["landmarks", "scores"])
def test_a_network_of_any_outputs_has_a_contract(read, task):
    found = read(f"""
task = "{task}"
[input]
size = [8, 24]
color = "grey"
mean = 0
scale = 0.00392156862745098
fit = "stretch"
crop = 1.2
[outputs]
points = "out"
angles = ["a", "b"]
""")
    assert isinstance(found, GenericContract)
    assert (found.task, found.output_names, found.input.channels) == (task, ("out", "a", "b"), 1)
    assert CONTRACTS.validate_json(found.model_dump_json()) == found


def test_a_network_without_outputs_has_none(read):
    with pytest.raises(InputError, match="name an output"):
        read('task = "scores"\n[input]\nsize = [8, 8]\ncolor = "rgb"\nmean = 0\n[outputs]')


def test_roles_are_named_once():
    document = {"family": "f", "variant": "v", "decoder": "scrfd", "task": "detection", "input": INPUT}
    with pytest.raises(ValueError, match="named twice"):
        CONTRACTS.validate_python({**document, "outputs": {"scores": ["a"], "scores_0": "b"}})
    assert isinstance(CONTRACTS.validate_python(document), DetectionContract)
