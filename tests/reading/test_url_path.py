"""Folders of images at a URL: read as those of this machine are."""

from __future__ import annotations

import pickle
from pathlib import Path

import cv2
import numpy as np
import pytest

from edgeface.errors import InputError
from edgeface.images.files import read_digested, read_image
from edgeface.images.folder import image_name, list_images
from edgeface.images.split import choose_images
from edgeface.reading.existing import refuse_missing
from edgeface.reading.kinds import IMAGE
from edgeface.reading.regular_file import digest_file, is_file, is_folder, is_there
from edgeface.reading.url_path import UrlPath, place_of

fsspec = pytest.importorskip("fsspec")
NAMES = ("Ann/Ann_0001.png", "Ann/Ann_0002.jpg", "Bob/Bob_0001.png")


@pytest.fixture
def stored(tmp_path):
    """A folder on this machine, and a copy in a store in memory: (folder, its URL as the command line has it)."""
    folder, store = tmp_path / "people", fsspec.filesystem("memory")
    for number, name in enumerate(NAMES):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        assert cv2.imwrite(str(file), np.random.default_rng(number).integers(0, 256, (64, 48, 3), np.uint8))
        store.pipe_file(f"/{tmp_path.name}/people/{name}", file.read_bytes())
    store.pipe_file(f"/{tmp_path.name}/people/Ann/notes.txt", b"no image")
    store.pipe_file(f"/{tmp_path.name}/people/.hidden/a.png", b"left out")
    yield folder, Path(f"memory://{tmp_path.name}/people")
    store.rm(f"/{tmp_path.name}", recursive=True)


def test_a_folder_at_a_url_lists_what_a_folder_here_does(stored):
    folder, url = stored
    place = place_of(url)
    files = list_images(place)
    assert [image_name(file, place) for file in files] == list(NAMES)
    assert [image_name(file, folder) for file in list_images(folder)] == list(NAMES)
    assert str(files[0]) == f"memory://{url.parent.name}/people/{NAMES[0]}"
    assert is_folder(place)
    assert is_file(files[0])
    assert not is_there(place / "absent")


def test_an_image_at_a_url_is_the_image(stored):
    folder, url = stored
    for name in NAMES:
        there, here = place_of(url) / name, folder / name
        np.testing.assert_array_equal(read_image(there), read_image(here))
        assert digest_file(there, IMAGE) == digest_file(here, IMAGE) == read_digested(there)[0]


def test_images_at_a_url_are_chosen_as_those_here(stored):
    folder, url = stored
    chosen = [choose_images(place, None, 2).provenance() for place in (folder, place_of(url))]
    assert chosen[0] == chosen[1]


def test_a_url_goes_to_another_process(stored):
    file = place_of(stored[1]) / NAMES[0]
    again = pickle.loads(pickle.dumps(file))
    assert (type(again), str(again)) == (UrlPath, str(file))


@pytest.mark.parametrize("text", ["memory:///nothing/here", "no-such-protocol://a", "memory://no/such/folder/"])
def test_a_url_that_leads_nowhere_is_refused(text):
    with pytest.raises(InputError, match=r"cannot use this URL of images: there is nothing|is no known protocol"):
        place_of(Path(text))


def test_what_cannot_read_a_protocol_says_what_to_install():
    known = fsspec.available_protocols()
    lacking = next(name for name in ("s3", "gs", "abfs", "oci", "sftp", "smb") if name in known and _is_missing(name))
    with pytest.raises(InputError, match=f"nothing here reads {lacking}:// URLs") as caught:
        place_of(Path(f"{lacking}://bucket/folder"))
    assert caught.value.fix


def _is_missing(protocol):
    try:
        fsspec.get_filesystem_class(protocol)
    except ImportError:
        return True
    return False


@pytest.mark.parametrize("text", ["photos", "/tmp", "C:/photos", "a:b/c", "x/memory:/x"])
def test_a_path_stays_a_path(text):
    assert place_of(Path(text)) == Path(text)
    assert type(place_of(Path(text))) is type(Path())


def test_a_file_url_is_the_path(tmp_path):
    assert place_of(Path(f"file://{tmp_path}")) == tmp_path
    assert type(place_of(Path(f"file://{tmp_path}"))) is type(Path())


def test_a_folder_here_of_that_name_is_meant(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "memory:" / "photos").mkdir(parents=True)
    assert type(place_of(Path("memory:/photos"))) is type(Path())


def test_text_below_a_folder_never_becomes_a_url(stored):
    inside = Path() / f"memory:/{stored[1].parent.name}/people/{NAMES[0]}"
    assert not is_there(inside)
    with pytest.raises(InputError, match="there is no such file"):
        read_image(inside)


def test_an_image_that_is_too_large_or_damaged_is_refused_as_here(stored, monkeypatch):
    place = place_of(stored[1])
    with pytest.raises(InputError, match="it is too large, over 10 bytes"):
        digest_file(place / NAMES[0], type(IMAGE)("image", 10))
    with pytest.raises(InputError, match="not an image") as caught:
        read_image(place / "Ann" / "notes.txt")
    assert caught.value.where == str(place / "Ann" / "notes.txt")
    with pytest.raises(InputError, match="it is a folder, not a file"):
        read_image(place / "Ann")


def test_a_missing_folder_is_named_by_its_url(stored):
    place = place_of(stored[1]) / "absent"
    with pytest.raises(InputError, match="--images: there is no such file or folder") as caught:
        refuse_missing({"--images": place})
    assert caught.value.where.startswith("memory://")
