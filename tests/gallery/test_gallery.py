from __future__ import annotations

import sys
import threading

import numpy as np
import pytest

from edgeface.core import writing
from edgeface.errors import InputError, WriteError
from edgeface.gallery import changes, scan_choice, scan_faiss
from edgeface.gallery.gallery import Gallery


def test_people_are_found_by_another_process_s_gallery(new_gallery, directions):
    rows = directions(20)
    made = new_gallery()
    assert made.add([f"p{index}" for index in range(20)], rows) == 20
    opened = Gallery.open(str(made.folder))
    assert (len(opened), opened.width, opened.names[:2]) == (20, 16, ["p0", "p1"])
    (match,) = opened.nearest(rows[7])
    assert (match.name, match.similarity) == ("p7", pytest.approx(1, abs=1e-6))


def test_people_added_one_by_one_make_few_segments(new_gallery, directions):
    gallery, rows = new_gallery(), directions(14)
    for index, row in enumerate(rows):
        gallery.add([f"p{index}"], row[None])
    assert [segment.rows for segment in gallery.manifest.segments] == [8, 4, 2]
    assert gallery.names == [f"p{index}" for index in range(14)]
    assert [gallery.nearest(row)[0].name for row in rows] == gallery.names


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_one_by_one_and_all_at_once_hold_the_same_people(new_gallery, directions, precision):
    rows = directions(9)
    together, single = new_gallery(precision=precision), new_gallery(precision=precision)
    names = [f"p{index}" for index in range(9)]
    together.add(names[:1], rows[:1])
    together.add(names[1:], rows[1:])
    for name, row in zip(names, rows, strict=True):
        single.add([name], row[None])
    for query in directions(3, seed=1):
        assert together.nearest(query, 9) == single.nearest(query, 9)


def test_a_name_that_comes_twice_is_the_mean_of_its_embeddings(new_gallery, directions):
    gallery, rows = new_gallery(), directions(3)
    assert gallery.add(["Ann", "Bob", "Ann"], rows) == 2
    mean = rows[0].astype(float) + rows[2]
    mean /= np.linalg.norm(mean)
    assert gallery.names == ["Ann", "Bob"]
    assert gallery.nearest(mean.astype(np.float32))[0].similarity == pytest.approx(1, abs=1e-6)


def test_a_known_name_is_refused_or_replaced(new_gallery, directions):
    gallery, rows = new_gallery(), directions(3)
    gallery.add(["Ann", "Bob"], rows[:2])
    with pytest.raises(InputError, match="1 of 2 people are in the gallery already, as Bob"):
        gallery.add(["Cleo", "Bob"], rows[1:])
    assert gallery.names == ["Ann", "Bob"]
    gallery.add(["Bob"], rows[2:], replace=True)
    assert gallery.names == ["Ann", "Bob"]
    assert gallery.nearest(rows[2])[0].name == "Bob"
    assert gallery.nearest(rows[1])[0].similarity < 0.99


def test_removed_people_are_gone_and_compact_frees_their_space(new_gallery, directions, monkeypatch):
    monkeypatch.setattr(changes, "SEGMENT_ROWS", 8)
    gallery, rows = new_gallery(), directions(20)
    gallery.add([f"p{index}" for index in range(20)], rows)
    before = gallery.bytes
    assert gallery.remove(["p3", "p19", "p4", *(f"p{index}" for index in range(8, 16))]) == 11
    kept = [name for name in gallery.names if name != "p0"]
    assert gallery.names == [f"p{index}" for index in (0, 1, 2, 5, 6, 7, 16, 17, 18)]
    assert "p3" not in [match.name for match in gallery.nearest(rows[3], 20)]
    gallery.compact()
    assert [segment.rows for segment in gallery.manifest.segments] == [8, 1]
    assert gallery.bytes < before / 2
    assert gallery.remove(["p0"]) == 1
    assert Gallery.open(gallery.folder).names == kept
    gallery.check()


def test_nobody_is_removed_if_one_is_unknown(new_gallery, directions):
    gallery = new_gallery()
    gallery.add(["Ann", "Bob"], directions(2))
    with pytest.raises(InputError, match="Cleo is not in the gallery"):
        gallery.remove(["Ann", "Cleo"])
    assert gallery.names == ["Ann", "Bob"]


def test_a_gallery_that_is_emptied_can_be_filled_again(new_gallery, directions):
    gallery, rows = new_gallery(precision="int8"), directions(2)
    gallery.add(["Ann"], rows[:1])
    gallery.remove(["Ann"])
    assert (len(gallery), gallery.nearest(rows[0], 3)) == (0, ())
    with pytest.raises(InputError, match="nobody"):
        gallery.refuse_empty()
    gallery.compact()
    gallery.add(["Ann"], rows[1:])
    assert gallery.nearest(rows[1])[0].name == "Ann"


def test_the_same_changes_give_the_same_files(new_gallery, directions):
    def content(gallery):
        gallery.add([f"p{index}" for index in range(9)], directions(9))
        gallery.remove(["p2"])
        gallery.add(["late"], directions(1, seed=1))
        return {path.relative_to(gallery.folder): path.read_bytes() for path in gallery.folder.rglob("*.*")}

    assert content(new_gallery()) == content(new_gallery())


