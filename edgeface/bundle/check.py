"""Verification of a bundle on the host, from its archive or its unpacked folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from edgeface.bundle.archive import open_archive, read_archive
from edgeface.bundle.face_runner.errors import Refused, RunnerError
from edgeface.bundle.face_runner.integrity import Problem, read_folder
from edgeface.bundle.face_runner.verification import Verification, verify_files
from edgeface.errors import InputError
from edgeface.reading.regular_file import is_folder


def verify_bundle(path: Path, key: Path | None = None, golden: bool = True) -> Verification:
    """The verification of a bundle; nothing is written.

    Args:
        path: the archive, or the folder that it was unpacked into.
        key: public key that must have signed it; None accepts a bundle with any signature or none.
        golden: also run the golden images, after every file has been verified.

    Returns:
        The result; a malformed bundle is a problem in it, not an error.

    Raises:
        InputError: there is no such file, or the key is not usable.
    """
    try:
        if is_folder(path):
            return verify_files(read_folder(path), key, golden)
        return verify_archive(read_archive(path), str(path), key, golden)
    except Refused as error:
        return Verification(0, "not checked", None, (Problem(error.where or str(path), error.what),))
    except RunnerError as error:
        raise InputError(error.what, where=error.where, fix=error.fix) from error


def verify_archive(data: bytes, where: str, key: Path | None = None, golden: bool = True) -> Verification:
    """The verification of an archive's bytes. Arguments as of `verify_bundle`; `where` is its name in problems.

    Raises:
        Refused: the files in it cannot be separated.
        RunnerError: the key is not usable.
    """
    files, problems = open_archive(data, where)
    if not problems:
        return verify_files(files, key, golden)
    report = verify_files(files, key, golden=False)
    # Damage to a file also changes the archive's checksum: only the file is reported.
    return replace(report, problems=report.problems or tuple(problems))
