import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from edgeface.contracts import ImageInput
from edgeface.errors import InputError
from edgeface.images.files import letterbox, read_gray, read_image
from edgeface.images.header import claims_too_much, declared_size, lacks_png_end

SPEC = ImageInput(height=48, width=64, color="bgr", mean=(104.0, 117.0, 123.0))


def gradient(height: int, width: int) -> np.ndarray:
    rows, columns = np.mgrid[0:height, 0:width]
    return np.stack([columns * 255 // width, rows * 255 // height, np.full_like(rows, 40)], 2).astype(np.uint8)


def with_orientation(jpeg: bytes, orientation: int) -> bytes:
    tiff = b"II*\0\x08\0\0\0" + struct.pack("<HHHIHHI", 1, 0x0112, 3, 1, orientation, 0, 0)
    segment = b"Exif\0\0" + tiff
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + jpeg[2:]


@pytest.mark.parametrize("extension", [".jpg", ".png", ".bmp", ".webp", ".ppm"])
def test_header_gives_the_size_that_decoding_gives(extension: str, tmp_path: Path) -> None:
    image = gradient(37, 53)
    path = tmp_path / f"x{extension}"
    cv2.imwrite(str(path), image)
    assert declared_size(path.read_bytes()) == (37, 53)
    assert read_image(path).shape == (37, 53, 3)


@pytest.mark.parametrize("channels", [1, 3])
def test_netpbm_is_read_as_the_board_s_runner_reads_it(channels: int, tmp_path: Path) -> None:
    from edgeface.bundle.face_runner.images import decode_image

    image = gradient(37, 53) if channels == 3 else np.ascontiguousarray(gradient(37, 53)[:, :, 0])
    path = tmp_path / ("x.ppm" if channels == 3 else "x.pgm")
    kind, stored = (b"P6", image[:, :, ::-1]) if channels == 3 else (b"P5", image)
    path.write_bytes(kind + b" # a comment\n53\n37 255\n" + stored.tobytes())
    np.testing.assert_array_equal(read_image(path), np.broadcast_to(image.reshape(37, 53, channels), (37, 53, 3)))
    np.testing.assert_array_equal(read_image(path), decode_image(path.read_bytes(), str(path)))
    assert read_gray(path, 8).shape == (37, 53)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"P6 16 16 255\n" + bytes(767), "truncated or has trailing bytes"),
        (b"P6 16 16 255\n" + bytes(769), "truncated or has trailing bytes"),
        (b"P6 16 16 65535\n" + bytes(1536), "not one of 8 bits"),
        (b"P3 16 16 255\n" + b"0 " * 768, "not an image"),
        (b"P6 999999 999999 255\n", "megapixels"),
        (b"P6 4 400 255\n" + bytes(4800), "only 400×4 pixels"),
        (b"P6" + b" " * 5000 + b"x", "not one of 8 bits"),
    ],
)
def test_netpbm_that_is_not_whole_or_of_8_bits_is_refused(data: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "x.ppm").write_bytes(data)
    with pytest.raises(InputError, match=message):
        read_image(tmp_path / "x.ppm")
    assert read_gray(tmp_path / "x.ppm", 8) is None


@pytest.mark.parametrize("quality", [80, 101])
def test_both_webp_codecs_are_read(quality: int) -> None:
    _, data = cv2.imencode(".webp", gradient(21, 34), [cv2.IMWRITE_WEBP_QUALITY, quality])
    assert declared_size(data.tobytes()) == (21, 34)


def test_png_is_read_exactly_and_gray_becomes_three_channels(tmp_path: Path) -> None:
    image = gradient(20, 30)
    cv2.imwrite(str(tmp_path / "c.png"), image)
    cv2.imwrite(str(tmp_path / "g.png"), image[:, :, 0])
    np.testing.assert_array_equal(read_image(tmp_path / "c.png"), image)
    np.testing.assert_array_equal(read_image(tmp_path / "g.png"), np.repeat(image[:, :, :1], 3, 2))


def test_exif_orientation_is_honoured(tmp_path: Path) -> None:
    _, jpeg = cv2.imencode(".jpg", gradient(20, 40))
    path = tmp_path / "turned.jpg"
    path.write_bytes(with_orientation(jpeg.tobytes(), 6))
    upright = read_image(path)
    assert upright.shape == (40, 20, 3)
    plain = cv2.imdecode(jpeg, cv2.IMREAD_COLOR)
    np.testing.assert_array_equal(upright, cv2.rotate(plain, cv2.ROTATE_90_CLOCKWISE))


