"""`python -m edgeface.schema [DOCS]` writes the schemas that ship, and the page of all fields in a folder `docs`."""

from __future__ import annotations

import sys
from pathlib import Path

from edgeface.core.writing import write_file
from edgeface.schema.documents import DOCUMENTS, FILES, schema_text
from edgeface.schema.page import PAGE, fields_page


def main(arguments: list[str]) -> None:
    """Write every schema, and the page."""
    for name, document in DOCUMENTS.items():
        write_file(FILES / f"{name}.json", schema_text(document))
    for docs in arguments:
        write_file(Path(docs) / PAGE, fields_page())


if __name__ == "__main__":
    main(sys.argv[1:])
