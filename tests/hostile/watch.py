"""What becomes of one input: accepted, refused, or one of the ways to fail."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edgeface.errors import EdgefaceError
from tests.hostile.case import Case

MAX_CPU_S = 2.0
MAX_PEAK_MB = 300.0
_SHOWN = 400


@dataclass(frozen=True)
class Outcome:
    """What one input came to.

    Attributes:
        state: "accepted", "refused", or a failure: "foreign exception", "wrong verdict", "unstable answer",
            "slow", "large", "signal", "hang".
        said: the error, answer or complaint, cut.
        cpu_s: seconds of processor time in the door.
        peak_mb: memory above what was in use before.
    """

    state: str
    said: str
    cpu_s: float
    peak_mb: float
    note: str = ""

    @property
    def failed(self) -> bool:
        """Whether this must not happen."""
        return self.state not in {"accepted", "refused"}

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def watch(case: Case, folder: Path, twice: bool) -> Outcome:
    """Write a case's files into a new folder, go through its door, and judge.

    Args:
        case: the input.
        folder: made and removed here.
        twice: whether to go through the door a second time, which must give the same.
    """
    try:
        _write(case, folder)
        before = _reset_peak()
        begin = time.process_time()
        state, said, answer = _through(case, folder)
        cpu_s = time.process_time() - begin
        peak_mb = max(_status_kb("VmHWM") - before, 0) / 1024
        if state == "accepted":
            complaint = case.wrong(answer)
            if complaint is not None:
                state, said = "wrong verdict", complaint
        if twice and state in {"accepted", "refused"}:
            _write(case, folder)
            again = _through(case, folder)
            if again[:2] != (state, said):
                state, said = "unstable answer", f"{said!r}, then {again[1]!r}"
        if state in {"accepted", "refused"} and cpu_s > MAX_CPU_S:
            state = "slow"
        if state in {"accepted", "refused"} and peak_mb > MAX_PEAK_MB:
            state = "large"
        return Outcome(state, said, round(cpu_s, 4), round(peak_mb, 1), case.note)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _through(case: Case, folder: Path) -> tuple[str, str, Any]:
    try:
        answer = case.open(folder)
    except EdgefaceError as error:
        return "refused", str(error)[:_SHOWN], None
    except Exception as error:  # what the campaign is there to see
        place = traceback.extract_tb(error.__traceback__)[-6:]
        way = " < ".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in reversed(place))
        return "foreign exception", f"{type(error).__name__}: {str(error)[:200]!r} at {way}", None
    return "accepted", repr(answer)[:_SHOWN], answer


def _write(case: Case, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, content in case.files.items():
        path = folder / name
        if path.parent != folder:
            path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _reset_peak() -> int:
    """Memory in use in kB; the peak is counted from here on."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return _status_kb("VmRSS")


def _status_kb(name: str) -> int:
    descriptor = os.open("/proc/self/status", os.O_RDONLY)
    try:
        text = os.read(descriptor, 1 << 16)
    finally:
        os.close(descriptor)
    at = text.index(name.encode() + b":")
    return int(text[at:].split(None, 2)[1])
