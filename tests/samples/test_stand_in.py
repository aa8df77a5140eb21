from pathlib import Path

import pytest

from edgeface.images.files import read_image
from edgeface.images.split import Images
from edgeface.samples.stand_in import JUDGED_IMAGES, composed_where_missing


@pytest.mark.parametrize(
    ("task", "size"), [pytest.param("detection", (480, 640), marks=pytest.mark.slow), ("recognition", (112, 112))]
)
def test_composed_images_calibrate_and_others_judge(task, size):
    with composed_where_missing(Images(), task, 3) as chosen:
        assert (len(chosen.calibrate), len(chosen.judge)) == (3, JUDGED_IMAGES)
        assert not {file.read_bytes() for file in chosen.calibrate} & {file.read_bytes() for file in chosen.judge}
        assert read_image(chosen.judge[0]).shape == (*size, 3)
    assert not chosen.judge[0].exists()


def test_the_manifest_records_composed_images():
    with composed_where_missing(Images(), "recognition", 2) as chosen:
        listed = chosen.provenance()
    assert listed["calibration"]["composed"]
    assert listed["judged_on"]["composed"]
    assert "composed" not in Images().provenance()["calibration"]


def test_images_that_were_chosen_are_left_alone(tmp_path):
    given = Images((tmp_path / "a.png",), (tmp_path / "b.png",))
    with composed_where_missing(given, "detection", 3) as chosen:
        assert chosen is given


def test_chosen_images_judge_while_composed_ones_calibrate():
    given = Images((), (Path("mine.png"),))
    with composed_where_missing(given, "recognition", 2) as chosen:
        assert chosen.judge == given.judge
        assert len(chosen.calibrate) == 2
        assert chosen.composed == {"calibration"}
