"""Run a script on AVX2 kernels where there are faster ones: `python reports/hide_avx512.py FOLDER SCRIPT [ARGUMENTS]`.

LiteRT, ONNX Runtime and OpenVINO ask the processor by CPUID. In copies of their libraries, made in FOLDER, each of
these instructions is an UD2, and a signal handler answers without AVX-512 and VNNI. The installed libraries stay as
they are. Only what is imported into this very process is hidden from, not workers that it starts.
`--of PACKAGE[,PACKAGE]` before FOLDER hides from these only. Needs gcc and objdump.
"""

from __future__ import annotations

import argparse
import ctypes
import importlib.util
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

LIBRARIES = {
    "ai_edge_litert": ("libpywrap_litert_common.so",),
    "onnxruntime": ("capi/onnxruntime_pybind11_state*.so",),
    "openvino": ("libs/libopenvino.so.*", "libs/libopenvino_intel_cpu_plugin.so"),
}
"""Packages, and which of their libraries choose kernels."""
CPUID, UD2 = b"\x0f\xa2", b"\x0f\x0b"


def main() -> None:
    """Hide, and run the script with the remaining arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--of", default=",".join(LIBRARIES))
    parser.add_argument("folder", type=Path)
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="SCRIPT [ARGUMENTS]")
    given = parser.parse_args()
    folder, script = given.folder.resolve(), given.command[0]
    folder.mkdir(parents=True, exist_ok=True)
    for package in given.of.split(","):
        if not (folder / package).exists() and importlib.util.find_spec(package) is not None:
            _copy(package, folder)
    handler = folder / "hide_avx512.so"
    if not handler.exists():
        source = Path(__file__).with_suffix(".c")
        subprocess.run(["gcc", "-O1", "-shared", "-fPIC", "-o", str(handler), str(source)], check=True)
    ctypes.CDLL(str(handler)).install()
    sys.path[:0] = [str(folder), str(Path(script).resolve().parent)]
    sys.argv = given.command
    runpy.run_path(script, run_name="__main__")


def _copy(package: str, folder: Path) -> None:
    """Put a changed copy into a folder, whole or not at all."""
    found = importlib.util.find_spec(package)
    assert found is not None
    assert found.origin is not None
    staged = folder / f"{package}.staged"
    shutil.rmtree(staged, ignore_errors=True)
    shutil.copytree(Path(found.origin).parent, staged)
    changed = [library for pattern in LIBRARIES[package] for library in sorted(staged.glob(pattern))]
    assert len(changed) >= len(LIBRARIES[package]), f"{package} lacks one of {LIBRARIES[package]}"
    for library in changed:
        library.write_bytes(_without_cpuid(library))
    staged.rename(folder / package)


def _without_cpuid(library: Path) -> bytes:
    """The library's bytes with each CPUID replaced: those that a disassembler finds, not any equal bytes."""
    sections = subprocess.run(["objdump", "-h", str(library)], check=True, capture_output=True, text=True).stdout
    fields = next(line.split() for line in sections.splitlines() if re.match(r"\s*\d+ \.text\s", line))
    address, offset = int(fields[3], 16), int(fields[5], 16)
    command = ["objdump", "-d", "--no-show-raw-insn", "-j", ".text", str(library)]
    content = bytearray(library.read_bytes())
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as listing:
        assert listing.stdout is not None
        for line in listing.stdout:
            instruction = re.match(r"\s*([0-9a-f]+):\tcpuid", line)
            if instruction:
                start = int(instruction[1], 16) - address + offset
                assert content[start : start + 2] == CPUID
                content[start : start + 2] = UD2
    assert listing.returncode == 0
    return bytes(content)


if __name__ == "__main__":
    main()
