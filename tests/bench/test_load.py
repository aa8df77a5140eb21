import shutil
from pathlib import Path

import pytest

from edgeface.bench.load import was_busy
from edgeface.compile.report_options import LATENCY
from edgeface.core.artifact import Artifact, read_json, write_json
from edgeface.report.collect import collect
from edgeface.report.cost import cost, tiles
from edgeface.report.matrix import matrix


@pytest.mark.parametrize(("load", "busy"), [(0.1, False), (4.0, False), (4.6, True), (30, True)])
def test_a_machine_with_more_load_than_cores_is_busy(load, busy):
    assert was_busy({"machine": {"cores": 4}, "load": load}) == busy


@pytest.mark.parametrize(("load", "busy"), [(0.1, False), (999.0, True)])
def test_latencies_of_a_busy_machine_are_called_rough(timed_artifact, tmp_path, load, busy):
    folder = Path(shutil.copytree(timed_artifact.folder, tmp_path / timed_artifact.folder.name))
    document = {**read_json(folder / LATENCY), "load": load}
    write_json(folder / LATENCY, document)
    manifest = Artifact.open(folder).manifest
    assert bool(cost(manifest, 1000, document).busy) == busy
    assert ("rough" in tiles(manifest, 1000, document)[-1].note) == busy
    square = matrix(collect(tmp_path), tmp_path / "index.html").rows[0].squares[0][0]
    assert ("rough" in square.figures[-1]) == busy
