import pytest
from edgeface.report.verdict import requirements, verdict

MET = {"what": "least output SNR", "limit": "≥ 10 dB", "measured": "20 dB", "met": True}
MISSED = {**MET, "met": False, "what": "faces matched"}


def certificate(**changed):
    given = {"target": "tflite-int8", "kind": "images", "images": 9, "reference": "torch float32"}
    return {**given, "requirements": [MET], "decisions": None, **changed}


@pytest.mark.parametrize(
    ("changed", "state", "headline"),
    [
        ({}, "good", "Good enough"),
        ({"kind": "synthetic"}, "unsure", "not proven on faces"),
        ({"kind": "composed"}, "unsure", "how well is not shown"),
        ({"requirements": []}, "unsure", "NOT judged"),
        ({"requirements": [MET, MISSED]}, "bad", "NOT good enough"),
        ({"requirements": [MISSED], "kind": "synthetic"}, "bad", "NOT good enough"),
    ],
)
def test_a_verdict_says_what_was_judged(changed, state, headline):
    found = verdict(certificate(**changed))
    assert found.state == state
    assert headline in found.headline
    assert found.meaning


def test_a_refusal_names_what_was_missed():
    assert "1 of 2 requirements are missed: faces matched" in verdict(certificate(requirements=[MET, MISSED])).meaning


def test_an_engine_that_was_not_run_is_not_passed_over():
    built = {"precision": {}, "run": "engine built, not run"}
    assert "built and not run" in verdict(certificate(engines=built)).meaning
    assert "not run" not in verdict(certificate(engines={**built, "on_gpu": {}})).meaning


def test_requirements_are_marked_by_word_and_state():
    table = requirements(certificate(requirements=[MET, MISSED]))
    assert table is not None
    assert [(row[3].text, row[3].state) for row in table.rows] == [("met", "good"), ("missed", "bad")]
    assert requirements(certificate(requirements=[])) is None
