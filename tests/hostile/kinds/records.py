"""What stands beside an artifact's model for reports: what judging showed, and what boards measured."""

from __future__ import annotations

import json
from typing import Any

from tests.hostile import left_records
from tests.hostile.case import Case, Kind
from tests.hostile.damage import damaged
from tests.hostile.draw import Draw
from tests.hostile.kinds.artifacts import MODEL, folder_of, models
from tests.hostile.values import json_bytes, lied, not_finite


def make(draw: Draw) -> Case:
    """An artifact one of whose records lies, or is damaged."""
    files = folder_of("detection")
    records = left_records.files(files[MODEL])
    name = draw.one(sorted(records))
    if draw.chance(0.7):
        changed, note = lied(draw, json.loads(records[name]))
        records[name] = json_bytes(changed)
    else:
        records[name], note = damaged(draw, records[name], records[left_records.BOARD])
    return Case(f"{name}: {note}", {**files, **records}, left_records.shown, _wrong)


def _wrong(answer: Any) -> str | None:
    return f"{answer['page']} scripts in the page" if answer["page"] else not_finite(answer)


def _prepared() -> None:
    import tempfile
    from pathlib import Path

    models()
    with tempfile.TemporaryDirectory() as folder:
        files = folder_of("detection")
        for name, content in {**files, **left_records.files(files[MODEL])}.items():
            (Path(folder) / name).write_bytes(content)
        answer = left_records.shown(Path(folder))
        assert _wrong(answer) is None
        assert answer["boxes"]
        assert answer["times"]


KIND = Kind(make, share=20, prepare=_prepared)
