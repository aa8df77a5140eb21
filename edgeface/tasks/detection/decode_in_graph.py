"""Detectors whose contract says that the graph decodes its own outputs."""

from __future__ import annotations

from dataclasses import dataclass

from edgeface.contracts import BaseContract, DetectionContract
from edgeface.tasks.detection.decoders import undecoded
from edgeface.tasks.detection.decoding import Decoder
from edgeface.tasks.detection.detect import decoding_of


@dataclass(frozen=True)
class DecodeInGraph:
    """A contract of decoded outputs: its decoder, and decoders of what may stand in front of the decode."""

    contract: DetectionContract
    decoder: Decoder
    before: tuple[Decoder, ...]


def decode_in_graph(contract: BaseContract) -> DecodeInGraph | None:
    """What a contract's decoder leaves to the graph; None if nothing, or if the contract is no detector's.

    Raises:
        ContractError: the contract's decoder cannot be opened.
    """
    if not isinstance(contract, DetectionContract):
        return None
    decoder = decoding_of(contract).decoder
    before = undecoded(contract.decoder, decoder)
    return DecodeInGraph(contract, decoder, before) if before else None
