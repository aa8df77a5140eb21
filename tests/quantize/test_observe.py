"""Observation and the moments of patches."""

from __future__ import annotations

import weakref

import numpy as np
import pytest

from edgeface.backends.onnx.runner import OrtRunner
from edgeface.core.prefetch import MAX_WORKERS
from edgeface.errors import RuntimeFailure
from edgeface.graph.ops.activations import LeakyRelu, Relu
from edgeface.graph.ops.conv import Conv
from edgeface.quantize.binning import histograms
from edgeface.quantize.bounds import Bounds
from edgeface.quantize.observe import Runs, graph_digest, observe, observe_listed, observed_onnx
from edgeface.quantize.patches import patch_moment
from edgeface.quantize.sampling import PATCHES, POSITIONS, Sampling

SIZE = (1, 4, 6, 5)


def brute_force(x, op, kernel, out_shape, pixels):
    """Mean of p·pᵀ over output pixels, patch by patch from a padded image."""
    top, left, bottom, right = op.pads
    padded = np.pad(x[0], ((0, 0), (top, bottom), (left, right))).astype(np.float64)
    rows = []
    for pixel in pixels:
        y, z = pixel // out_shape[3] * op.strides[0], pixel % out_shape[3] * op.strides[1]
        ends = (y + op.dilations[0] * (kernel[0] - 1) + 1, z + op.dilations[1] * (kernel[1] - 1) + 1)
        rows.append(padded[:, y : ends[0] : op.dilations[0], z : ends[1] : op.dilations[1]])
    return np.stack(rows)


