"""Work on images: what is kept, what goes on after an interruption, and processes that agree with one."""

from __future__ import annotations

import shutil
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass, field

import cv2
import numpy as np
import pytest

from edgeface.engine.local import Local
from edgeface.errors import ContractError, InputError
from edgeface.evaluation.cache import Cache
from edgeface.evaluation.compute import compute
from edgeface.evaluation.work import DetectWork, EmbedWork, faces_of
from edgeface.reading.kinds import IMAGE
from edgeface.reading.regular_file import digest_file


@dataclass(frozen=True)
class MeanOfBlue:
    """Counts what it computes, and may be interrupted."""

    parts: tuple[str, ...] = ("one",)
    interrupt_after: int = 10**9
    seen: list[int] = field(default_factory=list)

    def open(self) -> Callable:
        def one(image, wanted):
            if len(self.seen) >= self.interrupt_after:
                raise KeyboardInterrupt
            self.seen.append(len(wanted))
            return {index: np.full((1, 1), image[0, 0, 0] + index, np.float32) for index in wanted}

        return lambda images, wanted: list(map(one, images, wanted))


@pytest.fixture
def shades(tmp_path):
    """Six images of blue 10, 20, … 60."""
    files = [tmp_path / f"{value}.png" for value in range(10, 70, 10)]
    for file in files:
        assert cv2.imwrite(str(file), np.full((8, 8, 3), int(file.stem), np.uint8))
    return files


def test_results_are_in_the_order_of_the_files_for_each_part(shades):
    rows = compute(MeanOfBlue(("one", "two")), shades[::-1], Cache(None))
    assert [[float(item[0, 0]) for item in part] for part in rows] == [
        [60, 50, 40, 30, 20, 10],
        [61, 51, 41, 31, 21, 11],
    ]


def test_an_interrupted_run_resumes_where_it_stopped(shades, tmp_path, monkeypatch):
    monkeypatch.setattr("edgeface.evaluation.look.TOGETHER", 2)
    path = tmp_path / "cache.rows"
    with pytest.raises(KeyboardInterrupt):
        compute(MeanOfBlue(interrupt_after=4), shades, Cache(path))
    second = MeanOfBlue()
    rows = compute(second, shades, Cache(path))
    assert len(second.seen) == 2
    assert [float(item[0, 0]) for item in rows[0]] == [10, 20, 30, 40, 50, 60]
    third = MeanOfBlue()
    compute(third, shades, Cache(path))
    assert third.seen == []


def test_results_before_a_damaged_image_are_kept(shades, tmp_path):
    shades[3].write_bytes(b"no image")
    with pytest.raises(InputError, match="not an image") as caught:
        compute(MeanOfBlue(), shades, Cache(tmp_path / "cache.rows"))
    assert str(shades[3]) in caught.value.where
    rest = MeanOfBlue()
    compute(rest, [*shades[:3], *shades[4:]], Cache(tmp_path / "cache.rows"))
    assert len(rest.seen) == 2


def test_only_missing_parts_are_computed(shades):
    cache = Cache(None)
    compute(MeanOfBlue(("one",)), shades[:2], cache)
    both = MeanOfBlue(("one", "two"))
    compute(both, shades, cache)
    assert both.seen == [1, 1, 2, 2, 2, 2]


def test_identical_images_are_computed_once(shades, tmp_path):
    copy = tmp_path / "copy.png"
    shutil.copy(shades[0], copy)
    work = MeanOfBlue()
    rows = compute(work, [shades[0], copy], Cache(None))
    assert len(work.seen) == 1
    assert rows[0][0].tolist() == rows[0][1].tolist()


def test_a_missing_image_is_named(tmp_path):
    with pytest.raises(InputError, match="cannot read") as caught:
        compute(MeanOfBlue(), [tmp_path / "absent.png"], Cache(None))
    assert caught.value.where == str(tmp_path / "absent.png")


def test_several_processes_compute_the_same_as_one(people, faces_artifact, recognizer_artifact, monkeypatch):
    monkeypatch.setattr("edgeface.evaluation.compute.PART", 3)
    files = sorted(people.rglob("*.png"))
    work = EmbedWork((recognizer_artifact,), faces_artifact)
    alone, together = (list(compute(work, files, Cache(None), Local(count))[0]) for count in (1, 2))
    np.testing.assert_array_equal(alone, together)
    assert alone[0].shape == (1, 16)


def test_an_error_in_a_process_is_the_error_of_the_run_which_keeps_what_was_before(
    people, faces_artifact, tmp_path, monkeypatch
):
    monkeypatch.setattr("edgeface.evaluation.compute.PART", 6)
    files = sorted(people.rglob("*.png"))
    files[5].write_bytes(b"no image")
    work, path = DetectWork((faces_artifact,)), tmp_path / "cache.rows"
    with pytest.raises(InputError, match="not an image") as caught:
        compute(work, files, Cache(path), Local(2))
    assert str(files[5]) in caught.value.where
    assert all(Cache(path).holds(work.parts[0], digest_file(file, IMAGE)) for file in files[:5])


