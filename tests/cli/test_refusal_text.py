from __future__ import annotations

import pytest

from edgeface.cli.error_text import format_error
from edgeface.core.style import plain
from edgeface.core.wrapping import display_width
from edgeface.errors import GateError, Refused, WorstTensor

MISSED = (("minimum output SNR", "20.7 dB", "≥ 150 dB"), ("faces lost", "9", "≤ 1"))
FLOAT = ("quantize.keep_float", "/body/stage2/Conv")
WORST = (
    WorstTensor("Conv /body/stage2/Conv", 12.5, 30.0, "compute it in float", FLOAT),
    WorstTensor("Conv /stem/Conv", 14.0, None, "it is in float already: mend what its inputs lose"),
)


def refusal(worst=WORST):
    shown = Refused("tflite-int8", 9, MISSED, worst)
    return GateError("tflite-int8 is not good enough: all of it", where="w", fix="calibrate on more", refused=shown)


@pytest.mark.parametrize("width", ["60", "80", "120"])
def test_a_refusal_is_a_line_two_tables_their_cure_and_the_report(monkeypatch, width):
    monkeypatch.setenv("COLUMNS", width)
    text = plain(format_error(refusal()))
    first, *rest = text.splitlines()
    assert first == "error: tflite-int8 is not good enough: 2 of 9 requirements are missed"
    assert max(map(display_width, rest[:-2])) <= int(width)
    said = " ".join(text.split())
    for part in (
        "minimum output SNR 20.7 dB ≥ 150 dB",
        "12.5",
        "30.0",
        "exact",
        "calibrate on more",
        "--refused-report",
    ):
        assert part in said
    assert '    [quantize.keep_float]\n    "/body/stage2/Conv" = "refused without"\n' in text


def test_without_readable_tensors_there_is_no_table_of_them():
    text = plain(format_error(refusal(())))
    assert "loses the most" not in text
    assert "my.toml" not in text


def test_a_report_that_was_written_is_named_and_in_the_document():
    error = refusal()
    error.report = "refused.html"
    assert plain(format_error(error)).endswith("  report: refused.html")
    document = error.as_dict()
    assert document["report"] == "refused.html"
    assert document["refused"]["worst"][0]["snr_db"] == 12.5
    assert document["what"] == error.what


def test_a_refusal_that_knows_no_tensors_is_an_error_like_others():
    assert format_error(GateError("too few faces", fix="more")).endswith("too few faces\n  fix:   more")
