from xml.etree import ElementTree

from edgeface.report.plot import HEIGHT, WIDTH, Point, plot_layers

SVG = "{http://www.w3.org/2000/svg}"


def drawn(points):
    text = str(plot_layers(points, "tflite-int8"))
    return ElementTree.fromstring(text.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


def marks(root, name):
    return [found for found in root.iter() if found.get("class") == name and list(found)]


def test_every_value_is_a_mark_of_its_kind_within_the_plot():
    root = drawn([Point("a", 90, "float"), Point("b", 30, "int8"), Point("c", 25, "int8")])
    assert len(marks(root, "real")) == 1
    integers = marks(root, "integer")
    assert len(integers) == 2
    assert all(0 < float(mark.get("cx")) < WIDTH and 0 < float(mark.get("cy")) < HEIGHT for mark in integers)
    assert float(integers[0].get("cx")) < float(integers[1].get("cx"))
    assert float(integers[0].get("cy")) < float(integers[1].get("cy"))  # fewer decibels stand lower


def test_values_beyond_the_axis_stay_on_it():
    root = drawn([Point("silent", 200, "float"), Point("worse than nothing", -15, "float")])
    heights = [float(mark.get("y")) for mark in marks(root, "real")]
    assert all(0 < height < HEIGHT for height in heights)


def test_floats_between_integers_are_shaded_and_a_float_model_is_not():
    islands = [Point("a", 90, "int8"), Point("b", 30, "float"), Point("c", 25, "int8"), Point("d", 25, "float")]
    assert sum(found.get("class") == "island" for found in drawn(islands).iter()) == 2
    assert not any(found.get("class") == "island" for found in drawn([Point("a", 90, "float")]).iter())


def test_the_plot_has_a_description_and_names_are_escaped():
    root = drawn([Point('<script>"&', 12.0, "int8")])
    assert root.get("role") == "img"
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert "tflite-int8" in title.text
    assert '12.0 dB at <script>"&' in description.text
    assert not list(root.iter("script"))
