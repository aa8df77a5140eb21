"""Drift of a recognizer's embeddings."""

from __future__ import annotations

from collections.abc import Mapping

from edgeface.contracts import RecognitionContract
from edgeface.graph.types import Array
from edgeface.tasks.drift import Drift
from edgeface.tasks.recognition.agreement import compare_embeddings
from edgeface.tasks.recognition.embedding import embedding_of


def embedding_drift(
    wanted: Mapping[str, Array], got: Mapping[str, Array], contract: RecognitionContract
) -> dict[str, Drift]:
    """One minus the cosine of both embeddings, which grows with the square of the noise.

    Args:
        wanted: the reference's outputs for one face.
        got: the candidate's.
        contract: of both.
    """
    pair = (embedding_of(outputs, contract) for outputs in (wanted, got))
    (cosine,) = compare_embeddings(*pair).cosines
    return {"identity": Drift(1.0 - cosine, 1, squared=True)}
