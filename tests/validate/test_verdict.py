from __future__ import annotations

import pytest
from pydantic import ValidationError

from edgeface.core.certificate import Certificate
from edgeface.tasks.detection.task import TASK
from edgeface.validate.describe import describe
from edgeface.validate.verdict import verdict

MET = {"what": "minimum output SNR", "limit": "≥ 10 dB", "measured": "20 dB", "met": True}
MISSED = {**MET, "met": False, "what": "faces matched"}
OPEN = {**MISSED, "unsure": "7 faces do not show it: about 158 would", "n": 7, "of": "faces", "interval": (64.6, 100.0)}
NOTHING = {**OPEN, "n": 0, "unsure": "there are no faces: at least 100 are needed", "interval": None}


def certificate(**changed):
    given = {
        "target": "tflite-int8",
        "kind": "images",
        "images": 9,
        "reference": "ONNX Runtime float32",
        "passed": True,
    }
    measured = {"tensors": {}, "kernels": {}, "versions": {}, "thresholds": {"snr_db": 10.0}, "decisions": None}
    return Certificate.model_validate({"format": 3, **given, **measured, "requirements": [MET], **changed})


@pytest.mark.parametrize(
    ("changed", "state", "headline"),
    [
        ({}, "good", "Good enough"),
        ({"kind": "synthetic"}, "unsure", "not validated on faces"),
        ({"kind": "composed"}, "unsure", "how well is not shown"),
        ({"requirements": []}, "unsure", "NOT judged"),
        ({"requirements": [MET, OPEN]}, "unsure", "how well is not shown"),
        ({"requirements": [MET, NOTHING]}, "unsure", "how well is not shown"),
        ({"format": 2}, "unsure", "how well is not shown"),
        ({"requirements": [OPEN, MISSED]}, "bad", "NOT good enough"),
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


def test_a_verdict_on_too_little_says_what_would_be_needed():
    found = verdict(certificate(requirements=[MET, OPEN]))
    assert "9 images do not decide 1 of 2 requirements. Export it again" in found.meaning
    (reason,) = found.reasons
    assert reason.startswith("faces matched: 7 faces do not show it: about 158")


def test_images_on_which_the_reference_finds_nothing_are_not_called_evidence():
    meaning = verdict(certificate(requirements=[MET, NOTHING])).meaning
    assert "fp32 itself finds nothing to compare on these 9 images" in meaning


def test_a_certificate_of_an_older_format_is_not_trusted_to_have_had_evidence():
    assert "states no evidence" in verdict(certificate(format=1)).meaning
    assert verdict(certificate(format=1, requirements=[MISSED])).state == "bad"


def test_an_engine_that_was_not_run_is_mentioned():
    built = {"precision": {}, "run": "engine built, not run"}
    assert "built and not run" in verdict(certificate(engines=built)).meaning
    assert "not run" not in verdict(certificate(engines={**built, "on_gpu": {}})).meaning


def test_requirements_are_marked_by_word_and_state():
    table = describe(certificate(requirements=[MET, MISSED, OPEN]), TASK).requirements
    assert table is not None
    assert [(row[-1].text, row[-1].state) for row in table.rows] == [
        ("met", "good"),
        ("missed", "bad"),
        ("not shown", "unsure"),
    ]
    assert table.rows[2][3:5] == ("64.6 – 100", "7 faces")
    assert describe(certificate(requirements=[]), TASK).requirements is None


def test_certificates_of_the_first_format_are_read():
    document = certificate().as_dict()
    old = {key: value for key, value in document.items() if key not in {"format", "images", "requirements", "kind"}}
    old |= {"pictures": 7, "demands": [MISSED], "kind": "photographs"}
    found = Certificate.model_validate(old)
    assert (found.format, found.images, found.kind) == (1, 7, "images")
    assert [requirement.what for requirement in found.requirements] == ["faces matched"]


NOISE = {
    "JPEG 95": {
        **{"reference_faces": 400, "missed": 12, "missed_by_score": 10, "extra": 23, "extra_by_score": 23},
        **{"mean_score_change": 0.0175, "mean_landmark_error_percent": 1.66},
    }
}
IN_WORDS = (
    "It changes fewer decisions than saving the image once more at JPEG quality 95 (7 flips of 400 faces against 35)."
)


def test_what_a_build_changes_is_said_beside_fp32_s_own_noise():
    decisions = NOISE["JPEG 95"] | {"matched": 395, "matched_percent": 98.8, "extra_percent": 1.0, "missed": 5}
    decisions |= {"missed_by_score": 5, "extra": 2, "extra_by_score": 2, "mean_score_change": 0.0044, "mean_iou": 0.99}
    found = certificate(format=4, decisions=decisions, noise=NOISE, in_words=IN_WORDS)
    described = describe(found, TASK)
    assert described.verdict.meaning.endswith(f"compared with ONNX Runtime float32. {IN_WORDS}")
    assert [table.caption for table in described.tables][:2] == [
        "Faces, against fp32",
        "fp32's own noise on the same images",
    ]
    assert described.tables[1].rows[0] == ("this artifact", "400", "7", "0", "0", "0.0044", "1.66 %")
    assert described.tables[1].rows[1] == ("JPEG 95", "400", "35", "2", "0", "0.0175", "1.66 %")
    assert Certificate.model_validate(found.as_dict()) == found


@pytest.mark.parametrize("old", [1, 2, 3])
def test_certificates_without_noise_are_read_and_say_nothing_of_it(old):
    document = certificate(format=old).as_dict()
    assert not {"noise", "in_words"} & set(document)
    found = Certificate.model_validate(document)
    assert found.noise is None
    assert "JPEG" not in describe(found, TASK).verdict.meaning


def test_old_gates_of_certificates_are_read():
    thresholds = {"matched_percent": 97.0, "extra_percent": 3.0, "mean_score_change": 0.012, "snr_db": 10.0}
    found = certificate(thresholds=thresholds).thresholds
    assert (found.matched_percent, found.noise_factor) == (97.0, None)


def test_a_certificate_knows_its_keys():
    with pytest.raises(ValidationError, match="passd"):
        Certificate.model_validate(certificate().as_dict() | {"passd": True})


def test_a_certificate_survives_json_and_omits_what_was_not_measured():
    found = certificate(tensors={"boxes": {"snr_db": None, "max_abs": 0.5, "cosine": None}})
    document = found.as_dict()
    assert Certificate.model_validate(document) == found
    assert "engines" not in document
    assert document["thresholds"]["snr_db"] == 10.0
    assert set(document["thresholds"]) == {"snr_db", "evidence"}
    assert document["verdict"] == "good"
