"""Images and maps channels last, as OpenVINO's kernels have them in memory: nothing is turned at the ends of a network.

With AVX-512, turning a 640×480 image took about as long as the detector's first convolution.
`Target.layout` says how images lie.
"""

from __future__ import annotations

from typing import Any

from edgeface.backends.openvino.library import load_library

RANK = 4


def channels_last(model: Any) -> None:
    """Make inputs and outputs of rank 4 [N,H,W,C]; names stay.

    Args:
        model: OpenVINO's, with [N,C,H,W]; changed in place.
    """
    library = load_library()
    turned = library.preprocess.PrePostProcessor(model)
    inside, outside = library.Layout("NCHW"), library.Layout("NHWC")
    found = [turned.input(at) for at, port in enumerate(model.inputs) if _is_image(port)]
    inputs = {port.get_node().get_friendly_name(): at for at, port in enumerate(model.inputs)}
    sources = {at: port.get_node().input_value(0).get_node() for at, port in enumerate(model.outputs)}
    passed = {
        at: inputs[node.get_friendly_name()] for at, node in sources.items() if node.get_type_name() == "Parameter"
    }
    found += [turned.output(at) for at, port in enumerate(model.outputs) if _is_image(port) and at not in passed]
    for end in found:
        end.tensor().set_layout(outside)
        end.model().set_layout(inside)
    if found:
        turned.build()
    for at, given in passed.items():  # an input that is an output too is one tensor, with one name
        model.outputs[at].get_node().input(0).replace_source_output(model.inputs[given].get_node().output(0))


def is_channels_last(port: Any) -> bool:
    """Whether an input or output of a network was made so; its file says it."""
    layout: bool = port.get_node().get_layout() == load_library().Layout("NHWC")
    return layout


def _is_image(port: Any) -> bool:
    return len(port.get_partial_shape()) == RANK