def test_an_image_without_a_face_has_no_embedding(people, faces_artifact, recognizer_artifact, darken):
    file = people / "P1" / "P1_0001.png"
    darken(file)
    ((rows,),) = compute(EmbedWork((recognizer_artifact,), faces_artifact), [file], Cache(None))
    assert rows.shape == (0, 16)


def test_an_aligned_face_of_another_size_is_refused_by_name(people, recognizer_artifact):
    file = people / "P1" / "P1_0001.png"
    with pytest.raises(InputError, match="aligned face must be") as caught:
        compute(EmbedWork((recognizer_artifact,)), [file], Cache(None))
    assert caught.value.where == str(file)


def test_faces_go_to_rows_and_back(people, faces_artifact):
    from edgeface.images.files import read_image
    from edgeface.inference.load import load

    file = people / "P1" / "P1_0001.png"
    ((rows,),) = compute(DetectWork((faces_artifact,)), [file], Cache(None))
    assert faces_of(rows) == load(faces_artifact).detect(read_image(file), 0.02)
    assert rows.shape == (2, 15)


def test_names_of_parts_change_with_model_contract_and_detector(
    faces_artifact, detector_artifact, recognizer_artifact, another_recognizer
):
    names = [
        EmbedWork((recognizer_artifact,), faces_artifact).parts,
        EmbedWork((recognizer_artifact,), detector_artifact).parts,
        EmbedWork((recognizer_artifact,)).parts,
        EmbedWork((another_recognizer,), faces_artifact).parts,
        DetectWork((faces_artifact,)).parts,
    ]
    assert len(set(names)) == 5
    assert EmbedWork((recognizer_artifact,), faces_artifact).parts == names[0]


def test_artifacts_of_the_other_task_are_refused(faces_artifact, recognizer_artifact):
    with pytest.raises(ContractError, match="is not a face recognizer"):
        _ = EmbedWork((faces_artifact,)).parts
    with pytest.raises(ContractError, match="is not a face detector"):
        _ = DetectWork((recognizer_artifact,)).parts


@dataclass(frozen=True)
class ManyFaces:
    """Work with 64 KiB of rows for each image."""

    parts: tuple[str, ...] = ("one",)

    def open(self) -> Callable:
        return lambda images, _: [{0: np.full((128, 128), image[0, 0, 0], np.float32)} for image in images]


@pytest.mark.parametrize("kept", [True, False])
def test_memory_holds_few_rows_however_many_images_there_are(tmp_path, kept):
    files = [tmp_path / f"{number}.ppm" for number in range(400)]
    for number, file in enumerate(files):
        file.write_bytes(b"P6\n8 8\n255\n" + number.to_bytes(3, "big") * 64)
    tracemalloc.start()
    try:
        (table,) = compute(ManyFaces(), files, Cache(tmp_path / "cache.rows" if kept else None))
        seen = [float(rows[0, 0]) for rows in table]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert seen == [number & 255 for number in range(400)]
    assert peak < 400 * 128 * 128 * 4 * 0.75


def test_known_images_are_told_too_and_open_no_model(shades, tmp_path, capsys):
    from edgeface.core import progress

    path = tmp_path / "cache.rows"
    compute(MeanOfBlue(), shades, Cache(path))
    progress.show()
    try:
        compute(NeverOpened(), shades, Cache(path))
    finally:
        progress.show(False)
    assert "6 of 6 images were in the cache" in capsys.readouterr().err


@dataclass(frozen=True)
class NeverOpened:
    """Work whose results must be known."""

    parts: tuple[str, ...] = ("one",)

    def open(self) -> Callable:
        raise AssertionError("all results are in the cache")


def test_a_table_is_read_by_place_and_by_slice(shades):
    (table,) = compute(MeanOfBlue(), shades, Cache(None))
    assert len(table) == 6
    assert table[-1].tolist() == [[60.0]]
    assert [float(rows[0, 0]) for rows in table[1:5:2]] == [20, 40]
    with pytest.raises(IndexError):
        table[6]


def test_an_error_names_its_image_and_those_before_it_are_kept(shades, tmp_path):
    with pytest.raises(InputError, match="too blue") as caught:
        compute(RefusesBlue(), shades, Cache(tmp_path / "cache.rows"))
    assert caught.value.where == str(shades[3])
    kept = Cache(tmp_path / "cache.rows")
    assert [kept.holds("one", digest_file(file, IMAGE)) for file in shades] == [True] * 3 + [False] * 3


@dataclass(frozen=True)
class RefusesBlue:
    """Work that refuses the fourth shade, in whatever company."""

    parts: tuple[str, ...] = ("one",)

    def open(self) -> Callable:
        def one(image, _wanted):
            if image[0, 0, 0] == 40:
                raise InputError("too blue")
            return {0: np.ones((1, 1), np.float32)}

        return lambda images, wanted: list(map(one, images, wanted))
