"""Boards as they are shipped: what their profiles must agree on for the emulator to run what the board would."""

from __future__ import annotations

import pytest

from edgeface.devices.count import count_models
from edgeface.devices.system_files import system_files
from edgeface.devices.table import cores, emulated, profile, profiles

DOT_PRODUCT = "asimddp"
WITH_DOT_PRODUCT = {"cortex-a76"}
"""What QEMU calls the processors that have it."""


@pytest.mark.parametrize("name", sorted(emulated()))
def test_the_emulated_processor_has_the_instruction_sets_that_are_described(name):
    board = profile(name)
    described = DOT_PRODUCT in cores()[board.fastest.core].features
    assert described == (board.emulator.cpu in WITH_DOT_PRODUCT)


@pytest.mark.parametrize("name", [name for name, board in profiles().items() if board.bundle])
def test_a_board_s_bundles_stay_on_its_fastest_cores(name):
    board = profile(name)
    assert set(board.bundle.cores) == set(board.fastest.cores)
    assert board.bundle.threads == len(board.bundle.cores)


@pytest.mark.parametrize("name", [name for name, board in profiles().items() if not board.core])
def test_a_board_s_clusters_have_the_data_caches_of_their_kinds(name):
    kinds = {cluster.core: profile(cluster.core).fastest for cluster in profile(name).clusters}
    assert [cluster.l1d for cluster in profile(name).clusters] == [kind.l1d for kind in kinds.values()]


@pytest.mark.parametrize("name", [name for name, board in profiles().items() if board.latency])
def test_a_fit_that_does_not_predict_is_not_shipped(name):
    for fit in profile(name).latency:
        assert 0 < fit.median_error <= fit.p90_error <= fit.max_error
        assert (fit.mean_error <= 0.15, fit.rows >= 12, bool(fit.source)) == (True, True, True)


def test_a_small_core_is_described_with_the_release_that_runtimes_ask_for():
    """XNNPACK takes a Cortex-A55 of release 0 for one without a fast dot product."""
    assert "CPU variant\t: 0x2\n" in system_files(profile("a55"))["proc/cpuinfo"]


def test_int8_kernels_use_the_dot_product_where_a_core_has_it(built, emulator):
    """It halves their instructions; without it int8 takes about as many as float32."""
    integer, floats = count_models([built["integer"].model_path, built["float"].model_path], "a55")
    assert integer.instructions < 0.6 * floats.instructions
