from __future__ import annotations

import json
import pickle

import numpy as np
import pytest

from edgeface.errors import InputError
from edgeface.quantize.histogram import BINS, bin_centers
from edgeface.quantize.statistics import STATISTICS, CalibrationStats, summarize


def equal(a, b):
    np.testing.assert_array_equal(a.counts, b.counts)
    np.testing.assert_array_equal(a.low, b.low)
    np.testing.assert_array_equal(a.high, b.high)
    np.testing.assert_allclose(a.total, b.total, rtol=1e-12)
    assert a.count == b.count


def test_merged_statistics_are_those_of_all_images_at_once(normal):
    first, second = normal(1, 3, 4, 5, seed=1), normal(1, 3, 6, 5, seed=2) * 100
    equal(summarize(first).merged(summarize(second)), summarize(np.concatenate([first, second], axis=2)))


def test_numbers_fall_into_the_nearest_bin():
    numbers = np.array([-1e9, -3.0, -1e-9, 0.0, 1e-9, 0.01, 1.0, 700.0, 1e9], np.float32)
    counts = summarize(numbers).counts[0]
    assert counts.sum() == len(numbers)
    found = np.repeat(bin_centers(), counts)
    inside = np.abs(numbers) > 1e-4
    inside &= np.abs(numbers) < 1e4
    np.testing.assert_allclose(found[inside], numbers[inside], rtol=2 ** (1 / 32) - 1 + 1e-6)
    assert (found[[2, 3, 4]] == 0).all()
    assert found[0] == bin_centers()[0]
    assert found[-1] == bin_centers()[-1]


def test_images_are_counted_by_channel_and_other_tensors_as_one(normal):
    image = normal(1, 3, 4, 5)
    stats = summarize(image)
    assert stats.counts.shape == (3, BINS)
    np.testing.assert_allclose(stats.mean, image[0].mean(axis=(1, 2)), rtol=1e-5)
    assert stats.range == (image.min(), image.max())
    assert summarize(normal(7, 5)).counts.shape == (1, BINS)


def test_a_stride_thins_the_histogram_and_keeps_the_range(normal):
    image = normal(1, 2, 9, 9)
    image[0, 0, 1, 1] = 50
    for phase in range(9):
        thin = summarize(image, stride=3, phase=phase)
        assert thin.counts.sum() == 2 * 9
        assert thin.range == summarize(image).range
    whole = sum(summarize(image, 3, phase).counts for phase in range(9))
    np.testing.assert_array_equal(whole, summarize(image).counts)


def test_scaled_statistics_are_those_of_scaled_data_within_a_bin(normal):
    image, steps = normal(1, 4, 30, 30), np.array([0, 5, -23, 16])
    factor = np.exp2(steps / 16).astype(np.float32)
    scaled, wanted = summarize(image).scaled(steps), summarize(image * factor.reshape(1, 4, 1, 1))
    np.testing.assert_allclose(scaled.low, wanted.low, rtol=1e-6)
    np.testing.assert_allclose(scaled.high, wanted.high, rtol=1e-6)
    np.testing.assert_allclose(scaled.mean, wanted.mean, rtol=1e-4, atol=1e-6)
    distance = np.abs(np.cumsum(scaled.counts, axis=1) - np.cumsum(wanted.counts, axis=1))
    beside = np.maximum(wanted.counts, np.roll(wanted.counts, -1, axis=1))
    assert (distance <= beside).all()


