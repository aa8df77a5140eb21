"""Packing of a detector's artifact, and a recognizer's, into a bundle."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from edgeface.backends import runtime_for
from edgeface.bundle.archive import write_archive
from edgeface.bundle.boards import Board, board
from edgeface.bundle.examples import FOLDERS, RUNTIMES, SOURCES, example_files
from edgeface.bundle.face_runner.integrity import SIGNATURE, SUMS, sums_of
from edgeface.bundle.keys import read_secret_key, sign
from edgeface.bundle.record_golden import golden_files
from edgeface.bundle.replacing import refuse_other_bundle
from edgeface.bundle.runtime_settings import board_facts, predicted_settings, runtime_settings
from edgeface.bundle.sbom import bill_of_materials
from edgeface.bundle.shipped import runner_files
from edgeface.contracts import Contract, detection, recognition
from edgeface.core.artifact import CERTIFICATE, Artifact
from edgeface.core.progress import note
from edgeface.core.writing import make_folders, write_file
from edgeface.errors import InputError
from edgeface.reading.existing import refuse_missing
from edgeface.reading.kinds import LICENCE, MODEL, OWN
from edgeface.reading.regular_file import read_file
from edgeface.tasks.detection.detect import decoding_of
from edgeface.tasks.recognition.comparison import match_threshold
from edgeface.tasks.recognition.similarity import check_alignable
from edgeface.validate.verdict import verdict
from edgeface.version import __version__

_HERE = Path(__file__).parent
_WITH_FACTS = frozenset({"README.md", "systemd/face.service", "cpp/libncnn.sh"})
_OF_ARCHIVE = "untrusted comment: signature of the archive of an edgeface bundle"


@dataclass(frozen=True)
class Order:
    """The contents of a bundle.

    Attributes:
        detector: folder of a detector's artifact for TFLite or ncnn.
        recognizer: the same of a recognizer's, for the same runtime; None for a bundle that only finds faces.
        device: the board's name.
        licences: files with the licences of the weights.
        key: secret key that signs; None leaves the bundle unsigned.
    """

    detector: Path
    recognizer: Path | None
    device: str
    licences: Sequence[Path] = ()
    key: Path | None = None


def pack_bundle(order: Order) -> bytes:
    """The bundle's archive; the same order gives the same bytes.

    Raises:
        InputError: an artifact, licence, key or device profile is not usable, the board is unknown, or the detector's
            faces cannot be aligned.
        ContractError: an artifact is of another task.
        RunnerError: the runtime does not run a model.
    """
    packed_for = board(order.device)
    given = {"DETECTOR": order.detector, "RECOGNIZER": order.recognizer, "--sign": order.key}
    refuse_missing({**given, "--licence": order.licences})
    secret = None if order.key is None else read_secret_key(order.key)
    models = _models(order)
    runtime = _runtime(models)
    files: dict[str, bytes] = {}
    for task, artifact in models.items():
        files |= {packed_name(task, artifact, path): read_file(path, MODEL) for path in artifact.files}
    settings = _settings(models, packed_for)
    files["bundle.json"] = _json(settings)
    for task, artifact in models.items():
        if (artifact.folder / CERTIFICATE).is_file():
            certificate = artifact.certificate()
            files[f"certificates/{task}.json"] = _json(_without_names(certificate.as_dict()))
            if certificate.state != "good":
                note(f"warning: the {task} is packed with this verdict: {verdict(certificate).headline}")
    facts = board_facts(packed_for, settings) | {"@NCNN@": models["detector"].manifest.versions.get("ncnn", "")}
    files |= _programs(detection(models["detector"].contract).decoder) | example_files(files, runtime)
    _tell(files, facts)
    files |= _licences(order.licences)
    files |= golden_files(files, packed_for.name)
    parts = {packed_name(task, model, path): model.manifest for task, model in models.items() for path in model.files}
    files["sbom.cdx.json"] = bill_of_materials(files, parts, runtime)
    files[SUMS] = sums_of(files)
    if secret is not None:
        files[SIGNATURE] = sign(files[SUMS], secret, f"edgeface {__version__} bundle for {packed_for.name}")
    return write_archive(files)


def packed_name(task: str, artifact: Artifact, path: Path) -> str:
    """The path in a bundle of a file of a task's model.

    The file that the runtime opens is named after the task, and so is one of its name but another suffix (ncnn's).
    """
    return f"models/{task}{path.suffix}" if path.stem == artifact.model_path.stem else f"models/{task}-{path.name}"


def write_bundle(data: bytes, out: Path, key: Path | None = None, *, force: bool = False) -> Path | None:
    """Write an archive atomically, and beside it the signature of all of it, which `minisign -V` checks.

    Args:
        data: the archive.
        out: its file.
        key: the secret key that signed it; None for an unsigned one.
        force: whether to replace a bundle of other networks or for another board.

    Returns:
        The signature's file, None without a key.

    Raises:
        InputError: the key is not usable, or something else may be at this path.
        WriteError: a file cannot be written to its path.
    """
    made = None if key is None else sign(data, read_secret_key(key), f"edgeface {__version__} bundle", _OF_ARCHIVE)
    refuse_other_bundle(data, out, force=force)
    make_folders(out.parent, "the bundle")
    write_file(out, data, "the bundle")
    if made is None:
        return None
    beside = out.with_name(f"{out.name}.minisig")
    write_file(beside, made, "the signature")
    return beside


def _models(order: Order) -> dict[str, Artifact]:
    """The artifacts by task."""
    models = {"detector": _artifact(order.detector, detection)}
    if order.recognizer is not None:
        models["recognizer"] = _artifact(order.recognizer, recognition)
        points = decoding_of(detection(models["detector"].contract)).landmark_count()
        check_alignable(points, str(order.detector))
    return models


def _artifact(path: Path, narrow: Callable[[Contract, str], Contract]) -> Artifact:
    artifact = Artifact.open(path)
    narrow(artifact.contract, str(path))
    if runtime_for(artifact.model_path).name not in RUNTIMES:
        raise InputError(
            f"a bundle holds TFLite models or ncnn's, this one is {artifact.manifest.target}",
            where=str(path),
            fix="export it with --target tflite-int8 or ncnn-fp32",
        )
    return artifact


def _runtime(models: Mapping[str, Artifact]) -> str:
    """The runtime of both models.

    Raises:
        InputError: they are for different ones.
    """
    found = {runtime_for(artifact.model_path).name for artifact in models.values()}
    if len(found) > 1:
        targets = " and ".join(artifact.manifest.target for artifact in models.values())
        raise InputError(
            f"a bundle's models are for one runtime, these are {targets}",
            where=str(models["recognizer"].folder),
            fix="export both for one of them",
        )
    return found.pop()


def _settings(models: dict[str, Artifact], board: Board) -> dict[str, Any]:
    threshold = match_threshold(models["recognizer"]) if "recognizer" in models else None
    settings: dict[str, Any] = {
        "format": 1,
        "edgeface": __version__,
        "device": asdict(board),
        "thresholds": {
            "face": detection(models["detector"].contract).score_threshold,
            "match": None if threshold is None else threshold.cosine,
            "match_source": None if threshold is None else threshold.source,
        },
        "recognizer": None,
        "runtime": runtime_settings(models, board.name),
        "predicted": predicted_settings(models, board.name),
    }
    for task, artifact in models.items():
        manifest = artifact.manifest.model_dump(mode="json")
        facts = {key: manifest[key] for key in ("name", "target", "io", "macs", "model_sha256", "contract", "versions")}
        packed = packed_name(task, artifact, artifact.model_path)
        settings[task] = facts | {"model": packed, "sources": _without_names(manifest["sources"])}
    return settings


def _programs(decoder: str) -> dict[str, bytes]:
    """The runner, and the programs and files next to it, without examples."""
    files = runner_files(decoder)
    for path in sorted(SOURCES.rglob("*")):
        if path.is_file() and path.relative_to(SOURCES).parts[0] not in FOLDERS:
            files[path.relative_to(SOURCES).as_posix()] = read_file(path, OWN)
    return files


def _tell(files: dict[str, bytes], facts: Mapping[str, str]) -> None:
    """Write facts of the board in the place of the words that stand for them."""
    for name in _WITH_FACTS & files.keys():
        text = files[name].decode("utf-8")
        for word, fact in facts.items():
            text = text.replace(word, fact)
        files[name] = text.encode("utf-8")


def _licences(given: Sequence[Path]) -> dict[str, bytes]:
    files = {"LICENSES/edgeface.txt": _own_licence()}
    for path in given:
        content = read_file(path, LICENCE)
        name = f"LICENSES/{path.name}"
        if name in files:
            raise InputError("a licence of that name exists already", where=str(path))
        files[name] = content
    return files


def _own_licence() -> bytes:
    """Edgeface's licence, from the installed package or from the source tree."""
    in_source = _HERE.parents[1] / "LICENSE"
    if in_source.is_file():
        return read_file(in_source, OWN)
    text = metadata.distribution("edgeface").read_text("licenses/LICENSE")
    if text is None:
        raise InputError("edgeface's own licence is missing", fix="install edgeface again")
    return text.encode("utf-8")


def _without_names(document: Any) -> Any:
    """A document without its lists of images: file names may be people's names, and a bundle is distributed."""
    if isinstance(document, dict):
        return {key: _without_names(value) for key, value in document.items() if key != "files"}
    if isinstance(document, list):
        return [_without_names(item) for item in document]
    return document


def _json(document: Any) -> bytes:
    return (json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode("utf-8")
