"""Runs in the peers' own environment: quantizes with them, and runs what they made. Imports nothing of edgeface.

As a quantizer, `python peer_worker.py quantize REQUEST.json`: the request names tool and setting; one line of JSON
answers, {} or {"error": its message's first line}. As a runtime, `python peer_worker.py run MODEL`: frames on stdin
and stdout, each a little-endian uint32 length and a NumPy archive. An archive with "iterations" asks for so many
latencies of random values in milliseconds ("ms"); any other is inputs by name, answered by outputs by name. The first
frame that is sent says how convolutions are computed ("kernels").
"""

from __future__ import annotations

import io
import json
import os
import struct
import sys
import time
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

MULTIPLYING = {"Convolution", "GroupConvolution", "FullyConnected", "MatMul"}


def main() -> None:
    """Quantize, or serve a model; native code that prints ends up on stderr."""
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)
        if sys.argv[1] == "quantize":
            request = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
            answers.write(json.dumps(_quantized(request)).encode())
        else:
            _serve(Path(sys.argv[2]), sys.stdin.buffer, answers)


def _quantized(request: dict[str, Any]) -> dict[str, str]:
    try:
        QUANTIZERS[request["tool"]](request)
    except Exception as error:
        lines = str(error).strip().splitlines() or [""]
        return {"error": f"{type(error).__name__}: {lines[0]}"}
    return {}


def onnx_runtime(request: dict[str, Any]) -> None:
    """`quantize_static` after `quant_pre_process`, as its documentation advises; the format is Q/DQ, its default."""
    from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self.feeds = iter([{request["input"]: image[None]} for image in np.load(request["calibration"])])

        def get_next(self) -> dict[str, Any] | None:
            return next(self.feeds, None)

    prepared = Path(request["out"]).with_suffix(".prepared.onnx")
    quant_pre_process(request["onnx"], str(prepared), skip_symbolic_shape=True)
    setting = dict(request["setting"])
    if "activation_type" in setting:
        setting["activation_type"] = QuantType[setting["activation_type"]]
    if "calibrate_method" in setting:
        setting["calibrate_method"] = CalibrationMethod[setting["calibrate_method"]]
    quantize_static(str(prepared), request["out"], Reader(), **setting)


def openvino(request: dict[str, Any]) -> None:
    """NNCF on OpenVINO's reading of the ONNX; without a setting the float model as it is."""
    import openvino as ov

    model = ov.Core().read_model(request["onnx"])
    if request["setting"] is not None:
        import nncf

        setting = dict(request["setting"])
        if "preset" in setting:
            setting["preset"] = nncf.QuantizationPreset(setting["preset"])
        images = [image[None] for image in np.load(request["calibration"])]
        model = nncf.quantize(model, nncf.Dataset(images), **setting)
    ov.save_model(model, request["out"], compress_to_fp16=False)


def litert(request: dict[str, Any]) -> None:
    """A recipe of litert-quantizer, or of ai-edge-quantizer, its predecessor, on a .tflite in float32."""
    package = request["tool"].replace("-", "_")
    quantizer, recipe = (import_module(f"{package}.{name}") for name in ("quantizer", "recipe"))
    prepared = str(Path(request["out"]).with_suffix(".float.tflite"))
    Path(prepared).write_bytes(_without_empty_buffers(request["tflite"], package))
    made = quantizer.Quantizer(prepared, getattr(recipe, request["setting"]["recipe"])())
    images = np.ascontiguousarray(np.load(request["calibration"]).transpose(0, 2, 3, 1))
    feeds = [{request["input"]: image[None]} for image in images]
    found = made.calibrate({"serving_default": feeds}, num_threads=1)
    made.quantize(found, enable_progress_report=False).export_model(request["out"], overwrite=True)


def _without_empty_buffers(path: str, package: str) -> bytes:
    """The same model, with buffers of no bytes made absent: both quantizers take the former for constants."""
    import flatbuffers

    model = import_module(f"{package}.utils.tfl_flatbuffer_utils").read_model(path)
    for buffer in model.buffers:
        if buffer.data is not None and len(buffer.data) == 0:
            buffer.data = None
    builder = flatbuffers.Builder(0)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def mnn(request: dict[str, Any]) -> None:
    """The functions beneath its commands.

    The commands install a logging package and report their use; and `mnnquant` gives its quantizer three texts where
    that wants a list, and is aborted.
    """
    import _tools

    converted = str(Path(request["out"]).with_suffix(".float.mnn"))
    given = ["", "-f", "ONNX", "--modelFile", request["onnx"], "--MNNModel", converted, "--bizCode", "peers"]
    _tools.mnnconvert(given)
    if not Path(converted).exists():
        raise RuntimeError("the converter wrote nothing")
    config = {
        "format": request["colour"].upper(),
        "mean": request["mean"],
        "normal": request["scale"],
        "width": request["width"],
        "height": request["height"],
        "path": f"{request['images']}/",
        "used_image_num": len(list(Path(request["images"]).iterdir())),
        "weight_quantize_method": "MAX_ABS",
        "model": converted,
        **request["setting"],
    }
    written = Path(request["out"]).with_suffix(".json")
    written.write_text(json.dumps(config), encoding="utf-8")
    _tools.mnnquant(["", converted, request["out"], str(written)])
    if not Path(request["out"]).exists():
        raise RuntimeError("the quantizer wrote nothing")


