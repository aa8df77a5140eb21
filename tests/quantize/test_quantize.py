"""The order of algorithms, the statistics that they need, and scales that are raised until the weights suit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edgeface.errors import GraphError, InputError
from edgeface.graph.ops.conv import Conv
from edgeface.quantize.algorithm import Chosen, GraphCorrection, Parameters, WeightCorrection
from edgeface.quantize.plan import QuantPlan, in_float32
from edgeface.quantize.quantize import QuantizeOptions, quantize
from edgeface.quantize.ranges import RangeRule
from edgeface.quantize.relief import MAX_RELIEFS
from edgeface.quantize.scheme import Scheme
from edgeface.quantize.settings import QuantizeSettings

IMAGE = (1, 3, 6, 5)
PLAIN = Scheme("a test")
MINMAX = RangeRule("minmax")


@pytest.fixture
def graph(make_graph, normal):
    rows = [(Conv(), "x w b", "a"), (Conv(), "a v c", "y")]
    constants = {"w": normal(4, 3, 1, 1), "b": normal(4), "v": normal(2, 4, 1, 1), "c": normal(2)}
    return make_graph({"x": IMAGE}, rows, constants)


@pytest.fixture
def stats(graph, observed, feeds):
    return observed(graph, feeds(*IMAGE))


def scaled(factor):
    def correct(graph, stats, kept_float, parameters):
        return graph.rebuild(constants={"c": graph.constants["c"] * np.float32(factor)}), stats

    return Chosen("a test", GraphCorrection(correct, Parameters, ("ranges",)), Parameters())


def shifted(by):
    def correct(graph, plan, stats, parameters):
        return graph.rebuild(constants={"c": graph.constants["c"] + np.float32(by)})

    return Chosen("a test", WeightCorrection(correct, Parameters, ()), Parameters())


def test_the_network_is_corrected_before_the_plan_and_its_weights_after_each_in_the_order_given(graph, stats):
    made = quantize(graph, stats, PLAIN, QuantizeOptions(MINMAX, (shifted(1), scaled(2), shifted(3), scaled(10))))
    np.testing.assert_allclose(made.exact.constants["c"], graph.constants["c"] * 20)
    np.testing.assert_allclose(made.graph.constants["c"], made.exact.constants["c"] + 4)


def test_without_algorithms_the_graph_stays_as_it_is(graph, stats):
    made = quantize(graph, stats, PLAIN, QuantizeOptions(MINMAX))
    for name, data in graph.constants.items():
        np.testing.assert_array_equal(made.graph.constants[name], data)


def test_the_values_that_are_in_float_are_shown_to_what_corrects_the_network(graph, stats):
    seen = []

    def correct(graph, stats, kept_float, parameters):
        seen.append(set(kept_float))
        return graph, stats

    look = Chosen("a test", GraphCorrection(correct, Parameters, ()), Parameters())
    quantize(graph, stats, PLAIN, QuantizeOptions(MINMAX, (look,), in_float32({"y": "a test"})))
    assert seen == [{"y"}]


@pytest.mark.parametrize(
    ("held", "settings", "lacking", "name"),
    [
        (("ranges",), QuantizeSettings(algorithms=()), "lack histograms", "percentile"),
        (("ranges", "histograms"), QuantizeSettings(), "lack second moments", "cross_layer_equalization"),
        (("ranges",), QuantizeSettings(ranges={"method": "mse"}), "lack histograms", "mse"),
    ],
)
def test_statistics_that_lack_what_an_algorithm_needs_are_refused_by_its_name(
    graph, observed, feeds, held, settings, lacking, name
):
    stats = observed(graph, feeds(*IMAGE), *held)
    with pytest.raises(InputError, match=f"{lacking}, which {name} needs") as caught:
        quantize(graph, stats, PLAIN, QuantizeOptions(settings.ranges, settings.chosen))
    assert name in caught.value.fix


def test_statistics_with_only_the_needed_kinds_give_the_same(graph, observed, feeds, stats):
    settings = QuantizeSettings(algorithms=())
    few = observed(graph, feeds(*IMAGE), *settings.needs)
    assert few.holds == ("ranges", "histograms")
    options = QuantizeOptions(settings.ranges, settings.chosen)
    assert quantize(graph, few, PLAIN, options).digest == quantize(graph, stats, PLAIN, options).digest


def test_weights_are_corrected_anew_until_the_scheme_is_content(graph, stats):
    seen = []

    def relieve(graph, plan):
        seen.append(float(graph.constants["c"][0]))
        wider = replace(plan.params["v"], scale=tuple(2 * s for s in plan.params["v"].scale))
        return QuantPlan({**plan.params, "v": wider}, plan.stated) if len(seen) < 3 else None

    scheme = replace(PLAIN, relieve=relieve)
    made = quantize(graph, stats, scheme, QuantizeOptions(MINMAX, (shifted(1),)))
    plain = quantize(graph, stats, PLAIN, QuantizeOptions(MINMAX))
    assert made.plan.params["v"].scale == pytest.approx([4 * s for s in plain.plan.params["v"].scale])
    assert seen == [pytest.approx(float(graph.constants["c"][0]) + 1)] * 3  # always from the graph as it was


def test_a_scheme_that_is_never_content_is_an_error(graph, stats):
    calls = []

    def relieve(graph, plan):
        calls.append(plan)
        return plan

    with pytest.raises(GraphError, match="no weight scales"):
        quantize(graph, stats, replace(PLAIN, relieve=relieve), QuantizeOptions(MINMAX))
    assert len(calls) == MAX_RELIEFS


def test_the_digest_depends_on_dtypes(graph, stats):
    plain = quantize(graph, stats, PLAIN, QuantizeOptions(MINMAX))
    kept = quantize(graph, stats, PLAIN, QuantizeOptions(MINMAX, (), in_float32({"y": "a test"})))
    assert len({plain.digest, kept.digest}) == 2
    assert quantize(graph, stats, PLAIN, QuantizeOptions(MINMAX)).digest == plain.digest
