"""edgeface_face.hpp against the program in Python: pixels to the byte, faces to rounding."""

from __future__ import annotations

import shutil
import subprocess

import numpy as np
import pytest

from edgeface.bundle.cpp_contract import DECODERS, cpp_contract
from edgeface.bundle.examples import SOURCES
from edgeface.bundle.face_runner.images import decode_image, encode_ppm
from edgeface.bundle.face_runner.network import _quantized
from edgeface.bundle.face_runner.pipeline import aligned_face, letterbox
from edgeface.images.synthetic import synthetic_images
from edgeface.tasks.detection.decoders.scrfd import Scrfd
from edgeface.tasks.detection.decoders.ssd import Ssd
from edgeface.tasks.detection.decoders.yunet import YuNet
from edgeface.tasks.detection.decoding import Decoding
from edgeface.tasks.detection.main_face import main_face

HERE = SOURCES.parents[2] / "tests" / "bundle"
HEIGHT, WIDTH = 40, 56
PRIORS = {"strides": (8, 16, 32), "sizes": ((16, 32), (64.0, (100.0, 120.5)), (256,))}
DECODED = [
    ("ssd", Ssd(**PRIORS)),
    ("ssd", Ssd(**PRIORS, score="softmax", columns=3, background=2, landmarks=0)),
    ("ssd", Ssd(**PRIORS, score="sigmoid", columns=1, box="corners", landmarks=6)),
    ("ssd", Ssd(**PRIORS, background=1, box="pixels", variances=(0.2, 0.1))),
    ("scrfd", Scrfd()),
    ("scrfd", Scrfd(per_cell=1, offset=0.5, maps="floor", units="pixel", score="sigmoid", landmarks=0)),
    ("yunet", YuNet()),
    ("yunet", YuNet(strides=(8, 16), offset=0.5, maps="floor", score="sigmoid", landmarks=0)),
]
SIZES = [(40, 56), (80, 112), (120, 168), (33, 47), (97, 50), (20, 28), (31, 90), (11, 200)]
STORED = [
    ("float32", {}),
    ("int8", {"scales": [0.7], "zero_points": [-3]}),
    ("uint8", {"scales": [1.3], "zero_points": [128]}),
]
TEMPLATE = [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
POINTS = [
    [[30.5, 40.25], [61.0, 44.5], [44.0, 60.0], [30.0, 75.5], [55.25, 78.0]],
    [[-8.0, 10.0], [40.0, -12.0], [22.0, 20.0], [18.0, 47.0], [44.0, 33.0]],
    [[30.5, 40.25], [61.0, 44.5], [44.0, 60.0], [43.0, 76.5], [10.0, 40.0], [80.0, 44.0]],
]


def spec(color="rgb", fit="letterbox", height=HEIGHT, width=WIDTH):
    channels = 1 if color == "grey" else 3
    mean, scale = [104.0, 117.5, 123.0][:channels], [1 / 128, 0.5, 1.0][:channels]
    return {"height": height, "width": width, "colour": color, "mean": mean, "scale": scale, "fit": fit}


FITTED = [(size, spec(), stored) for size in SIZES for stored in STORED[:1]]
FITTED += [((97, 50), spec(color, fit), STORED[1]) for color in ("bgr", "grey") for fit in ("letterbox", "stretch")]
FITTED += [((33, 47), spec(), stored) for stored in STORED[1:]]


def numbers_of(rng, role, shape, decoder):
    """Values of an output: scores of any kind, offsets of some pixels or corners, and those of damaged weights."""
    values = rng.normal(size=shape).astype(np.float32)
    if role.startswith(("scores", "classes", "objects")):
        return values if decoder.score in ("softmax", "sigmoid") else rng.random(shape, np.float32)
    unit = {"corners": 1, "pixels": WIDTH}.get(getattr(decoder, "box", "ssd"))
    values = values * np.float32(2) if unit is None else np.sort(rng.random(shape, np.float32) * np.float32(unit))
    values.reshape(-1)[::97] = 3e11
    return values


def input_of(given, stored=("float32", {})):
    kind, how = stored
    told = f"{how['scales'][0]!r}f, {how['zero_points'][0]}" if how else "1.0f, 0"
    mean, scale = (", ".join(f"{np.float32(v)!s}f" for v in given[key]) for key in ("mean", "scale"))
    return (
        f"edgeface::Input{{{given['height']}, {given['width']}, edgeface::Color::{given['colour']}, {{{mean}}}, "
        f"{{{scale}}}, {str(given['fit'] == 'stretch').lower()}, false, {{edgeface::Kind::{kind}, {told}}}}}"
    )


@pytest.fixture(scope="module")
def values():
    """The outputs of each decoder by role."""
    rng = np.random.default_rng(3)
    return [
        {role: numbers_of(rng, role, shape, decoder) for role, shape in decoder.expected(HEIGHT, WIDTH).items()}
        for _, decoder in DECODED
    ]


@pytest.fixture(scope="module")
def pictures():
    (large,) = synthetic_images(1, seed=4)
    return {size: np.ascontiguousarray(large[: size[0], : size[1]]) for size in SIZES}


@pytest.fixture(scope="module")
def lines(values, pictures, tmp_path_factory):
    """What the driver prints: a line for each of `DECODED`, of `FITTED` and of `POINTS`."""
    compiler = shutil.which("c++")
    if compiler is None:
        pytest.skip("there is no C++ compiler")
    folder = tmp_path_factory.mktemp("header")
    head, body = [], []
    for index, ((name, decoder), outputs) in enumerate(zip(DECODED, values, strict=True)):
        head.append(f"namespace case{index} {{\n{DECODERS[name](decoder)}\n}}")
        counts = ", ".join(str(each.size) for each in outputs.values())
        body.append(f"decode(case{index}::decoder, {input_of(spec())}, {{{counts}}});")
    for size, picture in pictures.items():
        (folder / f"{size[0]}x{size[1]}.ppm").write_bytes(encode_ppm(picture))
    for size, given, stored in FITTED:
        body.append(f'fit(at + "{size[0]}x{size[1]}.ppm", {input_of(given, stored)});')
    template = ", ".join(f"{{{x}, {y}}}" for x, y in TEMPLATE)
    for points in POINTS:
        landmarks = ", ".join(f"{{{x}f, {y}f}}" for x, y in points)
        face = input_of(spec(height=112, width=96))
        body.append(f'align(at + "97x50.ppm", {{{{{template}}}}}, {{{landmarks}}}, {face});')
    text = "\n".join([*head, "static void run_cases(const std::string &at) {", *body, "}"])
    (folder / "cases.hpp").write_text(text)
    (folder / "values").write_bytes(b"".join(each.tobytes() for outputs in values for each in outputs.values()))
    program = folder / "driver"
    command = [compiler, "-std=c++17", "-Wall", "-Wextra", "-Werror", f"-I{SOURCES / 'cpp'}", f"-I{folder}"]
    subprocess.run([*command, str(HERE / "header_driver.cpp"), "-o", str(program)], check=True)
    ended = subprocess.run([program, folder / "values", f"{folder}/"], capture_output=True, text=True, check=True)
    return ended.stdout.splitlines()


@pytest.mark.parametrize("index", range(len(DECODED)))
def test_a_decoder_finds_the_faces_that_python_finds(index, lines, values):
    decoder = DECODED[index][1]
    roles = decoder.expected(HEIGHT, WIDTH)
    decoding = Decoding(decoder, {role: role for role in roles}, HEIGHT, WIDTH, 0.4, "here")
    wanted = decoding.faces(values[index], (0.9, 0.8), (50, 70), 0.3)
    assert len(wanted) > 3
    count, *numbers, main = lines[index].split()
    assert int(count) == len(wanted)
    told = [[face.score, *face.box, *np.ravel(face.landmarks)] for face in wanted]
    np.testing.assert_allclose(np.array(numbers, float).reshape(len(wanted), -1), told, rtol=2e-6, atol=1e-4)
    assert wanted[int(main)] == main_face(wanted, (50, 70))


@pytest.mark.parametrize("index", range(len(FITTED)))
def test_an_input_has_the_bytes_that_python_feeds(index, lines, pictures):
    size, given, (kind, how) = FITTED[index]
    x, y, found = lines[len(DECODED) + index].split()
    tensor, scale = letterbox(pictures[size], given)
    stored = (
        _quantized(tensor, {"dtype": np.dtype(kind), "quantization_parameters": {"scales": [], **how}})
        if how
        else tensor
    )
    assert bytes.fromhex(found) == stored.tobytes()
    assert (float(x), float(y)) == (scale if isinstance(scale, tuple) else (scale, scale))


@pytest.mark.parametrize("index", range(len(POINTS)))
def test_an_aligned_face_has_the_bytes_that_python_aligns(index, lines, pictures):
    found = bytes.fromhex(lines[len(DECODED) + len(FITTED) + index])
    contract = {"input": spec(height=112, width=96), "template": TEMPLATE}
    picture = pictures[97, 50]
    assert found == aligned_face(picture, POINTS[index], contract)[:, :, ::-1].tobytes()


def test_a_bundle_s_header_has_the_contracts_in_words_of_the_header(files):
    header = cpp_contract(files).decode()
    assert files["cpp/face_contract.hpp"].decode() == header
    assert "inline constexpr int threads = 2;" in header
    assert "edgeface::Kind::int8" in header
    assert 'folder + "detector.tflite"' in header
    assert files["cpp/litert.h"] == files["c/litert.h"]


def test_the_main_photograph_of_a_bundle_is_read_like_any_ppm(files):
    assert decode_image(files["golden/scene.ppm"], "scene").shape == (120, 160, 3)
