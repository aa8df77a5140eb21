"""`edgeface report`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgeface.cli.options import Json
from edgeface.cli.reporting import print_json
from edgeface.cli.table import format_table
from edgeface.core.description import Mark

if TYPE_CHECKING:
    from edgeface.report.collect import Collection

EXAMPLES = ("edgeface report out",)

_INDEX = "index.html"


def report(
    folder: Annotated[Path, typer.Argument(help="A folder that contains artifacts, at any depth up to four.")],
    out: Annotated[Path | None, typer.Option(help="The file to write; by default index.html in the folder.")] = None,
    json_output: Json = False,
) -> None:
    """Merge many artifacts into one page: models by targets.

    The page links to the report.html that each export wrote. Artifacts up to four folders deep are found.
    """
    from edgeface.report.collect import collect
    from edgeface.report.matrix import document, render_matrix
    from edgeface.report.write_page import write_page

    found = collect(folder)
    path = out if out is not None else folder / _INDEX
    write_page(path, render_matrix(found, path))
    if json_output:
        print_json(document(found, path))
    else:
        print(_text(found))
        print(f"\nwritten: {path}")


def _text(found: Collection) -> str:
    rows = [
        (
            str(entry.artifact.folder),
            Mark(entry.verdict.headline, entry.verdict.state),
            "–" if entry.accuracy is None else f"{entry.accuracy.label} {entry.accuracy.figure}",
            f"{entry.artifact.manifest.model_bytes / 1e3:.1f}",
            "–" if entry.timed is None else f"{entry.timed['ratio']:.2f}",
        )
        for entry in found.entries
    ]
    table = format_table(("artifact", "verdict", "decisions", "kB", "× fp32's latency"), rows, left=3)
    problems = [f"not usable: {problem.folder}: {problem.reason}" for problem in found.problems]
    return "\n".join([table, *problems])
