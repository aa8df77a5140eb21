"""Statistics of parts of a list add up to those of the whole list."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest

from edgeface.backends.onnx.runner import OrtRunner
from edgeface.errors import InputError
from edgeface.graph.ops.activations import LeakyRelu
from edgeface.graph.ops.conv import Conv
from edgeface.quantize import sampling
from edgeface.quantize.bounds import Bounds
from edgeface.quantize.merge import merge
from edgeface.quantize.observe import Runs, observe_listed, observed_onnx
from edgeface.quantize.sampling import Sampling
from edgeface.quantize.statistics import STATISTICS, CalibrationStats

SIZE, COUNT = (1, 4, 12, 10), 12


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """Five of twelve images are sampled, two of them give patches, and few of their pixels."""
    for name, value in {"FEW": 6, "IMAGES": 5, "PATCH_IMAGES": 2, "POSITIONS": 64, "MIN_POSITIONS": 16}.items():
        monkeypatch.setattr(sampling, name, value)


@pytest.fixture
def graph(make_graph, normal):
    rows = [(Conv(pads=(1, 1, 1, 1)), "x w", "a"), (LeakyRelu(0.1), "a", "b"), (Conv(groups=6), "b d", "y")]
    return make_graph({"x": SIZE}, rows, {"w": normal(6, 4, 3, 3), "d": normal(6, 1, 3, 3)})


@pytest.fixture
def gather(graph, normal):
    """Statistics of some images of a list, by index."""
    bounds = Bounds(graph)
    runs = Runs(OrtRunner(observed_onnx(graph)).run, OrtRunner(bounds.model.onnx, in_order=True).run)

    def found(indices, needed=STATISTICS):
        feeds = ((index, {"x": normal(*SIZE, seed=index, scale=2.0**index)}) for index in indices)
        stats = observe_listed(bounds, runs, feeds, needed, Sampling(COUNT))
        return replace(stats, seen=tuple(f"{index:04}" for index in indices))

    return found


def saved(stats, path):
    stats.save(path)
    return path.read_bytes()


def test_parts_in_any_order_are_the_whole(gather, tmp_path):
    whole = saved(gather(range(COUNT)), tmp_path / "whole.npz")
    parts = {str(n): gather(some) for n, some in enumerate([range(2), range(2, 3), range(3, 7), range(7, COUNT)])}
    for order in permutations(parts):
        merged = merge({name: parts[name] for name in order})
        assert saved(merged, tmp_path / "merged.npz") == whole


def test_parts_may_be_added_step_by_step_and_through_files(gather, tmp_path):
    whole = saved(gather(range(COUNT)), tmp_path / "whole.npz")
    for name, indices in {"a": [0, 5, 9], "b": [1, 2, 3, 4], "c": [6, 7, 8, 10, 11]}.items():
        gather(indices).save(tmp_path / name)
    a, b, c = (CalibrationStats.load(tmp_path / name) for name in "abc")
    step = merge({"c": c, "a": a})
    step.save(tmp_path / "step")
    assert saved(merge({"b": b, "step": CalibrationStats.load(tmp_path / "step")}), tmp_path / "all") == whole


def test_statistics_are_the_same_after_saving(gather, tmp_path):
    stats = gather(range(COUNT))
    stats.save(tmp_path / "stats")
    found = CalibrationStats.load(tmp_path / "stats")
    assert (found.images, found.sampled, found.seen, found.holds) == (COUNT, 5, stats.seen, stats.holds)
    for name, moment in stats.moments.items():
        np.testing.assert_array_equal(found.moments[name], moment)
    for name, value in stats.values.items():
        np.testing.assert_array_equal(found.values[name].counts, value.counts)


def test_moments_are_means_over_the_images_that_give_patches(gather, graph, normal):
    from edgeface.quantize.patches import patch_moment

    stats = gather(range(COUNT))
    chosen = Sampling(COUNT)
    taken = [index for index in range(COUNT) if chosen.takes(index) and chosen.takes_patches(index)]
    feeds = [normal(*SIZE, seed=index, scale=2.0**index) for index in taken]
    wanted = sum(patch_moment(graph, graph.nodes[0], x, 2 * index) for index, x in zip(taken, feeds, strict=True))
    np.testing.assert_allclose(stats.moments["a"], wanted / len(taken), rtol=1e-5)


def test_bounds_are_of_every_image_and_counts_of_the_sampled(gather, normal):
    stats = gather(range(COUNT))
    images = np.concatenate([normal(*SIZE, seed=index, scale=2.0**index) for index in range(COUNT)])
    np.testing.assert_array_equal(stats.values["x"].low, images.min(axis=(0, 2, 3)))
    np.testing.assert_array_equal(stats.values["x"].high, images.max(axis=(0, 2, 3)))
    assert (stats.images, stats.sampled) == (COUNT, 5)
    assert stats.values["x"].counts.sum(axis=1).tolist() == [stats.values["x"].count] * 4


def refused(parts, match, *where):
    with pytest.raises(InputError, match=match) as caught:
        merge(parts)
    assert all(name in caught.value.where for name in where)
    assert caught.value.fix


def test_what_does_not_add_up_is_refused(gather):
    one, two = gather(range(4)), gather(range(4, COUNT))
    refused({"a": one, "b": replace(two, graph_digest="0" * 64)}, "different networks", "a", "b")
    refused({"a": one, "b": replace(two, values={})}, "different networks", "a", "b")
    refused({"a": one, "b": replace(two, sums={})}, "different networks", "a", "b")
    refused({"a": one, "b": gather(range(4, COUNT), ["ranges"])}, "histograms|second moments", "a", "b")
    refused({"a": one, "b": replace(two, sums=None)}, "older format", "b")
    refused({"a": one, "b": two, "c": gather([5, 6, 11])}, "3 of the images are in both", "b", "c")


def test_one_part_alone_is_itself_whatever_its_format(gather):
    old = replace(gather(range(4)), sums=None)
    assert merge({"a": old}) is old


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("coarse_0", lambda a: a + 0.5),
        ("fine_0", lambda a: a * np.inf),
        ("coarse_0", lambda a: a + 2.0**90),
        ("coarse_1", lambda a: a.astype(np.float32)),
        ("fine_0", lambda a: a[:-1]),
        ("coarse_1", lambda a: a[:, :-1]),
    ],
)
def test_a_file_with_other_sums_than_any_run_gives_is_refused(gather, tmp_path, name, change):
    gather(range(4)).save(tmp_path / "good.npz")
    with np.load(tmp_path / "good.npz") as arrays, np.errstate(invalid="ignore"):
        np.savez(tmp_path / "bad.npz", **{**arrays, name: change(arrays[name])})
    with pytest.raises(InputError, match="cannot read the calibration statistics"):
        CalibrationStats.load(tmp_path / "bad.npz")


def test_a_file_of_format_2_is_read(gather, tmp_path):
    stats = gather(range(4))
    replace(stats, sums=None).save(tmp_path / "old.npz")
    found = CalibrationStats.load(tmp_path / "old.npz")
    assert found.sums is None
    assert found.sampled == found.images == 4
    for name, moment in stats.moments.items():
        np.testing.assert_array_equal(found.moments[name], moment)
