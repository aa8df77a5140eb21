"""Targets of a benchmark made by an engine's workers, each whole: what a worker writes comes back as bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from edgeface.benchmark.making import Making, make_target
from edgeface.benchmark.record import TargetRecord
from edgeface.compile.request import ExportRequest
from edgeface.core.blas_threads import one_blas_thread
from edgeface.core.progress import quiet
from edgeface.core.temporary import temporary_folder
from edgeface.core.writing import fill_file, make_folders, write_file
from edgeface.exporting.checked import checked_request
from edgeface.images.split import Images
from edgeface.quantize.statistics import CalibrationStats
from edgeface.reading.kinds import ANY
from edgeface.reading.regular_file import is_file, read_file


@dataclass(frozen=True)
class Made:
    """A target that was made elsewhere.

    Attributes:
        record: without its time.
        files: of its artifact, by name; empty if it is not good enough.
        refused: the report of its refusal, if there is one.
    """

    record: TargetRecord
    files: Mapping[str, bytes]
    refused: bytes | None

    def unpack(self, folder: Path, refused: Path) -> None:
        """Write its artifact into a temporary folder, or the report of its refusal to its path.

        Raises:
            WriteError: it cannot be written.
        """
        if self.files:
            make_folders(folder, "the artifact")
        for name, content in self.files.items():
            fill_file(folder / name, content, "the artifact")
        if self.refused is not None:
            write_file(refused, self.refused, "the report")


@dataclass(frozen=True, eq=False)
class Judging:
    """The making of targets, as an engine's task; a part is a record with a target's name and key.

    Paths of the request and of the images have to lead to the same files on each machine, as in a shared folder.

    Attributes:
        request: of the benchmark, with targets.
        images: that calibrate and that judge.
        stats: calibration statistics; None where no target is quantized.
    """

    request: ExportRequest
    images: Images
    stats: CalibrationStats | None

    def open(self) -> Callable[[TargetRecord], Made]:
        """The computation, with the network loaded."""
        asked = checked_request(self.request)
        with quiet():
            job = asked.opened(self.images)

        def make(started: TargetRecord) -> Made:
            with quiet(), one_blas_thread(), temporary_folder() as folder:
                refused = folder / "refused.html"
                record = make_target(Making(asked, job, self.stats, folder), started, refused)
                staged = folder / asked.folder(started.target).name
                files = {}
                if record.outcome == "written":
                    files = {path.name: read_file(path, ANY) for path in sorted(staged.iterdir())}
                return Made(record, files, read_file(refused, ANY) if is_file(refused) else None)

        return make
