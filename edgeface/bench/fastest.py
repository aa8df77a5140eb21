"""Which of the measured artifacts is the fastest of those that passed their gates, and which are as fast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from edgeface.bench.rounds import Samples, ratio

Gate = Literal["passed", "refused", "no certificate"]

SAME = 1.02
"""Below this ratio no difference is measured: two processes with one and the same model differ by as much."""


@dataclass(frozen=True)
class Against:
    """An artifact against the fastest: the ratio of its time to the fastest's, with a bootstrap 95 % interval."""

    label: str
    gate: Gate
    ratio: float
    low: float
    high: float

    @property
    def differs(self) -> bool:
        """Whether it is slower, or faster, beyond what is noise."""
        return self.low > SAME or self.high < 1 / SAME


@dataclass(frozen=True)
class Fastest:
    """The fastest artifact at one number of threads and batch size.

    Attributes:
        label: the artifact.
        gate: "passed"; another only if no artifact here passed.
        threads, batch: the setting.
        others: every other artifact, in order of time.
    """

    label: str
    gate: Gate
    threads: int
    batch: int
    others: tuple[Against, ...]


def fastest(samples: Mapping[str, Samples], gates: Mapping[str, Gate], threads: int = 1, batch: int = 1) -> Fastest:
    """The fastest of artifacts that were measured in the same rounds.

    Args:
        samples: of each artifact, by label; at least one.
        gates: of each artifact.
        threads: with how many they were measured.
        batch: of how many images.
    """
    labels = list(samples)
    allowed = [label for label in labels if gates[label] == "passed"] or labels
    first = samples[labels[0]]
    against_first = {label: ratio(samples[label], first).value for label in labels}
    best = min(allowed, key=lambda label: against_first[label])
    others = [_against(label, gates[label], samples[label], samples[best]) for label in labels if label != best]
    return Fastest(best, gates[best], threads, batch, tuple(sorted(others, key=lambda each: each.ratio)))


def _against(label: str, gate: Gate, samples: Samples, best: Samples) -> Against:
    found = ratio(samples, best)
    return Against(label, gate, found.value, found.low, found.high)


def sentence(found: Fastest, where: str) -> str:
    """What was found: the fastest, what is as fast, what is slower, and what nobody judged.

    Args:
        found: the fastest.
        where: the processor, for the sentence.
    """
    batch = f", batch {found.batch}" if found.batch > 1 else ""
    setting = f"{found.threads} thread{'s' if found.threads > 1 else ''}{batch}"
    judged = "" if found.gate == "passed" else ", though no certificate here says that its artifact still works"
    marked = found.gate == "passed"  # else all are alike in that
    said = [f"fastest on {where}, {setting}: {found.label}{judged}"]
    same = [each for each in found.others if not each.differs]
    if same:
        said.append(f"no difference measured to {_joined(same, marked)}")
    slower = [each for each in found.others if each.differs and each.ratio > 1]
    if slower:
        said.append(f"slower: {_joined(slower, marked)}")
    quicker = [each for each in found.others if each.differs and each.ratio < 1]
    if quicker:
        said.append(f"faster, but not to ship as it is: {_joined(quicker, found.gate == 'passed')}")
    return "; ".join(said)


def _joined(found: Sequence[Against], marked: bool) -> str:
    return ", ".join(
        f"{each.label} {each.ratio:.2f} × [{each.low:.2f}, {each.high:.2f}]"
        + (f" ({_lacks(each.gate)})" if marked and each.gate != "passed" else "")
        for each in found
    )


def _lacks(gate: Gate) -> str:
    return "no certificate: not judged" if gate == "no certificate" else "refused by its gate"
