"""Findings of a comparison as text, for every command that shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgeface.cli.table import format_described

if TYPE_CHECKING:
    from edgeface.tasks.task import Task

_KINDS = {
    "images": "images",
    "composed": "images composed of two images, which show that it works and not how good it is",
    "synthetic": "synthetic images, which say nothing about faces",
}


def format_findings(document: dict[str, Any], task: Task) -> str:
    """The verdict, then the tables that the report shows too.

    Args:
        document: a certificate, or a parity report, as dictionaries.
        task: what the network is for.
    """
    from edgeface.report.findings import findings, notes
    from edgeface.report.verdict import requirements

    required = requirements(document)
    tables = (*((required,) if required else ()), *findings(document, task))
    return "\n\n".join((_verdict(document), *(format_described(table) for table in tables), *notes(document)))


def _verdict(document: dict[str, Any]) -> str:
    kind = _KINDS[document["kind"]]
    verdict = "good enough" if document["passed"] else "NOT good enough"
    if not document["requirements"]:
        verdict = "NOT judged, for no gate requires anything"
    return f"{verdict}: compared with {document['reference']} on {document['images']} {kind}"
