"""Verification of a bundle's files: hashes, signature, golden values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgeface.bundle.face_runner.errors import Refused
from edgeface.bundle.face_runner.integrity import SIGNATURE, SUMS, Problem, check_sums
from edgeface.bundle.face_runner.signature import check_form, check_signature, read_public_key


@dataclass(frozen=True)
class Verification:
    """Results of verifying a bundle.

    `golden` is a sentence about the golden values, None where they were not run; `notes` are what is not refused, but
    should be known.
    """

    files: int
    signature: str
    golden: str | None
    problems: tuple[Problem, ...]
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether there are no problems."""
        return not self.problems

    def lines(self) -> list[str]:
        """The report as text."""
        checked = [f"files      {self.files}", f"signature  {self.signature}", f"golden     {self.golden or 'not run'}"]
        checked += [f"note       {note}" for note in self.notes]
        return (
            checked + [f"refused    {problem}" for problem in self.problems] + ([] if self.problems else ["verified"])
        )

    def as_dict(self) -> dict[str, Any]:
        """The report for JSON."""
        problems = [{"file": problem.name, "what": problem.what} for problem in self.problems]
        return {
            "passed": self.passed,
            "files": self.files,
            "signature": self.signature,
            "golden": self.golden,
            "problems": problems,
            "notes": list(self.notes),
        }


def verify_files(files: Mapping[str, bytes], key: Path | None = None, golden: bool = True) -> Verification:
    """The verification of a bundle's files by name; the models run only after every file has been verified.

    Args:
        files: by name relative to the bundle.
        key: public key that must have signed it; None accepts a bundle with any signature or none.
        golden: also run the golden images.

    Raises:
        RunnerError: the key is not usable, or no runtime runs the models.
    """
    public = None if key is None else read_public_key(key)
    problems = check_sums(files)
    signature = "none" if SIGNATURE not in files else "present, but not checked: no key was given"
    try:
        if public is not None:
            check_signature(files.get(SUMS, b""), files.get(SIGNATURE), public)
            signature = f"by key {public.name}"
        elif SIGNATURE in files:
            check_form(files[SIGNATURE])
    except Refused as error:
        signature = "refused"
        problems.append(Problem(error.where or SIGNATURE, error.what))
    if problems or not golden:
        return Verification(len(files), signature, None, tuple(problems))
    return _with_golden(files, signature)


def _with_golden(files: Mapping[str, bytes], signature: str) -> Verification:
    from edgeface.bundle.face_runner.golden import GOLDEN, check_golden
    from edgeface.bundle.face_runner.pipeline import UNUSABLE
    from edgeface.bundle.face_runner.runtime_advice import note_on
    from edgeface.bundle.face_runner.settings import BUNDLE, read_settings

    try:
        report = check_golden(files)
    except UNUSABLE as error:  # every file is the one that was packed, but not by edgeface
        problem = Problem(GOLDEN, f"the golden images cannot be run: {type(error).__name__} {error}")
        return Verification(len(files), signature, None, (problem,))
    ops = ", ".join(f"{task} {count} of {total} ops" for task, (count, total) in report.ops.items())
    summary = f"{report.runtime}, {report.kernels} kernels: {ops}, largest difference {report.worst_lsb:.3g} LSB"
    note = note_on(read_settings(files[BUNDLE]), report.runtime)
    return Verification(len(files), signature, summary, report.problems, () if note is None else (note,))
