"""Write resizes in the form that OpenVINO's CPU runs, as it would make it itself: the mark of a layer is lost there."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeface.backends.openvino.library import load_library

_ATTRIBUTES = (
    *("mode", "shape_calculation_mode", "coordinate_transformation_mode", "nearest_mode"),
    *("antialias", "cube_coeff", "pads_begin", "pads_end"),
)


def resize_by_opset4(model: Any) -> None:
    """Replace `Interpolate` of opset 11 by that of opset 4, where sizes are fixed; both compute the same.

    Args:
        model: OpenVINO's, changed in place.
    """
    library = load_library()
    factory = library.utils.node_factory.NodeFactory("opset4")
    for node in model.get_ordered_ops():
        kind = node.get_type_info()
        if (kind.name, kind.version_id) != ("Interpolate", "opset11") or node.get_output_partial_shape(0).is_dynamic:
            continue
        read, made = node.get_input_shape(0), node.get_output_shape(0)
        numbers = range(len(made)) if node.get_input_size() < 3 else node.input_value(2).get_node().get_vector()
        axes = library.opset13.constant(np.array(numbers, np.int64))
        sizes = library.opset13.constant(np.array([made[axis] for axis in numbers], np.int64))
        scales = library.opset13.constant(np.array([made[axis] / read[axis] for axis in numbers], np.float32))
        given = node.get_attributes()
        inputs = [node.input_value(0), *(each.output(0) for each in (sizes, scales, axes))]
        new = factory.create("Interpolate", inputs, {key: given[key] for key in _ATTRIBUTES if key in given})
        new.set_friendly_name(node.get_friendly_name())
        new.output(0).set_names(node.output(0).get_names())
        library.utils.replace_node(node, new)
