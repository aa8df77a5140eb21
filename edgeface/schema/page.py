"""The page of the documentation that lists the fields of every document."""

from __future__ import annotations

from itertools import groupby

from edgeface.schema.documents import DOCUMENTS, Document, fields

PAGE = "integration/fields.md"
_TOP = """# Files field by field

Written by `python -m edgeface.schema docs` from the schemas, which `edgeface schema NAME` prints: JSON Schema 2020-12,
`$id` `urn:edgeface:schema:NAME:FORMAT`. Within a format keys are only added: a reader should leave alone what it does
not know. [manifest.md](manifest.md) says how the manifest is used, [certificate.md](../certificate.md) what the
certificate's figures mean.
"""


def fields_page() -> str:
    """The page, in Markdown."""
    return "\n".join([_TOP, *map(_section, DOCUMENTS.values())])


def _section(document: Document) -> str:
    lines = [f"## `{document.file}`", "", f"Format {document.format}; schema `{document.name}`.", ""]
    for model, rows in groupby(fields(document), key=lambda row: row[0]):
        if model != document.model.__name__:
            lines += [f"### `{model}` in `{document.file}`", ""]
        lines += ["| field | means |", "|---|---|"]
        lines += [f"| `{key}` | {words} |" for _, key, words in rows]
        lines.append("")
    return "\n".join(lines)
