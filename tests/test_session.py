"""What tests share in a session: exports that are made once, marks, and the order of work."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import shared_exports
from preloaded import preloaded
from scheduling import APART, slow_first, unit_of
from shared_exports import SharedExports, made_once

from edgeface.compile.report_options import ReportOptions
from edgeface.compile.request import ExportRequest

TESTS = Path(__file__).parent
REQUEST = ExportRequest(targets=("onnx-fp32",), seed=1, input_size=(64, 64), report=ReportOptions(latency=False))


@pytest.fixture
def asked(monkeypatch):
    """The targets of each export that is really made."""
    found = []
    real = shared_exports.export

    def export(request):
        found.append(request.targets)
        return real(request)

    monkeypatch.setattr(shared_exports, "export", export)
    return found


def test_a_request_is_exported_once_and_only_missing_targets_later(tmp_path, asked):
    (first,) = SharedExports(tmp_path)(REQUEST)
    (again,) = SharedExports(tmp_path)(replace(REQUEST, out=Path("elsewhere")))
    assert again == first
    both = SharedExports(tmp_path)(replace(REQUEST, targets=("tflite-fp32", "onnx-fp32")))
    assert [artifact.manifest.target for artifact in both] == ["tflite-fp32", "onnx-fp32"]
    assert asked == [("onnx-fp32",), ("tflite-fp32",)]


def test_another_request_has_artifacts_of_its_own(tmp_path, asked):
    exports = SharedExports(tmp_path)
    (one,) = exports(REQUEST)
    (other,) = exports(replace(REQUEST, seed=2))
    assert one.model_path.read_bytes() != other.model_path.read_bytes()
    assert len(asked) == 2


def test_a_file_that_a_test_changed_added_or_removed_is_named(tmp_path):
    exports = SharedExports(tmp_path)
    (artifact,) = exports(REQUEST)
    assert exports.changed() == []
    (artifact.folder / "added.txt").write_text("mine")
    (artifact.folder / "report.html").unlink()
    (artifact.folder / "certificate.json").write_text("{}")
    names = ["added.txt", "certificate.json", "report.html"]
    assert exports.changed() == [artifact.folder / name for name in names]


def test_a_shared_folder_is_filled_once_and_whole(tmp_path):
    def fail(folder):
        (folder / "half").write_text("")
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        made_once(tmp_path / "shared", fail)
    assert not (tmp_path / "shared").exists()
    for text in ("first", "second"):
        folder = made_once(tmp_path / "shared", lambda folder, text=text: (folder / "text").write_text(text))
    assert {path.name: path.read_text() for path in folder.iterdir()} == {"text": "first"}


def test_a_file_s_tests_stay_together_unless_it_is_to_be_taken_apart():
    assert all((TESTS.parent / file).is_file() for file in APART)
    assert unit_of("tests/cli/test_app.py::test_a[x::y]") == "tests/cli/test_app.py"
    assert unit_of(f"{APART[0]}::test_a[x]") == f"{APART[0]}::test_a[x]"


def test_files_with_a_slow_test_come_first_and_keep_their_order():
    names = ("a::1", "a::2", "b::1", "b::slow", "b::2", "c::1", "d::slow")
    items = [SimpleNamespace(path=Path(name.split("::")[0]), name=name) for name in names]
    ordered = slow_first(items, lambda item: item.name.endswith("slow"))
    assert [item.name for item in ordered] == ["b::1", "b::slow", "b::2", "d::slow", "a::1", "a::2", "c::1"]


def test_the_fixtures_that_give_marks_exist():
    conftest = (TESTS / "conftest.py").read_text()
    names = re.findall(r'^    "(\w+)": "\w+",$', conftest, re.MULTILINE)
    assert len(names) >= 5
    defined = "\n".join(path.read_text() for path in TESTS.rglob("*.py"))
    for name in names:
        assert re.search(rf"^def {name}\(", defined, re.MULTILINE), name


def test_a_command_whose_imports_are_done_is_as_its_own_process(tmp_path):
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "a.onnx").write_bytes(b"no model")
    with tempfile.TemporaryDirectory() as folder, preloaded(Path(folder)) as programs:
        for arguments in (["check", "a.onnx"], ["exprot"], ["targets", "--json"]):
            own, served = (
                subprocess.run([*program, *arguments], cwd=tmp_path / "here", capture_output=True, check=False)
                for program in ([sys.executable, "-m", "edgeface"], [programs / "edgeface"])
            )
            assert (served.returncode, served.stdout, served.stderr) == (own.returncode, own.stdout, own.stderr)
