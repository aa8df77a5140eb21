"""The engines of an artifact: `engines.json` next to the model file, and the engine for a GPU."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from edgeface.backends.tensorrt.cuda.driver import Gpu, with_point
from edgeface.core.artifact import read_json, write_json
from edgeface.errors import InputError
from edgeface.reading.damage import damage_reported
from edgeface.reading.kinds import ENGINE
from edgeface.reading.regular_file import digest_file

ENGINES = "engines.json"


class ArtifactEngine(BaseModel):
    """One engine file.

    `compute_capability` is that of its GPUs, "86" for 8.6; `library` and `library_version` name the TensorRT that built
    it and must load it ("TensorRT" or "TensorRT-RTX"); `cuda` is the minimum CUDA version, as in "13.0", that the
    driver must support, None if unknown. The hash is SHA-256 in hex.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    file: str = Field(pattern=r"^[A-Za-z0-9._-]+$")
    compute_capability: str = Field(pattern=r"^\d{2,3}$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    bytes: int = Field(ge=1)
    library: str
    library_version: str
    cuda: str | None = Field(default=None, pattern=r"^\d+\.\d+$")


class EngineList(BaseModel):
    """The content of engines.json."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    format: int = 1
    engines: tuple[ArtifactEngine, ...]

    @classmethod
    def read(cls, folder: Path) -> EngineList:
        """The engines of an artifact's folder.

        Raises:
            InputError: the list is missing or damaged.
        """
        path = folder / ENGINES
        if not path.is_file():
            raise InputError(
                f"there are no engines here: no {ENGINES}",
                where=str(folder),
                fix="pass an artifact that `edgeface export … --target tensorrt-fp16` or tensorrt-int8 wrote",
            )
        with damage_reported("list of engines", str(path), "export the artifact again"):
            return cls.model_validate(read_json(path))

    def write(self, folder: Path) -> None:
        """Write engines.json; the same engines give the same bytes."""
        write_json(folder / ENGINES, self.model_dump(mode="json"))


def engine_for(
    folder: Path, gpu: Gpu, library: str, library_version: str, served: tuple[int, int] | None = None
) -> Path:
    """An artifact's engine for a GPU and the installed TensorRT, with its hash checked.

    Args:
        folder: the artifact's folder.
        gpu: GPU to run on.
        library: "TensorRT" or "TensorRT-RTX", which cannot read each other's engines.
        library_version: version of the library.
        served: the newest CUDA that the GPU's driver supports, as (major, minor); not checked if None.

    Raises:
        InputError: no engine matches, it needs a newer driver, or its file is missing or changed.
    """
    engines = EngineList.read(folder).engines
    fitting = [
        engine for engine in engines if (engine.compute_capability, engine.library) == (gpu.compute_capability, library)
    ]
    if not fitting:
        there = ", ".join(sorted({f"{with_point(one.compute_capability)} by {one.library}" for one in engines}))
        raise InputError(
            f"no engine here is for a GPU of compute capability {with_point(gpu.compute_capability)} ({gpu.name}) by "
            f"{library}; available: {there or 'none'}",
            where=str(folder / ENGINES),
            fix=f"edgeface export … --compute-capability {gpu.compute_capability}",
        )
    same = [engine for engine in fitting if engine.library_version == library_version]
    chosen = (same or fitting)[0]
    if served is not None and chosen.cuda is not None and tuple(map(int, chosen.cuda.split("."))) > served:
        raise InputError(
            f"the engine needs a driver that supports CUDA {chosen.cuda}; this one supports {served[0]}.{served[1]}",
            where=str(folder / chosen.file),
            fix="update the NVIDIA driver, or export the artifact with a TensorRT for this driver",
        )
    return _checked(folder, chosen)


def _checked(folder: Path, engine: ArtifactEngine) -> Path:
    path = folder / engine.file
    if digest_file(path, ENGINE) != engine.sha256:
        raise InputError(
            "the engine does not match engines.json: its SHA-256 differs",
            where=str(path),
            fix="export the artifact again, or copy the whole folder again",
        )
    return path
