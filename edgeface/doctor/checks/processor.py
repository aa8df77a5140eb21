"""The processor's instructions, and what they mean for int8."""

from __future__ import annotations

import platform
from pathlib import Path

from edgeface.doctor.check import Check

TITLE = "Processor"
RANK = 20
CPUINFO = Path("/proc/cpuinfo")
X86 = ("x86_64", "amd64", "i686")
ARM = ("aarch64", "arm64")
_MODEL_FIELDS = ("model name", "Hardware", "CPU part")


def look() -> tuple[Check, ...]:
    """The processor's name, and the instruction sets that matter for its family."""
    machine = platform.machine().lower()
    fields = _cpuinfo()
    named = next((fields[name] for name in _MODEL_FIELDS if name in fields), machine or "unknown")
    flags = frozenset(fields.get("flags", fields.get("Features", "")).split())
    name = Check("processor", "ok", f"{named} ({machine})")
    if not flags:
        return (name, Check("instructions", "problem", "unknown: the system does not list them"))
    if machine in X86:
        return (name, *_x86(flags))
    return (name, *_arm(flags)) if machine in ARM else (name,)


def _x86(flags: frozenset[str]) -> tuple[Check, ...]:
    half = (
        Check("float16", "ok", "F16C: float16 models are widened as they are read, and compute in float32")
        if "f16c" in flags
        else Check("float16", "missing", "no F16C: float16 models are widened in software, and compute in float32")
    )
    vector = (
        Check("AVX2", "ok", "8 floats or 32 bytes at a time")
        if "avx2" in flags
        else Check("AVX2", "missing", "float32 and int8 run on 128-bit kernels, at half the speed or less")
    )
    known = {"avx512_vnni": "AVX512-VNNI", "avx_vnni": "AVX-VNNI"}
    vnni = [label for flag, label in known.items() if flag in flags]
    if vnni:
        found = f"{' and '.join(vnni)}: int8 products are exact, and faster than float32"
        return vector, Check("VNNI", "ok", found), half
    found = (
        "int8 gains little here, and ONNX Runtime's uint8×int8 products saturate: its int8 results differ from a "
        "device's; TFLite's do not"
    )
    return vector, Check("VNNI", "missing", found), half


def _arm(flags: frozenset[str]) -> tuple[Check, ...]:
    dot = (
        Check("dot product", "ok", "int8 takes about half the instructions of float32")
        if "asimddp" in flags
        else Check(
            "dot product", "missing", "int8 takes as many instructions as float32: it gains by moving less memory"
        )
    )
    matrix = (
        Check("int8 matrices", "ok", "i8mm: int8 products of whole blocks at once")
        if "i8mm" in flags
        else Check("int8 matrices", "missing", "no i8mm: int8 runs by dot products, where there are any")
    )
    half = (
        Check("float16 arithmetic", "ok", "float16 models compute in float16")
        if "asimdhp" in flags
        else Check("float16 arithmetic", "missing", "float16 models are smaller, and compute in float32")
    )
    return dot, matrix, half


def _cpuinfo() -> dict[str, str]:
    """The first value of each field of the system's list of processors; empty where there is no list."""
    try:
        lines = CPUINFO.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    fields: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        fields.setdefault(name.strip(), value.strip())
    return fields