def test_int8_holds_a_quarter_and_finds_the_same_people(new_gallery, directions):
    rows = directions(300, 128)
    names = [f"p{index}" for index in range(300)]
    floats, codes = new_gallery(128), new_gallery(128, "int8")
    floats.add(names, rows)
    codes.add(names, rows)
    assert codes.bytes < floats.bytes / 4
    for query in rows[::20]:
        one, other = floats.nearest(query)[0], codes.nearest(query)[0]
        assert one.name == other.name
        assert one.similarity == pytest.approx(other.similarity, abs=0.01)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda rows: rows[:, :8], "8 numbers"),
        (lambda rows: rows[:1], "2 names for 1 embeddings"),
        (lambda rows: rows.astype(int), "floats"),
        (lambda rows: rows * np.float32(np.nan), "not finite"),
        (lambda rows: rows * np.float32(0), "zero"),
        (lambda rows: [rows[0], rows[1, :3]], "floats"),
    ],
)
def test_embeddings_that_do_not_fit_are_refused(new_gallery, directions, wrong, said):
    gallery = new_gallery()
    with pytest.raises(InputError, match=said):
        gallery.add(["Ann", "Bob"], wrong(directions(2)))
    assert len(gallery) == 0


@pytest.mark.parametrize("name", ["", " ", "a\nb", "a\0b", "x" * 2000, "\ud800", None])
def test_names_that_cannot_be_shown_are_refused(new_gallery, directions, name):
    with pytest.raises(InputError, match="name 1"):
        new_gallery().add([name], directions(1))


@pytest.mark.parametrize("query", [np.zeros(8), np.full(16, np.nan), np.zeros((2, 16))])
def test_a_query_that_does_not_fit_is_refused(new_gallery, directions, query):
    gallery = new_gallery()
    gallery.add(["Ann"], directions(1))
    with pytest.raises(InputError):
        gallery.nearest(query.astype(np.float32))
    with pytest.raises(InputError, match="at least one"):
        gallery.nearest(directions(1)[0], 0)


@pytest.mark.parametrize("change", ["add", "remove", "replace", "compact"])
def test_a_change_that_cannot_be_written_leaves_the_gallery_as_it_was(new_gallery, directions, monkeypatch, change):
    gallery, rows = new_gallery(), directions(4)
    gallery.add(["Ann", "Bob", "Cleo"], rows[:3])
    gallery.remove(["Ann"])
    before = gallery.nearest(rows[0], 9)
    fill, left, said = writing._fill, [], []

    def full(descriptor, content):
        left.append(descriptor)
        if len(left) == failing:
            raise OSError(28, "No space left on device")
        fill(descriptor, content)

    do = {
        "add": lambda: gallery.add(["Dan"], rows[3:]),
        "remove": lambda: gallery.remove(["Bob"]),
        "replace": lambda: gallery.add(["Bob"], rows[3:], replace=True),
        "compact": gallery.compact,
    }[change]
    monkeypatch.setattr(writing, "_fill", full)
    for failing in range(1, 20):  # noqa: B007 (`full` reads it)
        left.clear()
        try:
            do()
        except WriteError as error:
            said.append(error.what)
        else:
            break
        opened = Gallery.open(gallery.folder)
        assert (opened.names, opened.nearest(rows[0], 9)) == (["Bob", "Cleo"], before)
    assert said
    assert all("No space left on device" in each for each in said)
    kept = {record.id for record in gallery.manifest.segments}
    assert {path.name for path in (gallery.folder / "segments").iterdir()} == kept  # nothing is left over


def test_changes_by_many_at_once_are_all_kept(new_gallery, directions):
    folder, rows = new_gallery().folder, directions(9)

    def add(start):
        gallery = Gallery.open(folder)
        for index in range(start, start + 3):
            gallery.add([f"p{index}"], rows[index][None])

    threads = [threading.Thread(target=add, args=(start,)) for start in range(0, 9, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    opened = Gallery.open(folder)
    assert sorted(opened.names) == sorted(f"p{index}" for index in range(9))
    assert {opened.nearest(row)[0].name for row in rows} == set(opened.names)


def test_an_opened_gallery_goes_on_while_another_changes_it(new_gallery, directions):
    gallery, rows = new_gallery(), directions(3)
    gallery.add(["Ann", "Bob"], rows[:2])
    reader = Gallery.open(gallery.folder)
    gallery.remove(["Ann"])
    gallery.compact()
    assert reader.nearest(rows[0])[0].name == "Ann"
    assert Gallery.open(gallery.folder).nearest(rows[0])[0].name == "Bob"


def test_a_search_that_is_not_there_is_refused(new_gallery):
    with pytest.raises(InputError, match="no search"):
        Gallery.open(new_gallery().folder, search="annoy")


def test_without_faiss_numpy_searches_and_asking_for_it_says_what_to_install(new_gallery, directions, monkeypatch):
    gallery, rows = new_gallery(search="faiss"), directions(50)
    gallery.add([f"p{index}" for index in range(50)], rows)
    wanted = gallery.nearest(rows[3], 5)
    monkeypatch.setattr(scan_choice, "find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "faiss", None)
    scan_faiss._faiss.cache_clear()
    assert Gallery.open(gallery.folder).nearest(rows[3], 5) == wanted
    with pytest.raises(InputError, match="FAISS") as caught:
        Gallery.open(gallery.folder, search="faiss")
    assert caught.value.fix == "pip install 'edgeface[gallery]'"
    scan_faiss._faiss.cache_clear()
