"""Artifacts on disk: a folder with the model's files, its manifest and its certificate."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from edgeface.contracts import Contract
from edgeface.core.certificate import Certificate
from edgeface.core.file_kind import kind_of
from edgeface.core.sources import check_sources
from edgeface.core.temporary import recover
from edgeface.core.writing import write_file
from edgeface.errors import InputError
from edgeface.reading.damage import damage_reported
from edgeface.reading.document import read_json as read_document
from edgeface.reading.given_path import StrPath, given_path
from edgeface.reading.kinds import ARTIFACT_JSON, MODEL
from edgeface.reading.regular_file import digest_file, is_file, is_folder

FORMAT = 2
MANIFEST = "manifest.json"
CERTIFICATE = "certificate.json"
_NO_TEXT = re.compile("[\ud800-\udfff]")


class RecipeRecord(BaseModel):
    """The recipe of an artifact.

    `name` is the shipped recipe's, or the name of the user's file; `sha256` that of what the recipe says with every
    default filled in, as `edgeface recipe` prints it: the same for every file that says the same.
    """

    model_config = ConfigDict(extra="forbid")

    name: str
    sha256: str


class Manifest(BaseModel):
    """What an artifact is and what it was made from; the same inputs give the same bytes.

    `files` maps the model's files to their SHA-256 in hex: `model_file`, which a runtime opens and whose hash is also
    `model_sha256`, and the files next to it that it needs. `model_bytes` is their total size; `layout` the order of
    image inputs ("nchw" or "nhwc"); `macs` counts multiply–accumulates per inference;
    `recipe` is what an earlier version did not record. Without `files`, as in format 1,
    the model is a single file; such a manifest is converted to this format when read.
    """

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    format: int = FORMAT
    name: str
    target: str
    model_file: str
    model_sha256: str
    model_bytes: int = Field(ge=0)
    files: dict[str, str] = {}
    layout: Literal["nchw", "nhwc"]
    io: str
    macs: int = Field(ge=0)
    contract: Contract
    sources: Annotated[dict[str, Any], AfterValidator(check_sources)]
    versions: dict[str, str]
    quantization: dict[str, Any] | None = None
    engines: dict[str, Any] | None = None
    recipe: RecipeRecord | None = None

    @model_validator(mode="before")
    @classmethod
    def _of_one_file(cls, document: Any) -> Any:
        """Fill in `files` for a model of one file, as in format 1."""
        if not isinstance(document, dict) or "files" in document:
            return document
        written = document.get("format", FORMAT)
        files = {document.get("model_file"): document.get("model_sha256")}
        return {**document, "format": FORMAT if written == 1 else written, "files": files}

    @model_validator(mode="after")
    def _agrees(self) -> Manifest:
        if self.format != FORMAT:
            raise ValueError(f"format {self.format} is not supported by this version")
        if self.files.get(self.model_file) != self.model_sha256:
            raise ValueError("the model file is missing from files, or has another SHA-256 there")
        return self


@dataclass(frozen=True)
class Artifact:
    """An opened artifact folder. It can be passed wherever a path is asked for, and stands for its folder there.

    Attributes:
        folder: the folder that an export wrote.
        manifest: what it is and what it was made from.

    Example:
        >>> artifact = edgeface.Artifact.open("out/retinaface_mnet025-tflite-int8")
        >>> print(artifact.manifest.target, artifact.certificate().passed)
    """

    folder: Path
    manifest: Manifest

    def __fspath__(self) -> str:
        """The folder, as `os.fspath` gives it."""
        return str(self.folder)

    @property
    def model_path(self) -> Path:
        """The model file inside the folder."""
        return self.folder / self.manifest.model_file

    @property
    def contract(self) -> Contract:
        """The contract that the artifact was built for."""
        return self.manifest.contract

    @property
    def files(self) -> tuple[Path, ...]:
        """The model's files, the one that a runtime opens first."""
        names = sorted(self.manifest.files, key=lambda name: (name != self.manifest.model_file, name))
        return tuple(self.folder / name for name in names)

    def certificate(self) -> Certificate:
        """The measurements that were taken when the artifact was built.

        Raises:
            InputError: certificate.json is missing, not JSON, or not a certificate.
        """
        path = self.folder / CERTIFICATE
        with damage_reported("certificate", str(path), "export the artifact again"):
            return Certificate.model_validate(read_json(path))

    @classmethod
    def open(cls, path: StrPath) -> Artifact:
        """The artifact in a folder, or next to a model file, with the hash of every model file checked.

        Args:
            path: the folder that an export wrote, or the model file in it.

        Raises:
            InputError: there is no artifact, the manifest is damaged, or a file is missing or was changed.
        """
        path = given_path(path, "the artifact's path")
        for place in (path.parent, path):  # a process may have been killed while it replaced the folder
            recover(place)
        folder = path if is_folder(path) else path.parent
        if not is_file(folder / MANIFEST):
            kind = kind_of(path)
            raise InputError(
                f"not an artifact: there is no manifest.json{'' if kind is None else f'; this is {kind.name}'}",
                where=str(path),
                fix=kind.fix()
                if kind is not None and is_folder(path)
                else "pass a folder that `edgeface export` wrote, e.g. out/retinaface_mnet025-tflite-int8",
            )
        artifact = cls(folder, read_manifest(folder))
        for name, sha256 in artifact.manifest.files.items():
            artifact._check_file(name, sha256)
        return artifact

    def _check_file(self, name: str, sha256: str) -> None:
        path = self.folder / name
        if Path(name).name != name or not is_file(path):
            raise InputError(f"the artifact's model file {name!r} is missing", where=str(self.folder))
        if digest_file(path, MODEL) != sha256:
            raise InputError(
                "the model does not match its manifest: its SHA-256 differs",
                where=str(path),
                fix="export the artifact again, or copy the whole folder again",
            )


def read_manifest(folder: Path) -> Manifest:
    """The manifest in an artifact's folder, whose other files are not looked at.

    Raises:
        InputError: it cannot be read, or is not an artifact's manifest.
    """
    fix = "export the artifact again with this version of edgeface"
    with damage_reported("manifest", str(folder / MANIFEST), fix):
        return Manifest.model_validate(read_json(folder / MANIFEST))


def sha256_hex(data: bytes) -> str:
    """SHA-256 of bytes, in hex."""
    return hashlib.sha256(data).hexdigest()


def write_json(path: Path, document: Any, compact: bool = False) -> None:
    """Write JSON with sorted keys, so that the same content gives the same bytes; `compact` on one line.

    Raises:
        WriteError: it cannot be written.
    """
    layout: dict[str, Any] = {"separators": (",", ":")} if compact else {"indent": 2}
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, **layout) + "\n"
    write_file(path, _NO_TEXT.sub(_as_bytes, text))


def _as_bytes(found: re.Match[str]) -> str:
    r"""A byte of a file name that is not UTF-8 (PEP 383) as `\xff`, in JSON."""
    return f"\\\\x{ord(found[0]) & 0xFF:02x}"


def read_json(path: Path) -> Any:
    """Read a JSON file of an artifact.

    Raises:
        InputError: it cannot be read, is not JSON, or is far larger than any that edgeface writes.
    """
    return read_document(path, ARTIFACT_JSON)
