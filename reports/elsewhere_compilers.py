"""Tools of reports/elsewhere.py that compile a model first. Each runs in its own environment, without edgeface."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from elsewhere_interpreters import ncnn_net
from elsewhere_worker import Loaded


def vela(job: Mapping[str, Any]) -> Loaded:
    """Arm's compiler for Ethos-U, whose setting is the accelerator. There is no NPU here: it compiles only."""
    command = [sys.executable, "-m", "ethosu.vela", job["model"], "--accelerator-config", job["setting"]]
    said = _run([*command, "--show-cpu-operations", "--output-dir", job["scratch"]])
    wanted = r"(?:CPU|NPU) operators = \d+|Total SRAM used +[^\n]*"
    notes = [" ".join(line.split()) for line in re.findall(wanted, said)]
    kinds = Counter(re.findall(r"operator: (\w+), ofm[^\n]*\nReason: ", said))
    left = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
    reasons = sorted(set(re.findall(r"\nReason: ([^\n]{1,120})", said)))
    return None, [*notes, *([f"not on the NPU: {left} ({'; '.join(reasons[:2])})"] if left else [])]


def iree(job: Mapping[str, Any]) -> Loaded:
    """IREE for this processor: .tflite by TOSA, .onnx by its importer."""
    from iree import compiler, runtime

    options = ["--iree-llvmcpu-target-cpu=host"]
    if job["format"] == "tflite":
        import tosa_converter_for_tflite as converter

        text = Path(job["scratch"]) / "model.mlir"
        converter.tflite_flatbuffer_to_tosa_mlir(job["model"], str(text))
        compiled = compiler.compile_file(str(text), target_backends=["llvm-cpu"], input_type="tosa", extra_args=options)
    else:
        text = Path(job["scratch"]) / "model.mlir"
        _run([sys.executable, "-m", "iree.compiler.tools.import_onnx", job["model"], "-o", str(text)])
        compiled = compiler.compile_file(str(text), target_backends=["llvm-cpu"], input_type="onnx", extra_args=options)
    module = runtime.load_vm_flatbuffer(compiled, driver="local-sync")
    (name,) = [each for each in module.vm_module.function_names if "$async" not in each and "__init" not in each]
    return lambda image: [array.to_host() for array in _listed(module[name](image))], []


def tvm(job: Mapping[str, Any]) -> Loaded:
    """TVM's Relax for this processor."""
    import tvm as library
    from tvm import relax

    content = Path(job["model"]).read_bytes()
    if job["format"] == "tflite":
        import tflite
        from tvm.relax.frontend.tflite import from_tflite

        module = from_tflite(tflite.Model.GetRootAsModel(content, 0))
    else:
        import onnx
        from tvm.relax.frontend.onnx import from_onnx

        module = from_onnx(onnx.load_from_string(content))
    built = library.compile(relax.get_pipeline("zero")(module), target="llvm")
    machine = relax.VirtualMachine(built, library.cpu())
    return lambda image: [
        array.numpy() for array in _listed(machine["main"](library.runtime.tensor(np.ascontiguousarray(image))))
    ], []


def pnnx(job: Mapping[str, Any]) -> Loaded:
    """From ONNX to ncnn by pnnx, run there; a setting is its options. It names blobs in0 and out0, out1, and so on."""
    shape = ",".join(map(str, job["input"]["shape"]))
    copy = Path(job["scratch"]) / "model.onnx"
    copy.write_bytes(Path(job["model"]).read_bytes())
    found = importlib.util.find_spec("pnnx")  # its Python part would import torch
    assert found is not None
    assert found.submodule_search_locations is not None
    program = Path(found.submodule_search_locations[0]) / "pnnx"
    program.chmod(0o755)
    _run([str(program), str(copy), f"inputshape=[{shape}]", *job["setting"].split()])
    names = [f"out{number}" for number in range(len(job["outputs"]))]
    return ncnn_net(copy.with_name("model.ncnn.param"), "in0", names), []


def _listed(made: Any) -> list[Any]:
    return list(made) if isinstance(made, (list, tuple)) or type(made).__name__ == "Array" else [made]


def _run(command: list[str]) -> str:
    """What a command prints; its last lines as an error where it fails."""
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode:
        lines = [line for line in (ran.stderr + ran.stdout).splitlines() if line.strip()]
        raise RuntimeError(f"ended with {ran.returncode}: " + " ".join(lines[-6:]))
    return ran.stdout + ran.stderr
