"""Run a script with LiteRT on AVX2 kernels where there are faster ones: `python reports/hide_avx512.py FOLDER SCRIPT`.

XNNPACK asks the processor by CPUID. In a copy of the library, made in FOLDER, each of these instructions is an UD2, and
a signal handler answers without AVX-512 and VNNI. The installed library stays as it is. Needs gcc and objdump.
"""

from __future__ import annotations

import ctypes
import importlib.util
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

PACKAGE = "ai_edge_litert"
LIBRARY = "libpywrap_litert_common.so"
CPUID, UD2 = b"\x0f\xa2", b"\x0f\x0b"


def main() -> None:
    """Hide, and run the script with the remaining arguments."""
    folder, script = Path(sys.argv[1]).resolve(), sys.argv[2]
    handler = folder / "hide_avx512.so"
    if not handler.exists():
        _copy(folder)
        source = Path(__file__).with_suffix(".c")
        subprocess.run(["gcc", "-O1", "-shared", "-fPIC", "-o", str(handler), str(source)], check=True)
    ctypes.CDLL(str(handler)).install()
    sys.path[:0] = [str(folder), str(Path(script).resolve().parent)]
    sys.argv = sys.argv[2:]
    runpy.run_path(script, run_name="__main__")


def _copy(folder: Path) -> None:
    found = importlib.util.find_spec(PACKAGE)
    assert found is not None
    assert found.origin is not None
    shutil.copytree(Path(found.origin).parent, folder / PACKAGE, dirs_exist_ok=True)
    library = folder / PACKAGE / LIBRARY
    library.write_bytes(_without_cpuid(library))


def _without_cpuid(library: Path) -> bytes:
    """The library's bytes with each CPUID replaced: those that a disassembler finds, not any equal bytes."""
    sections = subprocess.run(["objdump", "-h", str(library)], check=True, capture_output=True, text=True).stdout
    fields = next(line.split() for line in sections.splitlines() if re.match(r"\s*\d+ \.text\s", line))
    address, offset = int(fields[3], 16), int(fields[5], 16)
    command = ["objdump", "-d", "--no-show-raw-insn", "-j", ".text", str(library)]
    code = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    content = bytearray(library.read_bytes())
    for line in code.splitlines():
        instruction = re.match(r"\s*([0-9a-f]+):\tcpuid", line)
        if instruction:
            start = int(instruction[1], 16) - address + offset
            assert content[start : start + 2] == CPUID
            content[start : start + 2] = UD2
    return bytes(content)


if __name__ == "__main__":
    main()
