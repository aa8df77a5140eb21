"""What a worker does with what it is sent, on machines of a cluster too."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from pathlib import Path

import pytest
from odd_squares import Squares

from edgeface.engine.cargo import Cargo
from edgeface.engine.missing import missing_there
from edgeface.engine.ray_engine import _refused
from edgeface.engine.ray_worker import RayWorker
from edgeface.engine.serve import Serving
from edgeface.errors import InputError, RuntimeFailure
from edgeface.version import __version__


@dataclass(frozen=True)
class Letters:
    """The letters of a file at a place that each part names."""

    file: Path

    @property
    def reads(self):
        return {self.file.parent: (self.file.name,)}

    def reading(self, places):
        return Letters(places.get(self.file.parent, self.file.parent) / self.file.name)

    def open(self):
        text = self.file.read_text()
        return lambda place: (text[place], str(self.file))


class UnpicklableError(Exception):
    def __init__(self, one, two):
        super().__init__(one)


@dataclass(frozen=True)
class Raising:
    def open(self):
        def compute(part):
            raise UnpicklableError(part, part)

        return compute


@pytest.fixture
def letters(tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "letters.txt").write_text("abc")
    return Letters(folder / "letters.txt")


def answers(cargo, part):
    serving = Serving(pickle.dumps(cargo))
    answer = pickle.loads(serving.answer(7, part))
    assert answer.part == 7
    return serving, answer


def test_files_at_the_same_path_are_used_if_they_are_the_same(letters):
    _, answer = answers(Cargo.of(letters), 1)
    assert answer.result == ("b", str(letters.file))


@pytest.mark.parametrize("change", ["removed", "other letters", "xyz"])
def test_files_that_are_missing_or_others_are_written_and_removed_at_the_end(letters, change):
    cargo = Cargo.of(letters)
    letters.file.unlink() if change == "removed" else letters.file.write_text(change)
    serving, answer = answers(cargo, 2)
    letter, file = answer.result
    assert letter == "c"
    assert Path(file).name == "letters.txt"
    assert file != str(letters.file)
    assert Path(file).exists()
    serving.end()
    assert not Path(file).exists()


def test_an_error_comes_with_its_traceback():
    _, answer = answers(Cargo.of(Squares(error=3)), (3,))
    assert isinstance(answer.error, InputError)
    assert "_compute" in answer.traceback


def test_an_error_that_cannot_be_sent_is_told_in_words():
    _, answer = answers(Cargo.of(Raising()), "this")
    assert isinstance(answer.error, RuntimeFailure)
    assert answer.error.what == "UnpicklableError in a worker: this"


def test_other_software_on_a_machine_is_refused():
    said = RayWorker().greet({"edgeface": "0.0.1", "numpy": "1.0", "no-such-library": "2"}, b"")
    assert said["differ"]["edgeface"] == ("0.0.1", __version__)
    assert said["differ"]["no-such-library"] == ("2", None)
    error = _refused("node7", {"edgeface": ("0.0.1", None)})
    assert error.what == "a machine of the cluster would compute with other software: edgeface 0.0.1 here, none there"
    assert error.where == "node7"


def test_the_same_software_is_welcome(monkeypatch):
    monkeypatch.setattr("edgeface.engine.serve.prepare_process", lambda: None)  # this process computes on
    said = RayWorker().greet({"edgeface": __version__}, pickle.dumps(Cargo.of(Squares())))
    assert said["differ"] == {}


def test_a_file_that_is_missing_elsewhere_only_is_said_to_be(tmp_path):
    (tmp_path / "here.jpg").touch()

    def fix(name, what="cannot read the image: there is no such file"):
        return missing_there(InputError(what, where=str(tmp_path / name), fix="x")).fix

    assert fix("here.jpg").startswith("it is here, but not on every machine")
    assert fix("nowhere.jpg") == fix("here.jpg", "not an image") == "x"
