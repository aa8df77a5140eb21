"""What is shown of targets on a class of processors."""

from __future__ import annotations

from edgeface.core.processor_record import ProcessorRecord, TargetRecord, Took
from edgeface.report.processor import processor


def record(*targets, basis="measured here", why="b is the quickest"):
    return ProcessorRecord(
        model_sha256="0" * 64,
        device="here",
        title="this processor",
        basis=basis,
        evidence="measured on a core",
        targets=targets,
        why=why,
    )


def took(ratio):
    return Took(ratio=ratio, low=ratio - 0.01, high=ratio + 0.01, ms=10 * ratio)


SLOW = TargetRecord(target="a", gate="not judged", took=took(0.8), why="1.60 × as long", model_bytes=2000)
QUICK = TargetRecord(target="b", gate="passed", took=took(0.5), chosen=True, model_bytes=1000)


def test_the_quickest_stands_first_with_ratio_interval_time_and_size():
    shown = processor(record(SLOW, QUICK))
    (table,) = shown.tables
    assert [row[0] for row in table.rows] == ["b", "a"]
    assert table.rows[0][2:] == ("0.50", "0.49–0.51", "5", "1", "quickest")
    assert table.caption == "Targets on this processor, measured here"
    assert (shown.lead, shown.measured) == ("B is the quickest.", True)


def test_targets_without_a_time_stand_below_with_each_reason_once():
    lacking = [TargetRecord(target=f"x-{name}", gate="not judged", why="not installed") for name in "yz"]
    shown = processor(record(QUICK, *lacking))
    assert len(shown.tables[0].rows) == 1
    assert shown.evidence == ("Measured on a core.", "x-y (not judged), x-z (not judged): not installed.")


def test_a_prediction_has_no_milliseconds_and_is_none_that_was_measured():
    predicted = TargetRecord(target="b", gate="passed", took=Took(ratio=0.5, low=0.4, high=0.6), chosen=True)
    shown = processor(record(predicted, basis="predicted"))
    assert shown.tables[0].rows[0][4:6] == ("–", "–")
    assert not shown.measured


def test_where_nothing_is_known_there_is_no_table():
    shown = processor(record(TargetRecord(target="b", gate="passed"), basis="not known", why=""))
    assert shown.tables == ()
    assert shown.lead == "No target is known to be quicker on this processor."
