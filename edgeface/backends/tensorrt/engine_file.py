"""Engine files: check whether one can be loaded, before native code reads it."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgeface.backends.tensorrt.artifact_engines import ArtifactEngine
from edgeface.backends.tensorrt.build_log import build_log_class
from edgeface.backends.tensorrt.cuda.driver import with_point
from edgeface.backends.tensorrt.library import TENSORRT, TENSORRT_RTX, Library
from edgeface.backends.tensorrt.request import Engine
from edgeface.core.artifact import sha256_hex
from edgeface.errors import InputError
from edgeface.reading.kinds import ENGINE
from edgeface.reading.regular_file import open_file

HEADER_BYTES = 64
# As observed in TensorRT-RTX 1.7: magic, 12 bytes, the file's size (uint64), the version's four parts (bytes), the
# magic again, and a bit for each compute capability (uint32) in the library's order.
_RTX_MAGIC = b"vtrt"
_RTX_HEADER = struct.Struct("<4s12xQ4B4sI")
_TENSORRT_MAGICS = (b"ftrt", b"ptrt")
_REBUILD = "edgeface export … --target tensorrt-fp16 (or tensorrt-int8)"


@dataclass(frozen=True)
class EngineHeader:
    """The header of an engine file. TensorRT-RTX sets all fields, TensorRT only `library`; others are None.

    `size_bytes` is the file's size; `capability_bits` has a bit for each compute capability.
    """

    library: str
    version: str | None = None
    size_bytes: int | None = None
    capability_bits: int | None = None


def read_header(path: Path) -> EngineHeader:
    """The header of an engine file.

    Raises:
        InputError: the file is missing, cannot be read, or is not an engine.
    """
    with open_file(path, ENGINE) as file:
        start = file.read(HEADER_BYTES)
    if start[:4] in _TENSORRT_MAGICS:
        return EngineHeader(TENSORRT)
    if not start.startswith(_RTX_MAGIC):
        kind = "empty" if not start else "not a TensorRT engine"
        raise InputError(f"the engine file is {kind}", where=str(path), fix=f"copy it again, or build it: {_REBUILD}")
    if len(start) < HEADER_BYTES:
        raise _wrong_size(path, len(start), HEADER_BYTES)
    _, size, *version, again, bits = _RTX_HEADER.unpack_from(start)
    if again != _RTX_MAGIC:  # an unknown layout, which only the library can read
        return EngineHeader(TENSORRT_RTX)
    return EngineHeader(TENSORRT_RTX, ".".join(map(str, version)), size, bits)


def check_engine_file(path: Path, library: Library, compute_capability: str | None = None) -> EngineHeader:
    """The header of an engine file that the installed library can load on a GPU.

    Args:
        path: the engine file.
        library: the TensorRT that will load it.
        compute_capability: of the GPU, as digits; None checks only the file and the version.

    Returns:
        The header.

    Raises:
        InputError: it is missing, not an engine, truncated, of another library or version, or not for that GPU.
    """
    header = read_header(path)
    size = path.stat().st_size
    if header.size_bytes is not None and size != header.size_bytes:
        raise _wrong_size(path, size, header.size_bytes)
    if header.library != library.name:
        raise InputError(
            f"the engine is for {header.library}, but {library.name} {library.version} is installed",
            where=str(path),
            fix=f"build it with the library that runs it: {_REBUILD} on this machine",
        )
    if header.version is not None and header.version != library.version:
        raise InputError(
            f"the engine was built by {header.library} {header.version}, but {library.version} is installed",
            where=str(path),
            fix=f"only the version that built an engine can load it: {_REBUILD} on this machine",
        )
    if compute_capability is not None:
        _check_capability(path, header, library, compute_capability)
    _ask_library(path, library)
    return header


def capabilities_in(header: EngineHeader, library: Library) -> tuple[str, ...]:
    """The compute capabilities of a checked engine, in order; empty if its header does not contain them."""
    bits = header.capability_bits or 0
    return tuple(digits for index, digits in enumerate(library.compute_capabilities) if bits >> index & 1)


def engine_entries(engine: Engine, file: str) -> tuple[ArtifactEngine, ...]:
    """The entries of `engines.json` for an engine: one per compute capability.

    Args:
        engine: the built engine.
        file: the name of its file in the artifact's folder.
    """
    return tuple(
        ArtifactEngine(
            file=file,
            compute_capability=digits,
            sha256=sha256_hex(engine.plan),
            bytes=len(engine.plan),
            library=engine.library,
            library_version=engine.version,
            cuda=engine.cuda,
        )
        for digits in engine.compute_capabilities
    )


def _check_capability(path: Path, header: EngineHeader, library: Library, compute_capability: str) -> None:
    built_for = capabilities_in(header, library)
    if built_for and compute_capability in library.compute_capabilities and compute_capability not in built_for:
        raise InputError(
            f"the engine is for GPUs of compute capability {', '.join(map(with_point, built_for))}, not for "
            f"{with_point(compute_capability)}",
            where=str(path),
            fix=f"{_REBUILD} --compute-capability {compute_capability}",
        )


def _ask_library(path: Path, library: Library) -> None:
    """Let the library check the header, if there is a GPU, which this needs."""
    trt = library.module
    if not library.has_gpu or not hasattr(trt.Runtime, "get_engine_validity"):
        return
    log: Any = build_log_class(trt)()
    with open_file(path, ENGINE) as file:
        validity, diagnostics = trt.Runtime(log).get_engine_validity(file.read(HEADER_BYTES))
    if validity != trt.EngineValidity.INVALID:
        return
    reasons = [name for name, bit in trt.EngineInvalidityDiagnostics.__members__.items() if int(bit) & int(diagnostics)]
    raise InputError(
        f"{library.name} {library.version} reports that the engine is not valid here: "
        f"{', '.join(reasons).lower().replace('_', ' ') or 'no reason given'}",
        where=str(path),
        fix=f"see `edgeface doctor`; {_REBUILD} on this machine",
    )


def _wrong_size(path: Path, size: int, wanted: int) -> InputError:
    problem = "is truncated" if size < wanted else "has trailing bytes"
    return InputError(
        f"the engine file {problem}: {size} bytes instead of {wanted}",
        where=str(path),
        fix=f"copy it again, or build it: {_REBUILD}",
    )
