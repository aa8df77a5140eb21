"""What the formats say alike."""

from __future__ import annotations

import os
from pathlib import Path

from edgeface.budgets.judge import Result, Verdict

NOT_JUDGED = "none of its limits has a meaning for this model, so nothing says that it is within"


def sentence(result: Result) -> str:
    """A result in one line: `LFR FLOPs: 933,336,950 FLOP (933.3 MFLOP), limit ≤ …, headroom …`."""
    if result.within is None:
        return f"{result.title}: {result.value_text} (limit {result.limit_text})"
    left = "headroom" if result.within else "over: headroom"
    return f"{result.title}: {result.value_text}, limit {result.limit_text}, {left} {result.headroom_text}"


def failures(verdict: Verdict) -> list[tuple[str, str]]:
    """What keeps a verdict from being within, as (title, message); a budget that nothing could judge is among it."""
    if verdict.state == "not judged":
        return [("not judged", NOT_JUDGED)]
    return [(result.title, sentence(result)) for result in verdict.results if result.within is False]


def from_here(path: Path) -> Path:
    """A path relative to the working directory, which in CI is the repository, where it lies below it."""
    path = Path(os.path.normpath(path))
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def visible(text: str) -> str:
    r"""Text that any terminal, log or parser takes: control characters and undecodable bytes as `\x1b`."""
    return "".join(char if char.isprintable() else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # a byte of a file name that is not UTF-8 (PEP 383)
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