QUANTIZERS = {
    "ONNX Runtime": onnx_runtime,
    "OpenVINO": openvino,
    "ai-edge-quantizer": litert,
    "litert-quantizer": litert,
    "MNN": mnn,
}


class OpenVino:
    """A model in OpenVINO on one thread of the processor, else with its defaults."""

    def __init__(self, path: Path) -> None:
        import openvino as ov

        options = {"INFERENCE_NUM_THREADS": 1, "PERFORMANCE_HINT": "LATENCY", "ENABLE_CPU_PINNING": False}
        compiled = ov.Core().compile_model(str(path), "CPU", options)
        nodes = [node.get_rt_info() for node in compiled.get_runtime_model().get_ops()]
        kinds = [(_said(node, "layerType"), _said(node, "runtimePrecision")) for node in nodes]
        found = Counter(precision for kind, precision in kinds if kind in MULTIPLYING)
        self.kernels = ", ".join(f"{count} {name}" for name, count in sorted(found.items()))
        self.request = compiled.create_infer_request()
        self.inputs = {item.get_any_name(): tuple(item.shape) for item in compiled.inputs}
        self.outputs = [item.get_any_name() for item in compiled.outputs]

    def run(self, feeds: dict[str, Any]) -> dict[str, Any]:
        """Run once; arrays are copied in and out."""
        self.request.infer(feeds, share_inputs=False, share_outputs=False)
        return {name: self.request.get_tensor(name).data.copy() for name in self.outputs}


class Mnn:
    """A model in MNN on one thread of the processor, else with its defaults."""

    kernels = "not told by MNN"

    def __init__(self, path: Path) -> None:
        import MNN

        self.mnn = MNN
        self.interpreter = MNN.Interpreter(str(path))
        self.session = self.interpreter.createSession({"numThread": 1, "backend": "CPU"})
        tensors = self.interpreter.getSessionInputAll(self.session)
        self.inputs = {name: tuple(tensor.getShape()) for name, tensor in tensors.items()}

    def run(self, feeds: dict[str, Any]) -> dict[str, Any]:
        """Run once; arrays are copied in and out."""
        tensors = self.interpreter.getSessionInputAll(self.session)
        for name, array in feeds.items():
            tensors[name].copyFrom(self._host(array.shape, array))
        self.interpreter.runSession(self.session)
        made = self.interpreter.getSessionOutputAll(self.session)
        return {name: self._copied(tensor) for name, tensor in made.items()}

    def _host(self, shape: Any, array: Any) -> Any:
        mnn = self.mnn
        return mnn.Tensor(tuple(shape), mnn.Halide_Type_Float, array, mnn.Tensor_DimensionType_Caffe)

    def _copied(self, tensor: Any) -> Any:
        shape = tensor.getShape()
        host = self._host(shape, np.zeros(shape, np.float32))
        tensor.copyToHostTensor(host)
        return np.array(host.getNumpyData(), np.float32).reshape(shape)


def _said(info: Any, key: str) -> str:
    return str(info[key].astype(str)) if key in info else ""


def _serve(path: Path, requests: BinaryIO, answers: BinaryIO) -> None:
    model: OpenVino | Mnn = OpenVino(path) if path.suffix == ".xml" else Mnn(path)
    _send(answers, {"kernels": np.array(model.kernels)})
    rng = np.random.default_rng(0)
    random = {name: rng.normal(size=shape).astype(np.float32) for name, shape in model.inputs.items()}
    while header := requests.read(4):
        given = dict(np.load(io.BytesIO(requests.read(struct.unpack("<I", header)[0]))))
        if "iterations" not in given:
            _send(answers, model.run(given))
            continue
        times = []
        for _ in range(int(given["iterations"])):
            start = time.perf_counter_ns()
            model.run(random)
            times.append((time.perf_counter_ns() - start) / 1e6)
        _send(answers, {"ms": np.array(times)})


def _send(stream: BinaryIO, arrays: dict[str, Any]) -> None:
    archive = io.BytesIO()
    np.savez(archive, **arrays)
    stream.write(struct.pack("<I", archive.tell()))
    stream.write(archive.getvalue())
    stream.flush()


if __name__ == "__main__":
    main()
