"""Tables of prices in an export: which decide, what they put in float, and what the manifest records."""

from __future__ import annotations

import pytest

from edgeface.backends import target
from edgeface.compile.job import BuildOptions, Job
from edgeface.compile.prices import deciding_tables, priced, winograd_convolutions
from edgeface.compile.quantization import stated_precision
from edgeface.compile.recipe import Recipe
from edgeface.compile.request import ExportRequest
from edgeface.compile.requested import requested_recipe
from edgeface.cost.prices import processor
from edgeface.cost.prices.table import price_tables
from edgeface.errors import InputError
from edgeface.exporting.command import export_command
from edgeface.graph.onnx_reader import read_onnx
from edgeface.graph.ops.conv import Conv
from edgeface.images.split import Images
from edgeface.passes import run_passes
from edgeface.quantize.plan import QuantPlan

INT8 = target("tflite-int8")
STEM = "*stage1.0.0/Conv"
SAID = "float is quicker here by the table of prices of x86-avx2"


@pytest.fixture(scope="module")
def job(seeded_source):
    graph = run_passes(read_onnx(seeded_source.onnx, "retinaface_mnet025"))

    def make(precision=None, **options):
        asked = {name: {"dtype": dtype, "reason": "a test"} for name, dtype in (precision or {}).items()}
        recipe = Recipe(model="retinaface_mnet025", quantize={"precision": asked})
        return Job(seeded_source, graph, {}, recipe, Images(), BuildOptions(**options))

    return make


def by_table(job, wanted=INT8):
    """The origins of nodes that a table put in float."""
    graph = run_passes(job.graph, wanted.legalize)
    stated = stated_precision(job, graph, wanted, "float")
    return {graph.producers[name].origin for name, asked in stated.items() if "prices" in asked.reason}


def test_a_device_s_table_puts_the_stem_in_float_and_its_reason_names_it(job):
    here = job(device="x86-avx2")
    assert any(origin.endswith("stage1.0.0/Conv") for origin in by_table(here))
    stated = stated_precision(here, run_passes(here.graph, INT8.legalize), INT8, "float")
    assert any(asked.reason.startswith(SAID) for asked in stated.values())
    assert all(asked.is_float for asked in stated.values())


def test_by_default_nothing_moves_that_one_of_the_tables_loses_by(job):
    assert by_table(job()) == set()


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"precision": {STEM: "int8"}}, "tflite-int8"),
        ({"precision": {STEM: "float32"}}, "tflite-int8"),  # by the recipe, with its reason
        ({"integer_only": True}, "tflite-int8"),
        ({}, "onnx-int8"),
    ],
)
def test_tables_do_not_move_what_is_decided(job, options, name):
    moved = by_table(job(device="x86-avx2", **options), target(name))
    assert not any(origin.endswith("stage1.0.0/Conv") for origin in moved)


def test_tables_are_those_of_the_device_or_all(monkeypatch):
    assert [table.name for table in deciding_tables(None)] == sorted(price_tables())
    assert [table.name for table in deciding_tables("rk3399")] == ["a72"]
    monkeypatch.setattr(processor, "processor_here", lambda: processor.Processor("x86_64", frozenset({"avx2", "fma"})))
    assert [table.name for table in deciding_tables("here")] == ["x86-avx2"]
    monkeypatch.setattr(processor, "processor_here", lambda: processor.Processor("riscv64", frozenset()))
    with pytest.raises(InputError, match="this machine") as error:
        deciding_tables("here")
    assert "x86-avx2" in (error.value.fix or "")


def test_an_unknown_device_is_refused_before_anything_is_read():
    with pytest.raises(InputError, match="moon"):
        requested_recipe(ExportRequest(device="moon"))


def test_the_manifest_says_who_decided_and_what_is_predicted(job):
    given = job(device="a72")
    graph = run_passes(given.graph, INT8.legalize)
    found = priced(given, graph, QuantPlan(), INT8, "float")
    assert found is not None
    assert found["decided_by"] == ["a72"]
    assert set(found["predicted_us"]) == set(price_tables())
    for predicted in found["predicted_us"].values():
        assert set(predicted) == {"tflite-int8", "tflite-fp32", "tflite-dynamic"}
        assert predicted["tflite-int8"] == predicted["tflite-fp32"]  # this plan is all float
    assert priced(given, graph, QuantPlan(), target("onnx-int8"), "float") is None


def test_the_command_that_reproduces_an_artifact_names_the_device():
    assert "--device rk3399" in export_command(ExportRequest(device="rk3399"), "tflite-int8")


@pytest.fixture
def wide(make_graph, normal):
    """A layer that is quicker in Winograd's form on a Cortex-A72."""
    rows = [(Conv(pads=(1, 1, 1, 1)), "x w", "y")]
    return make_graph({"x": (1, 64, 60, 80)}, rows, {"w": normal(64, 64, 3, 3)})


def test_winograd_s_form_is_stated_with_the_table_that_decided_where_it_is_asked_for(job, wide):
    (name, stated), *others = winograd_convolutions(job(device="rk3399", winograd=True), wide, {}, "float").items()
    assert (name, stated.dtype, stated.form, others) == ("y", "float32", "winograd", [])
    assert "a72" in stated.reason
    assert winograd_convolutions(job(device="rk3399"), wide, {}, "float") == {}


def test_a_layer_that_the_recipe_wants_in_integers_is_not_transformed(job, wide):
    assert winograd_convolutions(job(device="rk3399", winograd=True), wide, {"y": "int8"}, "float") == {}


@pytest.mark.parametrize(
    ("options", "why"),
    [({}, "no --device"), ({"device": "x86-avx2"}, "AVX2"), ({"device": "rk3399", "integer_only": True}, "exclude")],
)
def test_winograd_s_form_is_refused_where_no_table_prices_it(options, why):
    with pytest.raises(InputError, match=why) as error:
        requested_recipe(ExportRequest(winograd=True, **options))
    assert error.value.fix


def test_the_command_that_reproduces_an_artifact_names_the_form():
    assert "--winograd" in export_command(ExportRequest(device="rk3399", winograd=True), "tflite-int8")
