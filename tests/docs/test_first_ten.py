"""docs/first_ten.md, typed into a terminal of 80 columns: each command ends and says as the page states."""

from __future__ import annotations

import shutil

import pytest
from pages import DOCS, SAYS, blocks_of, not_said
from typed import screen, typed

PAGE = DOCS / "first_ten.md"
BLOCKS = blocks_of(PAGE)
TEN = [(block.commands[0], BLOCKS[at + 1]) for at, block in enumerate(BLOCKS) if block.language == "sh"]
WIDTH = 80
QUICK = ("help", "targets", "exprot")
"""What takes no more than half a second; the others are typed one after the other, by `make hostile`."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A person's folder: a checkpoint of the sample's weights, and composed photographs."""
    import torch
    from safetensors.numpy import load_file

    from edgeface.samples import sample_of
    from edgeface.samples.compose import write_images

    place = tmp_path_factory.mktemp("first_ten")
    sample = sample_of("retinaface_mnet025")
    torch.save({name: torch.from_numpy(array) for name, array in load_file(sample.weights).items()}, place / "my.pth")
    (place / "photos").mkdir()
    write_images(place / "photos", "detection", 12)
    shutil.copy(place / "photos" / "composed_000.png", place / "photos" / "one.png")
    return place


def check(command, says, folder):
    """Type a command, and hold what is left on the screen against its page."""
    ran = typed(command.line, folder)
    assert ran.code == command.exits, ran.lines
    assert says.options == SAYS
    assert not_said(says.text, "\n".join(ran.lines)) == []
    assert [line for line in ran.lines if len(line) > WIDTH] == []
    assert "Traceback" not in ran.raw
    return ran


def test_there_are_ten():
    assert len(TEN) == 10
    assert all(command.line.startswith("edgeface ") for command, _ in TEN)


@pytest.mark.parametrize("name", QUICK)
def test_what_is_quick_does_as_the_page_says(tmp_path, name):
    ((command, says),) = [(command, says) for command, says in TEN if command.line.split()[1] == name]
    ran = check(command, says, tmp_path)
    assert ran.said == typed(command.line, tmp_path, columns=100).said  # no word is broken, and none is lost
    assert list(tmp_path.iterdir()) == []
    assert "\x1b[" in ran.raw or name == "targets"


def test_an_artifact_is_looked_at_in_a_terminal(seeded_artifact, images, tmp_path):
    artifact = seeded_artifact().folder
    ran = typed(f"edgeface detect images/1.png --artifact {artifact} --out faces.jpg", tmp_path)
    assert ran.code == 0
    assert "written: faces.jpg" in ran.said


@pytest.mark.hostile
def test_all_ten_do_as_the_page_says(folder):
    found = {command.line.split()[1] + str(command.exits): check(command, says, folder) for command, says in TEN}
    exported, refused = found["export0"], found["export1"]
    assert "\x1b[33mWorks – how well is not shown\x1b[0m" in exported.raw
    assert "\x1b[31merror: \x1b[0m" in refused.raw
    assert not (folder / "strict").exists()


@pytest.mark.parametrize("extra", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_colors_are_left_out_where_they_are_not_wanted(tmp_path, extra):
    assert "\x1b[" not in typed("edgeface exprot", tmp_path, extra=extra).raw


@pytest.mark.parametrize("columns", [40, 132])
def test_another_width_is_kept_too(tmp_path, columns):
    ran = typed("edgeface exprot", tmp_path, columns=columns)
    assert max(map(len, ran.lines)) <= columns


def test_what_is_written_over_is_not_on_the_screen():
    assert screen("reading …\r\x1b[Kreading: 1.0 s\r\nab\x1b[31mc\x1b[0m\r\nx\r\n\x1b[1A\x1b[2Ky") == [
        "reading: 1.0 s",
        "abc",
        "y",
        "",
    ]
