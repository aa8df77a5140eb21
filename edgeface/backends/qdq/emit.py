"""A graph as one .onnx file: in float32, in float16, and with its quantization written in."""

from __future__ import annotations

from dataclasses import dataclass

from edgeface.backends.qdq.half import to_half
from edgeface.backends.qdq.quantized import Placement, insert_quantization
from edgeface.backends.target import EmitOptions
from edgeface.graph.ir import Graph
from edgeface.graph.onnx_writer import write_onnx
from edgeface.quantize.plan import QuantPlan
from edgeface.quantize.precision import require_dtypes

MODEL_FILE = "model.onnx"


@dataclass(frozen=True)
class OnnxEmitter:
    """Writes graphs for one backend that takes ONNX.

    Attributes:
        backend: begins the names of its targets.
        placement: where its quantizer nodes stand.
        any_batch: leave the batch open; otherwise it is one image.
    """

    backend: str
    placement: Placement
    any_batch: bool = False

    def emit(self, graph: Graph, plan: QuantPlan, options: EmitOptions) -> dict[str, bytes]:
        """The graph as it is, in float32."""
        require_dtypes(graph, plan, ("float32",), f"{self.backend}-fp32")
        return self._written(graph, options)

    def emit_half(self, graph: Graph, plan: QuantPlan, options: EmitOptions) -> dict[str, bytes]:
        """The graph in float16, except what the plan keeps in float32."""
        return self._written(to_half(graph, plan), options)

    def emit_quantized(self, graph: Graph, plan: QuantPlan, options: EmitOptions) -> dict[str, bytes]:
        """The graph with Q/DQ nodes where the backend wants them."""
        return self._written(insert_quantization(graph, plan, self.placement), options)

    def _written(self, graph: Graph, options: EmitOptions) -> dict[str, bytes]:
        return {MODEL_FILE: write_onnx(graph, metadata=dict(options.metadata), any_batch=self.any_batch)}