def test_what_scaling_pushes_out_stays_in_the_last_bin():
    stats = summarize(np.array([-5.0, 0.0, 5.0], np.float32))
    for steps in (4000, -4000):
        moved = stats.scaled(np.array([steps])).counts[0]
        assert moved.sum() == 3
        assert moved[BINS // 2] == 1
    assert stats.scaled(np.array([4000])).counts[0, [0, -1]].tolist() == [1, 1]


def test_saved_statistics_are_read_back(normal, tmp_path):
    values = {"x": summarize(normal(1, 3, 4, 5)), "y/out": summarize(normal(2, 7))}
    moment = normal(3, 3).astype(np.float64)
    path = tmp_path / "stats.npz"
    CalibrationStats(values, {"conv": moment}, 12, "ab" * 32).save(path)
    found = CalibrationStats.load(path)
    assert (list(found.values), found.images, found.graph_digest) == (["x", "y/out"], 12, "ab" * 32)
    for name, stats in values.items():
        equal(found.values[name], stats)
    np.testing.assert_array_equal(found.moments["conv"], moment.astype(np.float32))


def test_without_histograms_there_are_ranges_and_means(normal):
    first, second = normal(1, 3, 4, 5, seed=1), normal(1, 3, 4, 5, seed=2)
    whole, few = ([summarize(image, with_histograms=kept) for image in (first, second)] for kept in (True, False))
    steps = np.array([0, 5, -3])
    wanted, found = (one[0].merged(one[1]).scaled(steps) for one in (whole, few))
    assert found.counts.shape == (3, 0)
    assert found.range == wanted.range
    np.testing.assert_array_equal(found.mean, wanted.mean)


@pytest.mark.parametrize("holds", [("ranges",), ("ranges", "histograms"), STATISTICS], ids=len)
def test_a_file_lists_its_kinds_of_statistics(normal, tmp_path, holds):
    stats = summarize(normal(1, 3, 4, 5), with_histograms="histograms" in holds)
    CalibrationStats({"x": stats}, {}, 1, "d", holds).save(tmp_path / "stats.npz")
    found = CalibrationStats.load(tmp_path / "stats.npz")
    assert found.holds == holds
    equal(found.values["x"], stats)


def test_a_file_of_format_1_has_all_statistics(tmp_path, good):
    header = json.loads(good["header"].tobytes())
    del header["holds"]
    good["header"] = np.frombuffer(json.dumps({**header, "format": 1}).encode(), np.uint8)
    np.savez(tmp_path / "old.npz", **good)
    assert CalibrationStats.load(tmp_path / "old.npz").holds == STATISTICS


@pytest.mark.parametrize("holds", [["ranges"], None, 3])
def test_a_file_that_contradicts_its_header_is_refused(tmp_path, good, holds):
    header = json.loads(good["header"].tobytes())
    good["header"] = np.frombuffer(json.dumps({**header, "holds": holds}).encode(), np.uint8)
    np.savez(tmp_path / "bad.npz", **good)
    refused(tmp_path / "bad.npz")


@pytest.fixture
def good(normal, tmp_path):
    path = tmp_path / "stats.npz"
    CalibrationStats({"x": summarize(normal(1, 3, 4, 5))}, {}, 1, "d").save(path)
    with np.load(path) as arrays:
        return dict(arrays)


class Danger:
    def __reduce__(self):
        return pytest.fail, ("a pickle was loaded",)


def refused(path):
    with pytest.raises(InputError, match="cannot read the calibration statistics") as caught:
        CalibrationStats.load(path)
    assert caught.value.where == str(path)


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04 cut short", pickle.dumps({"format": 1})])
def test_foreign_files_are_refused(tmp_path, content):
    path = tmp_path / "stats.npz"
    path.write_bytes(content)
    refused(path)


def test_pickles_are_never_loaded(tmp_path, good):
    path = tmp_path / "bad.npz"
    np.savez(path, **{**good, "counts_0": np.array([Danger()], dtype=object)})
    refused(path)
    path.write_bytes(pickle.dumps(Danger()))
    refused(path)


def test_a_missing_file_is_refused(tmp_path):
    refused(tmp_path / "absent.npz")


@pytest.mark.parametrize("damage", ["counts_0", "range_0", "total_0", "header"])
def test_a_file_that_lacks_something_is_refused(tmp_path, good, damage):
    del good[damage]
    np.savez(tmp_path / "bad.npz", **good)
    refused(tmp_path / "bad.npz")


@pytest.mark.parametrize(
    "header", [{"format": 99}, {"format": 1}, [], "text", {"format": 1, "names": ["x"], "convolutions": []}]
)
def test_a_wrong_header_is_refused(tmp_path, good, header):
    good["header"] = np.frombuffer(json.dumps(header).encode(), np.uint8)
    np.savez(tmp_path / "bad.npz", **good)
    refused(tmp_path / "bad.npz")


@pytest.mark.parametrize(
    ("name", "shape"), [("counts_0", (3, 7)), ("counts_0", (BINS,)), ("range_0", (2, 5)), ("total_0", (9,))]
)
def test_arrays_of_wrong_shape_are_refused(tmp_path, good, name, shape):
    np.savez(tmp_path / "bad.npz", **{**good, name: np.zeros(shape)})
    refused(tmp_path / "bad.npz")


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("counts_0", lambda a: a - 5, "negative counts"),
        ("n_0", lambda a: -a, "negative counts"),
        ("counts_0", lambda a: a.astype(np.float64), "wrong dtype"),
        ("n_0", lambda a: np.array(["7"]), "wrong shape"),
        ("n_0", lambda a: np.array("7"), "wrong dtype"),
        ("range_0", lambda a: a * np.inf, "no finite range"),
        ("range_0", lambda a: a[::-1].copy(), "no finite range"),
        ("total_0", lambda a: a * np.nan, "no finite range"),
    ],
)
def test_numbers_that_no_run_gives_are_refused(tmp_path, good, name, change, says):
    with np.errstate(invalid="ignore"):
        np.savez(tmp_path / "bad.npz", **{**good, name: change(good[name])})
    with pytest.raises(InputError, match=says):
        CalibrationStats.load(tmp_path / "bad.npz")


@pytest.mark.parametrize(
    "change",
    [
        {"images": -1},
        {"images": 1.5},
        {"images": "1"},
        {"names": "x"},
        {"names": [1]},
        {"convolutions": {"x": 1}},
        {"holds": ["x"]},
        {"graph": None},
    ],
)
def test_a_header_with_a_value_of_another_type_is_refused(tmp_path, good, change):
    header = json.loads(good["header"].tobytes()) | change
    np.savez(tmp_path / "bad.npz", **good | {"header": np.frombuffer(json.dumps(header).encode(), np.uint8)})
    refused(tmp_path / "bad.npz")


def test_damaged_compressed_bytes_are_refused(tmp_path, good):
    np.savez_compressed(tmp_path / "bad.npz", **good)
    data = bytearray((tmp_path / "bad.npz").read_bytes())
    seen = 0
    for at in range(100, 400, 3):  # compressed bytes, and the entries' own headers, some of which nothing reads
        (tmp_path / "bad.npz").write_bytes(data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :])
        try:
            CalibrationStats.load(tmp_path / "bad.npz")
        except InputError:
            seen += 1
    assert seen > 50
