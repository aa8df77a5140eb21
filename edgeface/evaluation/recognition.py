"""Evaluation of recognizers on pairs of images: alone, against a reference, or as gallery and probe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edgeface.contracts import recognition
from edgeface.core.artifact import Artifact
from edgeface.core.blas_threads import one_blas_thread
from edgeface.engine.local import HERE
from edgeface.engine.task import Engine
from edgeface.errors import InputError
from edgeface.evaluation.cache import Cache
from edgeface.evaluation.cache_blocks import Rows
from edgeface.evaluation.change import Change, compare
from edgeface.evaluation.compute import compute
from edgeface.evaluation.verification import Verification, pair_scores, verify
from edgeface.evaluation.work import EmbedWork, open_recognition
from edgeface.reading.existing import refuse_missing
from edgeface.tasks.recognition.pairs import Pairs, find_images, read_pairs


class Embeddings(Mapping[str, Rows]):
    """[1,width] by the image's path in the pairs, or [0,width] where there is no face; each is read when asked for.

    Args:
        places: of the paths in the table.
        table: the rows.
    """

    def __init__(self, places: Mapping[str, int], table: Sequence[Rows]) -> None:
        self._places, self._table = places, table

    def __getitem__(self, name: str) -> Rows:
        """The rows of a path."""
        return self._table[self._places[name]]

    def __iter__(self) -> Iterator[str]:
        """The paths."""
        return iter(self._places)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._places)


@dataclass(frozen=True)
class RecognitionRequest:
    """The recognizers to evaluate, and the data.

    Attributes:
        pairs: the list of pairs.
        images: the folder that the pairs' paths start from.
        recognizer: embeds both images of a pair; with `probe` it embeds only the first.
        detector: finds the main face; None for images that are aligned faces.
        reference: a recognizer to compare with.
        probe: a recognizer that embeds the second image of each pair.
        far: false accept rate, above 0 and below 1.
        cache: file or folder for cached embeddings.
        engine: computes embeddings.
    """

    pairs: Path
    images: Path
    recognizer: Path
    detector: Path | None = None
    reference: Path | None = None
    probe: Path | None = None
    far: float = 1e-3
    cache: Path | None = None
    engine: Engine = HERE


@dataclass(frozen=True)
class EmbeddingCosines:
    """Cosines between two recognizers' embeddings of the same face, over all images with one.

    `lowest` is the image whose embeddings differ most.
    """

    mean: float
    minimum: float
    lowest: str
    images: int


@dataclass(frozen=True)
class RecognitionEvaluation:
    """Results of an evaluation.

    Attributes:
        pairs: the pairs.
        images: number of images in them.
        without_face: those that show no face, as the pairs name them.
        faceless_pairs: pairs with such an image; they score −1.
        verifications: the requested one, then those that it is compared with.
        changes: from each of the others to the first.
        cosines: between the two artifacts' embeddings, where there are two of one width.
    """

    pairs: Pairs
    images: int
    without_face: tuple[str, ...]
    faceless_pairs: int
    verifications: tuple[Verification, ...]
    changes: tuple[Change, ...] = ()
    cosines: EmbeddingCosines | None = None

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        same = int(self.pairs.same.sum())
        cosines = self.cosines
        return {
            "task": "recognition",
            "pairs": {
                "file": str(self.pairs.path),
                "kind": self.pairs.kind,
                "same": same,
                "different": len(self.pairs.pairs) - same,
                "folds": len(np.unique(self.pairs.folds)),
                "images": self.images,
            },
            "without_face": {"images": list(self.without_face), "pairs": self.faceless_pairs},
            "verifications": [item.as_dict() for item in self.verifications],
            "changes": [item.as_dict() for item in self.changes],
            "embedding_cosines": None
            if cosines is None
            else {
                "mean": cosines.mean,
                "min": cosines.minimum,
                "lowest": cosines.lowest,
                "images": cosines.images,
            },
        }


@one_blas_thread()
def evaluate_recognition(request: RecognitionRequest) -> RecognitionEvaluation:
    """The evaluation of the pairs; every image is embedded once.

    Raises:
        InputError: a file or artifact cannot be used, images are missing, two recognizers that must match have
            different embedding widths, or no image shows a face.
        EdgefaceError: an artifact fails.
    """
    other = request.probe or request.reference
    if request.probe is not None and request.reference is not None:
        raise InputError("a probe artifact and a reference exclude each other", fix="leave one of them out")
    probed = request.probe is not None
    refuse_missing(
        {
            "--gallery-artifact" if probed else "--recognizer": request.recognizer,
            "--probe-artifact" if probed else "--reference": other,
            "--detector": request.detector,
            "--pairs": request.pairs,
            "--images": request.images,
        }
    )
    paths = [request.recognizer] if other is None else [request.recognizer, other]
    artifacts = [open_recognition(path) for path in paths]
    labels = _labels([artifact.folder for artifact in artifacts])
    if request.probe is not None:
        _check_widths(artifacts)
    pairs = read_pairs(request.pairs)
    files = find_images(pairs, request.images)
    work = EmbedWork(tuple(paths), request.detector)
    rows = compute(work, list(files.values()), Cache(request.cache), request.engine, "embedding")
    places = {name: place for place, name in enumerate(files)}
    embedded = [Embeddings(places, part) for part in rows]
    faceless = {name for name, vector in embedded[0].items() if not len(vector)}
    if len(faceless) == len(files):
        raise InputError("no image shows a face", where=str(request.images), fix="use images of faces")
    verifications = _verify(request, pairs, embedded, labels)
    return RecognitionEvaluation(
        pairs,
        len(files),
        tuple(sorted(faceless)),
        sum(pair.first in faceless or pair.second in faceless for pair in pairs.pairs),
        verifications,
        tuple(compare(reference, verifications[0], pairs) for reference in verifications[1:]),
        _cosines(embedded),
    )


def _verify(
    request: RecognitionRequest, pairs: Pairs, embedded: Sequence[Embeddings], labels: Sequence[str]
) -> tuple[Verification, ...]:
    def one(label: str, first: Embeddings, second: Embeddings) -> Verification:
        scores = pair_scores((first[pair.first] for pair in pairs.pairs), (second[pair.second] for pair in pairs.pairs))
        return verify(label, scores, pairs, request.far)

    alone = [one(label, item, item) for label, item in zip(labels, embedded, strict=True)]
    if request.probe is None:
        return tuple(alone)
    return (one(f"{labels[0]} × {labels[1]}", embedded[0], embedded[1]), *alone)


def _cosines(embedded: Sequence[Embeddings]) -> EmbeddingCosines | None:
    if len(embedded) < 2:
        return None
    first, second = embedded
    names = [name for name in first if len(first[name])]
    if first[names[0]].shape != second[names[0]].shape:
        return None  # two different models, whose embeddings cannot be compared
    cosines = pair_scores((first[name] for name in names), (second[name] for name in names))
    lowest = int(cosines.argmin())
    return EmbeddingCosines(float(cosines.mean()), float(cosines[lowest]), names[lowest], len(names))


def _labels(folders: Sequence[Path]) -> list[str]:
    """Folder names, or whole paths where those are equal."""
    names = [folder.resolve().name for folder in folders]
    return names if len(set(names)) == len(names) else [str(folder) for folder in folders]


def _check_widths(artifacts: Sequence[Artifact]) -> None:
    widths = [recognition(artifact.contract).width for artifact in artifacts]
    if len(set(widths)) > 1:
        raise InputError(
            f"embeddings of {widths[0]} numbers cannot be matched with embeddings of {widths[1]}",
            where=", ".join(str(artifact.folder) for artifact in artifacts),
            fix="use two artifacts of one model for gallery and probe",
        )
