"""The convolutions of an integer network that are better computed in float in Winograd's form, by a table of prices.

The form (`passes.transform_convolutions`) transforms an image once for all convolutions that read it, so these are
decided together. Its weights take more room than int8 ones, which is left out of the choice: it is made where a user
asks for speed on a device.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from edgeface.cost.prices.predict import Arithmetic, node_us, predict_us
from edgeface.cost.prices.table import PriceTable, Winograd
from edgeface.cost.prices.work import Tile, Work, product
from edgeface.graph.ir import Graph, Node
from edgeface.passes.transform_convolutions import POINTS, can_transform, tiles_of

Group = Sequence[Node]
"""Convolutions that read one image."""


def quicker_transformed(
    graph: Graph, fixed: Mapping[str, Arithmetic], table: PriceTable, float_interface: bool
) -> frozenset[str]:
    """The outputs of convolutions that are better computed in Winograd's form, conversions included.

    Starts from all that are cheaper in that form, and leaves out group by group while that lowers the predicted time.

    Args:
        graph: legalized for the target.
        fixed: arithmetic of nodes that is decided already, by output; these stay as they are.
        table: prices; nothing is chosen by one that does not price the form.
        float_interface: whether the model's inputs and outputs are float.
    """
    if table.winograd is None:
        return frozenset()
    in_float = {name for name, made in fixed.items() if made == "float32"}

    def total_us(groups: Sequence[Group]) -> float:
        outputs = {node.output for group in groups for node in group}

        def dtype_of(name: str) -> Arithmetic:
            return "float32" if name in outputs or name in in_float else "int8"

        return predict_us(graph, dtype_of, table, float_interface) - saved_us(graph, outputs, table)

    groups = _groups(graph, {node.output for node in graph.nodes} - set(fixed))
    chosen = [group for group in groups if _group_us(graph, group, table) < _int8_us(graph, group, table)]
    least = total_us(chosen)
    while chosen:
        fewer = min(([g for g in chosen if g is not left] for left in chosen), key=total_us)
        if total_us(fewer) > least:
            break
        chosen, least = fewer, total_us(fewer)
    return frozenset(node.output for group in chosen for node in group)


def saved_us(graph: Graph, formed: Collection[str], table: PriceTable) -> float:
    """Microseconds that float convolutions of these outputs save in the form; 0 by a table that does not price it."""
    if table.winograd is None:
        return 0.0
    groups = _groups(graph, formed)
    plain = sum(node_us(graph, node, "float32", table) for group in groups for node in group)
    return plain - sum(_group_us(graph, group, table) for group in groups)


def image_work(graph: Graph, node: Node) -> Work:
    """The transform of the image that a convolution reads."""
    down, across = tiles_of(graph, node)
    return Work("winograd", elements=POINTS**2 * down * across * graph.type(node.inputs[0]).shape[1])


def result_work(graph: Graph, node: Node, tile: Tile) -> Work:
    """All else that a convolution costs in the form: products at all points, and the transform back."""
    outputs, depth = graph.type(node.inputs[1]).shape[:2]
    down, across = tiles_of(graph, node)
    pixels, points = down * across, POINTS**2
    macs, loops = product(pixels, outputs, depth, tile)
    return Work("winograd", points * macs, points * loops, points * pixels * outputs, points * outputs * depth)


def _groups(graph: Graph, outputs: Collection[str]) -> list[list[Node]]:
    found: dict[str, list[Node]] = {}
    for node in graph.nodes:
        if node.output in outputs and can_transform(graph, node) is None:
            found.setdefault(node.inputs[0], []).append(node)
    return list(found.values())


def _group_us(graph: Graph, group: Group, table: PriceTable) -> float:
    prices, tile = table.winograd or Winograd(), table.tiles["float32"].tile
    image = prices.image.of(image_work(graph, group[0]))
    return image + sum(prices.result.of(result_work(graph, node, tile)) for node in group)


def _int8_us(graph: Graph, group: Group, table: PriceTable) -> float:
    return sum(node_us(graph, node, "int8", table) for node in group)
