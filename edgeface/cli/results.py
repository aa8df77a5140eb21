"""Results of a command that looks at many images: printed as they come, or as one document at the end."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Literal

import typer

from edgeface.cli.reporting import BAD_INPUT, json_line, print_json
from edgeface.core import progress
from edgeface.core.visible import visible
from edgeface.errors import EdgefaceError, InputError, WriteError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from edgeface.images.frames import Frame
    from edgeface.images.sources import Source

Form = Literal["text", "json", "jsonl"]


def form_of(json_output: bool, lines: bool) -> Form:
    """How results are printed.

    Raises:
        InputError: both kinds of JSON are wanted.
    """
    if json_output and lines:
        raise InputError("--json is one document, --jsonl a line for each image", fix="leave one of them out")
    return "json" if json_output else "jsonl" if lines else "text"


class Results:
    """Results, printed or collected.

    Args:
        form: lines of text, one JSON document, or lines of JSON. Only a document is held in memory.
    """

    def __init__(self, form: Form) -> None:
        self.form = form
        self.count = 0
        self._records: list[dict[str, Any]] = []
        self._failed: list[dict[str, Any]] = []
        self._stdout = sys.stdout  # a bar replaces it while it is shown

    def shown(self) -> AbstractContextManager[None]:
        """Progress inside the block, unless results scroll through the same terminal."""
        scrolls = self.form != "json" and self._stdout.isatty()
        return progress.quiet() if scrolls else nullcontext()

    def add(self, record: dict[str, Any], text: str | None) -> None:
        """Take a result: its record for JSON, and its line of text, if it has one."""
        self.count += 1
        if self.form == "json":
            self._records.append(record)
        elif self.form == "jsonl":
            print(json_line(record), file=self._stdout, flush=True)
        else:
            self.say(text)

    def say(self, text: str | None) -> None:
        """Print a line where results are text."""
        if text is not None and self.form == "text":
            print(text, file=self._stdout, flush=True)

    @contextmanager
    def failures(self, source: Source) -> Iterator[None]:
        """Report that an image or video cannot be used, and go on; what cannot be written ends the command."""
        try:
            yield
        except WriteError:
            raise
        except InputError as error:
            self._fail(source, error)

    def end(self, summary: str, **document: Any) -> None:
        """Print what comes at the end.

        Raises:
            typer.Exit: with 2, if something could not be used.
        """
        if self.form == "json":
            print_json({"results": self._records, "failed": self._failed, **document})
        else:
            self.say(f"\n{summary}" if self.count else summary)
        if self._failed:
            names = "one input" if len(self._failed) == 1 else f"{len(self._failed)} inputs"
            print(f"error: {names} could not be used, as said above", file=sys.stderr)
            raise typer.Exit(BAD_INPUT)

    def _fail(self, source: Source, error: EdgefaceError) -> None:
        record = {source.kind: str(source.path), "error": error.as_dict()}
        self._failed.append(record)
        if self.form == "jsonl":
            print(json_line(record), file=self._stdout, flush=True)
        where = visible(error.where or str(source.path))
        print(f"left out: {where}: {visible(error.what)}", file=sys.stderr, flush=True)


def record_of(source: Source, height: int, width: int, frame: Frame | None = None) -> dict[str, Any]:
    """What every record of an image or a frame begins with."""
    of_frame = {} if frame is None else {"frame": frame.index, "time_s": round(frame.time_s, 6)}
    return {source.kind: str(source.path), **of_frame, "height": height, "width": width}
