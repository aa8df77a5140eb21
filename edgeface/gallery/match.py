"""A person of a gallery, and how similar their face is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Match:
    """The person of a gallery whose face is most similar, and the cosine of the two embeddings."""

    name: str
    similarity: float