@pytest.mark.parametrize(
    ("op", "weight"),
    [
        (Conv(pads=(1, 1, 1, 1)), (6, 4, 3, 3)),
        (Conv(strides=(2, 2), pads=(0, 1, 2, 0)), (6, 4, 3, 2)),
        (Conv(dilations=(2, 1), pads=(2, 0, 2, 0)), (6, 4, 3, 3)),
        (Conv(groups=4, pads=(1, 1, 1, 1), strides=(2, 1)), (4, 1, 3, 3)),
        (Conv(groups=4), (8, 1, 2, 3)),
        (Conv(groups=2), (6, 2, 2, 3)),
    ],
)
def test_moments_equal_those_of_patches_taken_one_by_one(make_graph, normal, op, weight):
    graph = make_graph({"x": SIZE}, [(op, "x w", "y")], {"w": normal(*weight)})
    x, out = normal(*SIZE), graph.type("y").shape
    found = patch_moment(graph, graph.nodes[0], x, seed=5)
    count = min(PATCHES, out[2] * out[3])
    pixels = np.random.default_rng(5).integers(0, out[2] * out[3], count)
    taken = brute_force(x, op, weight[2:], out, pixels)
    if op.groups == 1:
        rows = np.concatenate([taken.reshape(count, -1), np.ones((count, 1))], axis=1)
        expected = rows.T @ rows / count
    else:
        groups = op.groups
        rows = np.concatenate([taken.reshape(count, groups, -1), np.ones((count, groups, 1))], axis=2)
        expected = np.einsum("pci,pcj->cij", rows, rows) / count
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_equal_seeds_take_equal_pixels(make_graph, normal):
    graph = make_graph({"x": SIZE}, [(Conv(), "x w", "y")], {"w": normal(2, 4, 1, 1)})
    x = normal(*SIZE)
    moments = [patch_moment(graph, graph.nodes[0], x, seed) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(moments[0], moments[1])
    assert not np.array_equal(moments[0], moments[2])


def test_every_value_of_every_image_is_observed(make_graph, normal, observed, evaluate):
    graph = make_graph({"x": SIZE}, [(Conv(), "x w", "a"), (Relu(), "a", "y")], {"w": normal(2, 4, 1, 1)})
    images = [{"x": normal(*SIZE, seed=n)} for n in range(3)]
    stats = observed(graph, images)
    assert set(stats.values) == {"x", "a", "y"}
    assert (stats.images, stats.graph_digest) == (3, graph_digest(graph))
    seen = np.stack([evaluate(graph, feed, "a")["a"] for feed in images])
    assert stats.values["a"].range == (seen.min(), seen.max())
    assert stats.values["a"].count == 3 * 30
    mean = sum(patch_moment(graph, graph.nodes[0], feed["x"], n) for n, feed in enumerate(images)) / 3
    np.testing.assert_allclose(stats.moments["a"], mean)


@pytest.mark.parametrize(
    ("needed", "holds"),
    [
        (("ranges",), ("ranges",)),
        (("second_moments",), ("ranges", "second_moments")),
        (("histograms",), ("ranges", "histograms")),
    ],
)
def test_only_what_is_needed_is_gathered(make_graph, normal, observed, monkeypatch, needed, holds):
    graph = make_graph({"x": SIZE}, [(Conv(), "x w", "a"), (Relu(), "a", "y")], {"w": normal(2, 4, 1, 1)})
    images = [{"x": normal(*SIZE, seed=n)} for n in range(3)]
    everything = observed(graph, images)
    if "histograms" not in holds:
        monkeypatch.delattr("edgeface.quantize.sums.Binning.codes")
    if "second_moments" not in holds:
        monkeypatch.delattr("edgeface.quantize.sums.patch_products")
    stats = observed(graph, images, *needed)
    assert (stats.holds, stats.images) == (holds, 3)
    for name, found in stats.values.items():
        assert found.range == everything.values[name].range
        assert (found.counts.size > 0) == ("histograms" in holds)
    assert set(stats.moments) == ({"a"} if "second_moments" in holds else set())


@pytest.mark.parametrize("op", [Relu(), LeakyRelu(0.1), LeakyRelu(0.25), LeakyRelu(-0.5), LeakyRelu(2.0)])
def test_an_activation_s_histogram_is_that_of_its_own_values(make_graph, normal, op):
    graph = make_graph({"x": SIZE}, [(Conv(), "x w", "a"), (op, "a", "y"), (op, "y", "z")], {"w": normal(2, 4, 1, 1)})
    images = [{"x": normal(*SIZE, seed=n) * np.float32(2.0 ** (n - 3))} for n in range(7)]
    run = OrtRunner(observed_onnx(graph)).run
    stats = observe(graph, run, images)
    for name in ("a", "y", "z"):
        flat = np.concatenate([run(image)[name].reshape(2, -1) for image in images], axis=1)
        np.testing.assert_array_equal(stats.values[name].counts, histograms(flat), err_msg=name)


def test_large_images_are_thinned_to_a_bounded_number_of_pixels(make_graph, normal, observed):
    graph = make_graph({"x": (1, 1, 300, 320)}, [(Relu(), "x", "y")])
    count = observed(graph, [{"x": normal(1, 1, 300, 320)}]).values["x"].count
    assert POSITIONS / 4 < count <= POSITIONS * 1.1


def test_the_digest_changes_with_a_weight(make_graph, normal):
    graph = make_graph({"x": SIZE}, [(Conv(), "x w", "y")], {"w": normal(2, 4, 1, 1)})
    assert graph_digest(graph) == graph_digest(graph.rebuild())
    assert graph_digest(graph) != graph_digest(graph.rebuild(constants={"w": normal(2, 4, 1, 1, seed=9)}))


@pytest.mark.parametrize("sampled", [True, False], ids=["sampled", "bounds"])
def test_memory_does_not_grow_with_the_number_of_images(make_graph, normal, sampled):
    graph = make_graph({"x": SIZE}, [(Conv(), "x w", "a"), (Relu(), "a", "y")], {"w": normal(2, 4, 1, 1)})
    bounds, alive, most = Bounds(graph), set(), []

    def feeds(count):
        for index in range(count):
            image = normal(*SIZE, seed=index)
            alive.add(index)
            weakref.finalize(image, alive.discard, index)
            most.append(len(alive))
            yield index, {"x": image}

    runs = Runs(OrtRunner(observed_onnx(graph)).run, OrtRunner(bounds.model.onnx).run)
    found = {}
    for count in (20, 80):
        most.clear()
        found[count] = observe_listed(bounds, runs, feeds(count), sampling=Sampling(count if sampled else 10_000))
        assert max(most) <= MAX_WORKERS + 4
    one, other = (sum(v.counts.nbytes + v.total.nbytes for v in found[n].values.values()) for n in (20, 80))
    assert one == other


def test_an_error_while_an_image_is_looked_at_is_raised(make_graph, normal):
    graph = make_graph({"x": SIZE}, [(Relu(), "x", "y")])

    def feeds():
        yield {"x": normal(*SIZE)}
        yield {"x": normal(1, 2)}

    with pytest.raises(RuntimeFailure):
        observe(graph, OrtRunner(observed_onnx(graph)).run, feeds())
