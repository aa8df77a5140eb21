"""Tools of reports/elsewhere.py that read a model and run it. Each runs in its own environment, without edgeface.

A function takes a job (see elsewhere_worker.py) and returns what runs the model on one image, and notes on how.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from elsewhere_worker import Loaded

ARENA_BYTES = 256 << 20
MULTIPLYING = {"Convolution", "GroupConvolution", "FullyConnected", "MatMul"}


def litert(job: Mapping[str, Any]) -> Loaded:
    """LiteRT itself, with other kernels: a setting is the name of its resolver."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    chosen = OpResolverType[job["setting"]]
    interpreter = Interpreter(job["model"], num_threads=1, experimental_op_resolver_type=chosen)
    runner = interpreter.get_signature_runner()

    def run(image: Any) -> Any:
        return runner(**{job["input"]["name"]: image})

    return run, []


def tflite_micro(job: Mapping[str, Any]) -> Loaded:
    """TensorFlow Lite for Microcontrollers, built for this processor."""
    from tflite_micro.python.tflite_micro import runtime

    interpreter = runtime.Interpreter.from_file(job["model"], arena_size=ARENA_BYTES)
    count = len(job["outputs"])

    def run(image: Any) -> list[Any]:
        interpreter.set_input(image, 0)
        interpreter.invoke()
        return [interpreter.get_output(number).copy() for number in range(count)]

    return run, []


def openvino(job: Mapping[str, Any]) -> Loaded:
    """OpenVINO on this processor; a setting is its inference precision, else its own choice."""
    import openvino as ov

    options: dict[str, Any] = {"INFERENCE_NUM_THREADS": 1}
    if job["setting"]:
        options["INFERENCE_PRECISION_HINT"] = job["setting"]
    compiled = ov.Core().compile_model(job["model"], "CPU", options)
    nodes = [node.get_rt_info() for node in compiled.get_runtime_model().get_ops()]
    kinds = [(str(node["layerType"].astype(str)), str(node["runtimePrecision"].astype(str))) for node in nodes]
    found = Counter(precision for kind, precision in kinds if kind in MULTIPLYING)
    notes = ["convolutions: " + ", ".join(f"{count} {name}" for name, count in sorted(found.items()))]
    request = compiled.create_infer_request()
    names = [item.get_any_name() for item in compiled.outputs]

    def run(image: Any) -> Any:
        request.infer([image], share_inputs=False, share_outputs=False)
        return {name: request.get_tensor(name).data.copy() for name in names}

    return run, notes


def opencv(job: Mapping[str, Any]) -> Loaded:
    """OpenCV's dnn module; a setting is the number of its engine, else its own choice."""
    import cv2

    read = cv2.dnn.readNetFromTFLite if job["format"] == "tflite" else cv2.dnn.readNetFromONNX
    net = read(job["model"], engine=getattr(cv2.dnn, job["setting"])) if job["setting"] else read(job["model"])
    told = list(net.getUnconnectedOutLayersNames())
    layers = set(net.getLayerNames())
    names = job["outputs"] if layers.issuperset(job["outputs"]) else told

    def run(image: Any) -> Any:
        net.setInput(image)
        return {name: net.forward(name).copy() for name in names}  # it refuses them as a list

    return run, [f"names as outputs only {', '.join(told)}"] if set(told) != set(job["outputs"]) else []


def mnn(job: Mapping[str, Any]) -> Loaded:
    """MNN: its converter, then its runtime on one thread.

    The functions beneath its commands are called: the commands install a logging package and report their use.
    """
    import _tools
    import MNN

    written = Path(job["scratch"]) / "model.mnn"
    kind = {"tflite": "TFLITE", "onnx": "ONNX"}[job["format"]]
    _tools.mnnconvert(["", "-f", kind, "--modelFile", job["model"], "--MNNModel", str(written), "--bizCode", "x"])
    if not written.exists():
        raise RuntimeError("the converter wrote nothing")
    interpreter = MNN.Interpreter(str(written))
    session = interpreter.createSession({"numThread": 1, "backend": "CPU"})
    layout = MNN.Tensor_DimensionType_Tensorflow if job["format"] == "tflite" else MNN.Tensor_DimensionType_Caffe
    (entry,) = interpreter.getSessionInputAll(session).values()

    def host(shape: Any, array: Any) -> Any:
        if array.dtype != np.float32:
            raise TypeError(f"the Python binding of MNN has no tensors of {array.dtype}")
        return MNN.Tensor(tuple(shape), MNN.Halide_Type_Float, array, layout)

    def copied(tensor: Any) -> Any:
        shape = tensor.getShape()
        made = host(shape, np.zeros(shape, np.float32))
        tensor.copyToHostTensor(made)
        return np.array(made.getNumpyData(), np.float32).reshape(shape)

    def run(image: Any) -> Any:
        entry.copyFrom(host(image.shape, image))
        interpreter.runSession(session)
        return {name: copied(tensor) for name, tensor in interpreter.getSessionOutputAll(session).items()}

    return run, []


def ncnn(job: Mapping[str, Any]) -> Loaded:
    """A .param of ours in ncnn, on one thread."""
    return ncnn_net(Path(job["model"]), job["input"]["name"], job["outputs"]), []


def ncnn_net(param: Path, entry: str, outputs: list[str]) -> Any:
    """What runs a .param with the .bin beside it on one image [1,C,H,W]."""
    import ncnn as library

    net = library.Net()
    net.opt.num_threads = 1
    if net.load_param(str(param)) or net.load_model(str(param.with_suffix(".bin"))):
        raise RuntimeError("ncnn could not load it")

    def run(image: Any) -> list[Any]:
        extractor = net.create_extractor()
        extractor.input(entry, library.Mat(np.ascontiguousarray(image[0])))
        return [np.array(extractor.extract(name)[1])[None] for name in outputs]

    return run


def tract(job: Mapping[str, Any]) -> Loaded:
    """tract, which reads ONNX."""
    import tract as library

    model = library.onnx().load(job["model"]).into_model().into_runnable()
    return lambda image: [made.to_numpy() for made in model.run([image])], []
