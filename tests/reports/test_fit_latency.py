from __future__ import annotations

import numpy as np
import pytest
from fit_latency import MARK, fit_rows, table, write
from published import Row, rows_of

from edgeface.devices.count import Counts
from edgeface.devices.fitted import fitted_ms
from edgeface.devices.profile import Profile
from edgeface.devices.profile_files import FOLDER, read_profile

TRUE = (0.8, 0.5, 3.0, 10.0)


@pytest.fixture(scope="module")
def fitted():
    """A fit to 12 networks that cost exactly TRUE cycles on 1.8 GHz, but for one that takes 1.5 times as long."""
    random = np.random.default_rng(3)
    rows = []
    for index in range(12):
        vector, read, write, missed = (int(x) for x in random.lognormal(size=4) * [3e7, 1e7, 3e6, 3e5])
        counts = Counts(
            *(2 * vector, vector, missed, missed),
            **{"accesses": read + write, "reads": read, "l2_reads": missed, "vector_memory": read // (2 + index % 3)},
        )
        cycles = np.dot(TRUE, [vector, read, write, missed])
        rows.append(Row(f"n{index}", cycles / 1.8e6 * (1.5 if index == 4 else 1), counts))
    return fit_rows("a72", 1, 1_800_000, rows)


def test_a_fit_finds_the_cycles_and_the_network_that_differs(fitted):
    np.testing.assert_allclose(fitted.cycles, [*TRUE, 0], rtol=1e-9)
    assert fitted.error_figures["max"] == pytest.approx(1 / 3)
    assert fitted.error_figures["median"] < 1e-9
    assert fitted.error_figures["mean"] == pytest.approx(1 / 36)


def test_what_is_written_is_what_a_profile_reads(fitted, tmp_path):
    text = (FOLDER / "rk3399.toml").read_text(encoding="utf-8")
    path = tmp_path / "rk3399.toml"
    path.write_text(text, encoding="utf-8")
    write(path, [table(fitted, "somebody")])
    write(path, [table(fitted, "somebody")])
    written = path.read_text(encoding="utf-8")
    assert written.partition(MARK)[0] == text.partition(MARK)[0]
    (latency,) = Profile.model_validate(read_profile(path) | {"name": "rk3399"}).latency
    for row in (row for row in fitted.rows if row.network != "n4"):
        assert fitted_ms(row.counts, latency) == pytest.approx(row.ms, rel=1e-3)


def test_loads_by_their_number_are_fitted_where_that_leaves_less_error(fitted):
    rows = [
        Row(row.network, np.dot((1.2, 10, 20), (c.vector, c.vector_memory, c.l2_reads)) / 1.4e6, c)
        for row in fitted.rows
        for c in [row.counts]
    ]
    found = fit_rows("a53", 1, 1_400_000, rows, "a72")
    np.testing.assert_allclose(found.cycles, [1.2, 0, 0, 20, 10], rtol=1e-9)
    assert 'counted_on = "a72"' in table(found, "somebody")


def test_rows_are_those_of_the_cores_asked_for(tmp_path, monkeypatch):
    (tmp_path / "published_ncnn.csv").write_text("core,threads,network,mean_ms\nA72,1,x,5.5\nA72,2,x,3.5\nA53,1,x,9\n")
    asked = []

    def counts(graphs, core):
        asked.append(([graph.name for graph in graphs], core))
        return [Counts(2, 1, 0, 0)] * len(graphs)

    monkeypatch.setattr("published.remembered_counts", counts)
    assert [row.ms for row in rows_of("a72", 2, data=tmp_path)] == [3.5]
    assert [row.ms for row in rows_of("a53", 1, "a72", tmp_path)] == [9.0]
    assert asked == [(["x.param"], "a72"), (["x.param"], "a72")]
