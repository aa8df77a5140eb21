"""One set of images on all targets of a model: from what each export kept."""

from __future__ import annotations

import json

import numpy as np
import pytest

from edgeface.core.artifact import write_json
from edgeface.errors import InputError
from edgeface.report.same_images import MOST_SCENES, same_images
from edgeface.report.seen import SEEN, Seen, SeenFace, SeenImage, digest_of, picture_of, read_seen


def image(number, severity, name="same", **given):
    faces = (
        SeenFace(name="same", height_px=9, reference=(0, 0, 10, 10), candidate=(0, 0, 10, 10), scores=(0.9, 0.9)),
        SeenFace(
            name=name,
            height_px=9,
            reference=None if name == "new" else (20, 20, 40, 40),
            candidate=None if name == "lost" else (20, 20, 42, 40),
            scores=(0.9, 0.9),
        ),
    )
    given = {"faces": faces, **given}
    return SeenImage(
        digest=f"{number:024x}", height=50, width=100, severity=(severity, 0.0), name=f"{number}.jpg", **given
    )


def record(*images, pictured=None):
    kept = [each.digest for each in images] if pictured is None else [f"{number:024x}" for number in pictured]
    picture = picture_of(np.zeros((5, 10, 3), np.uint8))
    return Seen(count=len(images), images=images, pictures=dict.fromkeys(kept, picture))


def test_the_images_are_the_worst_of_any_target_and_the_same_for_all():
    first = record(*(image(n, 0.0) for n in range(6)), pictured=[0, 1, 2])
    second = record(*(image(n, 5.0 if n == 4 else 0.0, "lost" if n == 4 else "same") for n in range(6)), pictured=[4])
    found = same_images("m", [("a", first), ("b", second)])
    assert len(found.images) == MOST_SCENES
    worst = found.images[0]
    assert worst.name == "4.jpg"
    assert [(side.target, side.summary) for side in worst.sides] == [
        ("fp32", "2 faces"),
        ("a", "all the same"),
        ("b", "1 lost; 1 of 2 are the same"),
    ]
    assert [side.differs for side in worst.sides] == [False, False, True]


def test_boxes_are_those_of_the_side():
    lost, new = (record(image(0, 1.0, name)) for name in ("lost", "new"))
    (shown,) = same_images("m", [("a", lost), ("b", new)]).images
    reference, first, second = shown.sides
    assert [box.kind for box in reference.boxes] == ["same", "same"]
    assert [(box.kind, box.left, box.width) for box in first.boxes] == [("same", 0, 10), ("missed", 20, 20)]
    assert [(box.kind, box.left, box.width) for box in second.boxes] == [("same", 0, 10), ("extra", 20, 22)]


def test_images_that_all_were_judged_on_come_first():
    first, second = record(image(0, 9.0), image(1, 1.0)), record(image(1, 1.0), image(2, 8.0))
    found = same_images("m", [("a", first), ("b", second)])
    assert [each.name for each in found.images] == ["1.jpg", "0.jpg", "2.jpg"]
    assert found.images[1].sides[-1].summary == "not judged on it"


def test_figures_are_shown_as_cards():
    first, second = (record(image(0, -0.9, faces=(), figure=figure)) for figure in (0.9, 0.95))
    found = same_images("m", [("a", first), ("b", second)])
    assert found.cards
    assert [(side.target, side.summary) for side in found.images[0].sides] == [("a", "0.9000"), ("b", "0.9500")]


def test_a_picture_of_no_image_is_left_out():
    stray = record(image(0, 1.0), pictured=[0, 7])
    assert [each.name for each in same_images("m", [("a", stray), ("b", stray)]).images] == ["0.jpg"]
    nothing = record(pictured=[7])
    assert same_images("m", [("a", nothing), ("b", nothing)]) is None


def test_one_target_alone_has_nothing_beside_it():
    assert same_images("m", [("a", record(image(0, 1.0)))]) is None


def test_a_watcher_keeps_every_image_and_pictures_of_the_worst(watched, tmp_path):
    seen = watched.seen(["1.jpg", "2.jpg", "3.jpg"])
    names = [each.name for each in seen.images]
    assert ({*names[:2]}, names[2]) == ({"1.jpg", "3.jpg"}, "2.jpg")  # the dark one differs least
    assert seen.count == 3
    assert {face.name for face in seen.images[0].faces} == {"missed", "moved", "new"}
    assert set(seen.pictures) == {each.digest for each in seen.images}
    write_json(tmp_path / SEEN, {"format": 1, **seen.model_dump(mode="json", exclude_defaults=True)}, compact=True)
    assert read_seen(tmp_path) == seen
    assert watched.seen(["1.jpg"]).images[0].name == ""  # names that do not match the images are not used


def test_nothing_is_kept_where_no_image_is_shown(detectors, portrait):
    from edgeface.report.watch import Watcher

    assert Watcher(detectors[0], images=False).seen([]) is None


def test_the_same_image_has_the_same_digest_and_another_size_another(portrait):
    assert digest_of(portrait(1)) == digest_of(portrait(1).copy())
    assert len({digest_of(each) for each in (portrait(1), portrait(2), portrait(1)[:-1])}) == 3


@pytest.mark.parametrize(
    "change",
    [{"format": 2}, {"pictures": {"0" * 24: {"data": "x');", "height": 1, "width": 1}}}, {"images": 7}, {"more": 1}],
)
def test_a_record_of_another_form_is_refused(tmp_path, change):
    document = record(image(0, 1.0)).model_dump(mode="json")
    (tmp_path / SEEN).write_text(json.dumps({**document, **change}))
    with pytest.raises(InputError, match="damaged record of the judging"):
        read_seen(tmp_path)
