from edgeface.core.description import Table
from edgeface.report.plot import Point, plot_layers
from edgeface.report.render import render


def shapes(chart, style):
    return [shape for shape in chart.panels[0].shapes if shape.style == style]


def place(shape):
    x, y = shape.path.removeprefix("M").removesuffix("h0").split()
    return float(x), float(y)


def test_every_value_is_a_mark_of_its_kind_within_the_plot():
    chart = plot_layers([Point("a", 90, "float"), Point("b", 30, "int8"), Point("c", 25, "int8")], "tflite-int8")
    assert len(shapes(chart, "real")) == 1
    first, second = (place(shape) for shape in shapes(chart, "integer"))
    assert 0 < first[0] < second[0] < 100
    assert 0 < first[1] < second[1] < 100  # fewer decibels stand lower
    assert shapes(chart, "integer")[0].label == "b: 30.0 dB"


def test_values_beyond_the_axis_stay_on_it():
    chart = plot_layers([Point("silent", 200, "float"), Point("worse than nothing", -15, "float")], "tflite-int8")
    assert [place(shape)[1] for shape in shapes(chart, "real")] == [0, 100]


def test_floats_between_integers_are_shaded_and_a_float_model_is_not():
    islands = [Point("a", 90, "int8"), Point("b", 30, "float"), Point("c", 25, "int8"), Point("d", 25, "float")]
    chart = plot_layers(islands, "tflite-int8")
    assert [shape.path for shape in shapes(chart, "island")] == ["M25 0H50V100H25Z", "M75 0H100V100H75Z"]
    assert ("real", "float (shaded)") in chart.key
    assert not shapes(plot_layers([Point("a", 90, "float")], "tflite-fp32"), "island")


def test_the_plot_says_where_the_least_is():
    chart = plot_layers([Point("conv", 12.0, "int8"), Point("end", 40.0, "int8")], "tflite-int8")
    assert "tflite-int8" in chart.summary
    assert "12.0 dB at conv" in chart.summary


def test_names_of_values_are_escaped(page, scenes):
    from edgeface.report.page import Layers

    chart = plot_layers([Point('<script>"&', 12.0, "int8"), Point("b", 1.0, "int8")], "tflite-int8")
    text = render("report.html", page=page(scenes, layers=Layers(chart, "", Table("t", ("a", "b"), (("c", "d"),)))))
    assert '<script>"&' not in text
    assert "&lt;script&gt;&#34;&amp;: 12.0 dB" in text
