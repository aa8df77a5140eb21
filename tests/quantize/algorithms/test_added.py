"""Algorithms are found by filename: one file adds one, and nothing else is edited."""

from __future__ import annotations

import sys
from textwrap import dedent

import pytest

from edgeface import ExportRequest, export
from edgeface.compile.report_options import ReportOptions
from edgeface.errors import InputError
from edgeface.quantize import algorithms
from edgeface.quantize.algorithm import RangeMethod
from edgeface.quantize.algorithms.cross_layer_equalization import Equalization
from edgeface.quantize.settings import QuantizeSettings

FILES = {
    "shrink_range": '''
        """The range that was seen, times a factor."""

        from pydantic import Field

        from edgeface.quantize.algorithm import Parameters, RangeMethod


        class Shrinking(Parameters):
            """`factor` of the range is kept."""

            factor: float = Field(default=0.9, gt=0, le=1)


        def shrink_range(stats, negative_slope, parameters):
            """The range, smaller."""
            return stats.range[0] * parameters.factor, stats.range[1] * parameters.factor


        ALGORITHM = RangeMethod(shrink_range, Shrinking, needs=("ranges",))
    ''',
    "drop_small_weights": '''
        """The weights that are small against the largest of their channel become zero."""

        import numpy as np
        from pydantic import Field

        from edgeface.graph.ops.conv import Conv
        from edgeface.quantize.algorithm import Parameters, WeightCorrection


        class Dropping(Parameters):
            """Weights below this `share` of the largest go."""

            share: float = Field(default=0.05, ge=0, le=1)


        def drop_small_weights(graph, plan, stats, parameters):
            """The graph without them."""
            constants = {}
            for node in graph.nodes:
                if isinstance(node.op, Conv) and node.output not in plan.kept_float:
                    weight = graph.constants[node.inputs[1]]
                    largest = np.abs(weight).max(axis=(1, 2, 3), keepdims=True)
                    constants[node.inputs[1]] = np.where(np.abs(weight) < parameters.share * largest, 0, weight)
            return graph.rebuild(constants=constants)


        ALGORITHM = WeightCorrection(drop_small_weights, Dropping, needs=())
    ''',
    "no_algorithm": '"""A module that defines none."""\n',
}
RECIPE = """
    model = "retinaface_mnet025"

    [quantize]
    algorithms = ["cross_layer_equalization", "drop_small_weights"]

    [quantize.ranges]
    method = "shrink_range"
    factor = 0.95

    [quantize.parameters.drop_small_weights]
    share = 0.2
"""


@pytest.fixture
def added(tmp_path, monkeypatch):
    """The package of algorithms with another folder of files, as if they stood in its own."""
    folder = tmp_path / "algorithms"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / f"{name}.py").write_text(dedent(text))
    monkeypatch.setattr(algorithms, "__path__", [*algorithms.__path__, str(folder)])
    yield folder
    for name in FILES:
        sys.modules.pop(f"{algorithms.__name__}.{name}", None)
        vars(algorithms).pop(name, None)


def test_a_file_is_an_algorithm_if_it_declares_one(added):
    found = algorithms.algorithms()
    assert set(found) - {"drop_small_weights", "shrink_range"} == {
        "bias_correction",
        "channel_splitting",
        "copy_staggering",
        "cross_layer_equalization",
        "entropy",
        "input_aware_rounding",
        "minmax",
        "mse",
        "percentile",
        "second_moment_rounding",
    }
    assert isinstance(found["shrink_range"], RangeMethod)


def test_what_is_added_may_be_chosen_and_offered(added):
    settings = QuantizeSettings(algorithms=("drop_small_weights",), ranges={"method": "shrink_range"})
    assert settings.needs == ("ranges",)
    assert settings.ranges.as_dict() == {"method": "shrink_range", "factor": 0.9, "headroom": 0.1}
    with pytest.raises(InputError) as caught:
        QuantizeSettings(algorithms=("drop_smal_weights",))
    assert "did you mean drop_small_weights?" in caught.value.fix


@pytest.mark.hostile
def test_a_model_is_exported_with_custom_algorithms(added, tmp_path):
    manifests, models = [], []
    for name, text in (("own", RECIPE), ("less", RECIPE.replace("share = 0.2", "share = 0.0"))):
        (tmp_path / f"{name}.toml").write_text(dedent(text))
        request = ExportRequest(
            model=str(tmp_path / f"{name}.toml"),
            targets=("tflite-int8", "onnx-int8"),
            seed=3,
            input_size=(64, 64),
            out=tmp_path / name,
            save_statistics=tmp_path / f"{name}.npz",
            report=ReportOptions(latency=False),
        )
        made = export(request)
        manifests.append([artifact.manifest.quantization for artifact in made])
        models.append([artifact.model_path.read_bytes() for artifact in made])
    for quantization in manifests[0]:
        assert quantization["algorithms"] == [
            {"name": "cross_layer_equalization", "parameters": Equalization().model_dump()},
            {"name": "drop_small_weights", "parameters": {"share": 0.2}},
        ]
        assert quantization["ranges"] == {"method": "shrink_range", "factor": 0.95, "headroom": 0.1}
    assert all(own != less for own, less in zip(*models, strict=True))


@pytest.mark.slow
def test_statistics_gathered_for_custom_algorithms_may_lack_what_others_need(added, tmp_path):
    from edgeface.quantize.statistics import CalibrationStats

    (tmp_path / "own.toml").write_text(dedent(RECIPE).replace('"cross_layer_equalization", ', ""))
    request = {"seed": 3, "input_size": (64, 64), "out": tmp_path, "report": ReportOptions(latency=False)}
    saved = tmp_path / "saved.npz"
    export(ExportRequest(model=str(tmp_path / "own.toml"), save_statistics=saved, **request))
    assert CalibrationStats.load(saved).holds == ("ranges",)
    with pytest.raises(InputError, match="lack histograms, which percentile needs") as caught:
        export(ExportRequest(statistics=saved, **request))
    assert caught.value.where == str(saved)
