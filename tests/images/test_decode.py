"""Images that decode in part only: refused, at whatever place they are cut, and no whole photograph is."""

import os
import random
import struct
import zlib

import cv2
import numpy as np
import pytest

from edgeface.errors import InputError
from edgeface.images.files import read_image

PLACES = (0.05, 0.3, 0.6, 0.9, 0.98)


def photograph(height=320, width=320):
    """Noise at several scales, so that every block takes bytes, as in a photograph."""
    draw = np.random.default_rng(7)
    image = np.zeros((height, width, 3), np.float32)
    for size in (4, 16, 64, 160):
        image += cv2.resize(draw.normal(0, 30, (size, size, 3)).astype(np.float32), (width, height))
    return np.clip(image + 128, 0, 255).astype(np.uint8)


def jpeg(*options, image=None):
    return cv2.imencode(".jpg", photograph() if image is None else image, list(options))[1].tobytes()


FORMS = {
    "baseline": (),
    "progressive": (cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
    "restarts": (cv2.IMWRITE_JPEG_RST_INTERVAL, 4),
    "optimized": (cv2.IMWRITE_JPEG_OPTIMIZE, 1),
}
DAMAGES = {
    "cut": lambda data, at: data[:at],
    "cut and closed": lambda data, at: data[:at] + b"\xff\xd9",
    "cut and filled with zeros": lambda data, at: data[:at] + bytes(len(data) - at),
    "filled with zeros and closed": lambda data, at: data[:at] + bytes(len(data) - at - 2) + b"\xff\xd9",
    "filled with ones and closed": lambda data, at: data[:at] + b"\xff" * (len(data) - at - 2) + b"\xff\xd9",
    "a block of zeros": lambda data, at: data[:at] + bytes(512) + data[at + 512 :],
}


def scan_of(data):
    return data.index(b"\xff\xda") + 14


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_jpeg_that_decodes_in_part_is_refused(tmp_path, form, damage, capfd):
    if (form, damage) == ("progressive", "a block of zeros"):
        pytest.skip("in a scan that refines, any bits are valid")
    data, path = jpeg(*FORMS[form]), tmp_path / "a.jpg"
    start = scan_of(data)
    for place in PLACES:
        at = start + int(place * (len(data) - start - 600))
        path.write_bytes(DAMAGES[damage](data, at))
        with pytest.raises(InputError, match=r"truncated|damaged") as caught:
            read_image(path)
        assert caught.value.where == str(path)
        assert "copy or download" in caught.value.fix
    assert capfd.readouterr().err == ""


def test_a_photographs_every_cut_is_refused(shared_data, tmp_path):
    draw, path = random.Random(3), tmp_path / "a.jpg"
    for file in sorted((shared_data / "scenes").glob("*.jpg"))[::12]:
        data = file.read_bytes()
        for _ in range(6):
            at = draw.randrange(scan_of(data), len(data) - 700)
            for damage in ("cut", "cut and closed", "filled with zeros and closed"):
                path.write_bytes(DAMAGES[damage](data, at))
                with pytest.raises(InputError, match=r"truncated|damaged"):
                    read_image(path)


def test_no_whole_photograph_is_refused(shared_data):
    files = sorted(shared_data.glob("scenes/*.jpg")) + sorted(shared_data.glob("labelled/*.jpg"))
    files += sorted(shared_data.glob("lfw/images/**/*.jpg"))[::10]
    assert len(files) > 250
    for file in files:
        assert read_image(file).shape[2] == 3


def test_padding_and_what_follows_a_whole_jpeg_do_not_matter(tmp_path, capfd):
    whole, path = jpeg(), tmp_path / "a.jpg"
    expected = cv2.imdecode(np.frombuffer(whole, np.uint8), cv2.IMREAD_COLOR)
    for data in (
        whole + b"a note that a program appended",
        whole + jpeg(image=photograph(40, 40)),
        whole[:-2] + bytes(15) + b"\xff\xd9",
        whole[:-2] + b"\xff" * 64 + b"\xff\xd9",
    ):
        path.write_bytes(data)
        np.testing.assert_array_equal(read_image(path), expected)
    assert capfd.readouterr().err == ""


def test_bytes_that_were_left_over_are_damage(tmp_path):
    whole, path = jpeg(), tmp_path / "a.jpg"
    path.write_bytes(whole[:-2] + bytes(range(1, 60)) + b"\xff\xd9")
    with pytest.raises(InputError, match="damaged"):
        read_image(path)


def test_a_png_that_is_cut_or_changed_is_refused(tmp_path, capfd):
    data, path, draw = cv2.imencode(".png", photograph())[1].tobytes(), tmp_path / "a.png", random.Random(1)
    path.write_bytes(data)
    np.testing.assert_array_equal(read_image(path), photograph())
    for _ in range(40):
        at = draw.randrange(40, len(data))
        for damaged in (data[:at], data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]):
            path.write_bytes(damaged)
            with pytest.raises(InputError, match="damaged"):
                read_image(path)
    assert capfd.readouterr().err == ""


def test_a_png_whose_pixels_end_early_is_refused(tmp_path):
    data, path = cv2.imencode(".png", photograph())[1].tobytes(), tmp_path / "a.png"

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    short = zlib.compress(bytes(321 * 3 * 10))
    path.write_bytes(data[:33] + chunk(b"IDAT", short) + chunk(b"IEND", b""))
    with pytest.raises(InputError, match="damaged"):
        read_image(path)


@pytest.mark.parametrize("extension", [".bmp", ".webp"])
def test_other_formats_that_are_cut_are_refused(tmp_path, extension):
    data, path = cv2.imencode(extension, photograph())[1].tobytes(), tmp_path / f"a{extension}"
    for place in (0.2, 0.5, 0.95):
        path.write_bytes(data[: int(place * len(data))])
        with pytest.raises(InputError, match=r"damaged|decoded"):
            read_image(path)


def test_what_others_write_to_stderr_meanwhile_is_not_lost(tmp_path, capfd, monkeypatch):
    path = tmp_path / "a.jpg"
    path.write_bytes(jpeg()[:-900] + b"\xff\xd9")
    decode = cv2.imdecode

    def speaking(*arguments):
        os.write(2, b"progress 1/2\r")
        found = decode(*arguments)
        os.write(2, b"from elsewhere\n")
        return found

    monkeypatch.setattr(cv2, "imdecode", speaking)
    with pytest.raises(InputError, match="damaged"):
        read_image(path)
    err = capfd.readouterr().err
    assert "progress 1/2\r" in err
    assert "Corrupt" not in err