def test_unusable_files_are_named_with_their_fault(tmp_path: Path) -> None:
    png = cv2.imencode(".png", gradient(40, 40))[1].tobytes()
    cases = {
        "empty.jpg": (b"", "is empty"),
        "text.jpg": (b"hello, I am text, not an image", "not an image"),
        "cut.png": (png[:60], "damaged|decoded"),
        "cut.jpg": (cv2.imencode(".jpg", gradient(400, 400))[1].tobytes()[:-900], "truncated"),
        "tiny.png": (cv2.imencode(".png", gradient(4, 40))[1].tobytes(), "only 4×40"),
    }
    for name, (data, message) in cases.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(InputError, match=message) as caught:
            read_image(tmp_path / name)
        assert caught.value.where == str(tmp_path / name)
    with pytest.raises(InputError, match="no such file"):
        read_image(tmp_path / "absent.jpg")


def test_a_png_that_claims_a_huge_size_is_refused_before_decoding(tmp_path: Path) -> None:
    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + b"IHDR" + header + struct.pack(">I", zlib.crc32(b"IHDR" + header))
    (tmp_path / "bomb.png").write_bytes(b"\x89PNG\r\n\x1a\n" + chunk)
    with pytest.raises(InputError, match="over 100 megapixels"):
        read_image(tmp_path / "bomb.png")


def test_letterbox_without_resizing_only_normalizes() -> None:
    image = gradient(48, 64)
    tensor, scale = letterbox(image, SPEC)
    assert (tensor.shape, tensor.dtype, scale) == ((1, 3, 48, 64), np.float32, 1.0)
    assert tensor.flags.c_contiguous
    np.testing.assert_allclose(tensor[0, 1], image[:, :, 1] - np.float32(117))


def test_letterbox_orders_channels_as_declared_and_keeps_mean_by_tensor_channel() -> None:
    image = gradient(48, 64)
    rgb, _ = letterbox(image, SPEC.model_copy(update={"color": "rgb", "scale": (0.5, 0.5, 0.5)}))
    np.testing.assert_allclose(rgb[0, 0], (image[:, :, 2] - np.float32(104)) * 0.5)


@pytest.mark.parametrize(
    ("size", "scale", "filled"), [((96, 64), 0.5, (48, 32)), ((12, 32), 2.0, (24, 64)), ((1, 640), 0.1, (1, 64))]
)
def test_letterbox_fits_at_the_top_left_and_pads_with_zero(size, scale, filled) -> None:
    tensor, got = letterbox(np.full((*size, 3), 255, np.uint8), SPEC)
    assert got == pytest.approx(scale)
    rows, columns = filled
    assert (tensor[0, 0, :rows, :columns] == 255 - 104).all()
    assert not tensor[0, :, rows:].any()
    assert not tensor[0, :, :, columns:].any()


@pytest.mark.parametrize(
    "bad", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.float32), np.zeros((0, 4, 3), np.uint8)]
)
def test_letterbox_refuses_arrays_that_are_not_images(bad: np.ndarray) -> None:
    with pytest.raises(InputError, match="uint8"):
        letterbox(bad, SPEC)


@pytest.mark.parametrize(
    ("size", "file_bytes", "refused"),
    [
        ((4000, 4000), 100, False),
        ((4001, 4001), 100, True),
        ((9000, 9000), 81_000, False),
        ((9000, 9000), 80_999, True),
    ],
)
def test_a_large_image_of_hardly_any_bytes_claims_too_much(size, file_bytes, refused):
    assert claims_too_much(size, file_bytes) == refused


def test_an_image_that_claims_too_much_is_refused_before_decoding(tmp_path: Path) -> None:
    data = bytearray(cv2.imencode(".jpg", np.zeros((16, 16, 3), np.uint8))[1])
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = b"\x20\x00\x20\x00"
    (tmp_path / "a.jpg").write_bytes(data)
    with pytest.raises(InputError, match="which no photograph does"):
        read_image(tmp_path / "a.jpg")


def test_a_png_whose_chunks_do_not_lead_to_its_end_is_seen():
    data = cv2.imencode(".png", gradient(16, 16))[1].tobytes()
    assert not lacks_png_end(data)
    assert not lacks_png_end(b"no image")
    chunk = data.index(b"IDAT") - 4
    for length in (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\0\1\0\0"):
        assert lacks_png_end(data[:chunk] + length + data[chunk + 4 :])
    assert lacks_png_end(data[: data.index(b"IEND")])
