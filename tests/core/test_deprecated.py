from __future__ import annotations

import pytest

import edgeface
from edgeface.compile.report_options import ReportOptions
from edgeface.compile.request import ExportRequest


def test_old_keywords_work_and_warn():
    with pytest.warns(DeprecationWarning, match="colour"):
        assert ExportRequest(colour="rgb").color == "rgb"
    with pytest.warns(DeprecationWarning, match="pictures"):
        assert ReportOptions(pictures=False) == ReportOptions(images=False)


def test_todays_keywords_do_not_warn(recwarn):
    assert ExportRequest(color="rgb", recognizer=None).color == "rgb"
    assert not recwarn.list


def test_both_at_once_and_unknown_keywords_are_errors():
    with pytest.raises(TypeError, match="both 'colour' and its new name 'color'"):
        ExportRequest(colour="rgb", color="bgr")
    with pytest.raises(TypeError, match="grey"):
        ExportRequest(grey=True)


def test_the_old_public_name_is_the_new_class_and_warns():
    with pytest.warns(DeprecationWarning, match=r"edgeface\.Recogniser is now edgeface\.Recognizer"):
        assert edgeface.Recogniser is edgeface.Recognizer
