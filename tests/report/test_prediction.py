"""The description of a prediction: every value of the record is shown, and that nothing was measured."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edgeface.core.prediction_record import CandidateRecord, Predicted, PredictionRecord
from edgeface.report.page import Gallery
from edgeface.report.prediction import prediction
from edgeface.report.render import render

LITERT = Predicted(
    runtime="litert",
    version="2.3.0",
    core="a72",
    threads=2,
    low_ms=18,
    expected_ms=26,
    high_ms=34.7,
    fitted_ms=34.7,
    bound="arithmetic",
    evidence="fitted to 33 networks",
    caveats=("an idle board",),
)
OLD = LITERT.model_copy(update={"runtime": "tflite-runtime", "version": "2.14.0", "fitted_ms": 42.334})
RECORD = PredictionRecord(
    model_sha256="0" * 64, device="rk3399", title="Rockchip RK3399", cores=(4, 5), threads=2, predictions=(LITERT, OLD)
)
CANDIDATES = (
    CandidateRecord(target="tflite-int8", gate="passed", predicted=LITERT, chosen=True),
    CandidateRecord(target="ncnn-int8", gate="refused", why="matched 80 %", predicted=OLD),
    CandidateRecord(target="onnx-int8", gate="not built", why="no lowering"),
)


def cells(table):
    return [[cell if isinstance(cell, str) else cell.text for cell in row] for row in table.rows]


def test_the_lead_has_value_range_runtime_and_cores_and_says_that_it_is_no_measurement():
    lead = prediction(RECORD).lead
    assert lead.startswith("A prediction from counts on an emulated core, not a measurement: ")
    assert "LiteRT 2.3.0 on A72×2 takes about 26 (18–34.7) ms for one inference, 38 a second." in lead
    assert lead.endswith("tflite-runtime 2.14.0 takes 1.22 × as long by the same counts.")


def test_the_table_has_a_row_for_each_runtime_and_the_evidence_stands_below_once():
    shown = prediction(RECORD)
    (table,) = shown.tables
    assert cells(table)[0] == ["LiteRT 2.3.0", "A72×2", "26", "18–34.7", "34.7", "38.5", "arithmetic"]
    assert cells(table)[1][0] == "tflite-runtime 2.14.0"
    assert (shown.evidence, shown.caveats) == (("Fitted to 33 networks.",), ("An idle board.",))


def test_the_choice_has_every_candidate_with_its_gate_and_reason():
    shown = prediction(RECORD.model_copy(update={"candidates": CANDIDATES, "why": "it is the quickest"}))
    assert cells(shown.tables[1]) == [
        ["tflite-int8", "passed", "26 (18–34.7)", "LiteRT 2.3.0, A72×2", "chosen"],
        ["ncnn-int8", "refused", "26 (18–34.7)", "tflite-runtime 2.14.0, A72×2", "matched 80 %"],
        ["onnx-int8", "not built", "–", "–", "no lowering"],
    ]
    assert [row[1].state for row in shown.tables[1].rows] == ["good", "bad", "bad"]
    assert shown.lead.endswith(" It is the quickest.")


def test_without_a_prediction_the_reason_is_shown_and_no_figure():
    found = RECORD.model_copy(update={"predictions": (), "missing": "the emulator is missing; run x", "why": "a first"})
    shown = prediction(found)
    assert shown.lead == "Nothing was predicted for Rockchip RK3399: the emulator is missing; run x. A first."
    assert (shown.tables, shown.tile, shown.evidence) == ((), None, ())


def test_an_export_for_no_board_shows_nothing(page):
    assert prediction(None) is None
    assert "predicted" not in render("report.html", page=page(Gallery("", missing="none")))


@pytest.mark.parametrize("title", ["Rockchip RK3399", "A <board> & more"])
def test_the_report_shows_it_escaped_and_reachable(page, title):
    found = RECORD.model_copy(update={"title": title, "candidates": CANDIDATES})
    shown = replace(page(Gallery("", missing="none")), prediction=prediction(found))
    html = render("report.html", page=shown)
    assert 'href="#predicted"' in html
    assert 'id="predicted"' in html
    assert "26 (18–34.7)" in html
    assert "not a measurement" in html
    assert "<board>" not in html


def test_the_tile_says_predicted_and_not_measured():
    tile = prediction(RECORD).tile
    assert (tile.label, tile.figure) == ("predicted on Rockchip RK3399", "26 ms")
    assert tile.note == "18–34.7 ms, LiteRT 2.3.0, A72×2; not measured"
