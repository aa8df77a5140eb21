"""Models that differ from one in what is in float: nothing, something, everything."""

from __future__ import annotations

import pytest

from edgeface.analysis.panel import open_panel
from edgeface.analysis.request import AnalyzeRequest
from edgeface.analysis.subject import open_subject
from edgeface.analysis.workbench import open_workbench
from edgeface.compile.calibrate import calibrate
from edgeface.validate.inputs import task_images


@pytest.fixture(scope="module")
def bench(small):
    request = AnalyzeRequest(
        str(small.model), contract=small.contract, calibration=small.calibration, images=small.images
    )
    with open_subject(request) as subject:
        job = subject.job
        contract = job.source.contract
        images = task_images(job.images.judge[:3], "a test", contract)
        panel = open_panel(job.source.reference, contract, images, "images")
        with open_workbench(job, subject.target, calibrate(job), panel) as opened:
            yield opened


@pytest.fixture(scope="module")
def base(bench):
    return bench.panel.judge(bench.opened(bench.built.files))


def test_nothing_more_in_float_is_the_model_itself(bench, base):
    same = bench.panel.judge(bench.emitted(*bench.in_float(())))
    assert same.as_dict() == base.as_dict()
    assert bench.prices.ratio(*bench.in_float(())) == pytest.approx(1.0)


def test_everything_in_float_is_the_exact_network(bench):
    exact = bench.panel.judge(bench.emitted(*bench.in_float(bench.integer)))
    assert exact.snr_db > 80
    assert exact.drift == pytest.approx(0.0, abs=1e-9)
    nothing = bench.panel.judge(bench.emitted(*bench.only(())))
    assert nothing.snr_db == pytest.approx(exact.snr_db)


def test_only_all_of_it_is_the_model_itself(bench, base):
    everything = bench.panel.judge(bench.emitted(*bench.only(bench.integer)))
    assert everything.snr_db == pytest.approx(base.snr_db, abs=0.5)


def test_the_weights_of_what_is_in_float_are_as_they_were(bench):
    (node,) = (n for n in bench.quantized.exact.nodes if n.output == bench.integer[0])
    graph, plan = bench.in_float([node.output])
    exact = bench.quantized.exact
    assert plan.dtype(node.output) == "float32"
    for name in node.inputs[1:]:
        assert (graph.constant(name) == exact.constant(name)).all()
        assert name not in plan.params


def test_a_job_done_again_is_the_same_model(bench, base):
    quantized, run = bench.rebuilt(bench.job)
    assert quantized.digest == bench.quantized.digest
    assert bench.panel.judge(run).as_dict() == base.as_dict()
