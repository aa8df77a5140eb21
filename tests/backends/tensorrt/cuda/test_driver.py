from __future__ import annotations

import pytest

from edgeface.backends.tensorrt.cuda import driver
from edgeface.backends.tensorrt.cuda.driver import Driver, Gpu, look_for_gpus, usable_gpu, with_point
from edgeface.errors import InputError


def test_a_machine_without_a_driver_is_reported(monkeypatch, tmp_path):
    monkeypatch.setattr(driver, "KERNEL_MODULE", tmp_path / "version")
    found = look_for_gpus(str(tmp_path / "libcuda.so.1"))
    assert (found.cuda_version, found.gpus) == (None, ())
    assert found.problem.startswith("no NVIDIA driver is installed")


def test_a_container_without_gpus_is_distinguished_from_a_machine_without_a_driver(monkeypatch, tmp_path):
    monkeypatch.setattr(driver, "KERNEL_MODULE", tmp_path)
    assert "container" in look_for_gpus(str(tmp_path / "libcuda.so.1")).problem


def test_a_library_that_is_not_a_driver_is_named():
    found = look_for_gpus("libm.so.6")
    assert found.gpus == ()
    assert "libm.so.6 is not a usable driver library" in found.problem


def test_without_a_gpu_the_error_names_the_doctor(monkeypatch):
    monkeypatch.setattr(driver, "look_for_gpus", lambda: Driver((13, 0), (), "the driver shows no GPU"))
    with pytest.raises(InputError, match="the driver shows no GPU") as caught:
        usable_gpu()
    assert "edgeface doctor" in str(caught.value.fix)


def test_the_first_gpu_is_used(monkeypatch):
    cards = (Gpu("one", "86", 1), Gpu("two", "120", 1))
    monkeypatch.setattr(driver, "look_for_gpus", lambda: Driver((13, 0), cards))
    assert usable_gpu() == (cards[0], (13, 0))


@pytest.mark.parametrize(("digits", "text"), [("86", "8.6"), ("120", "12.0")])
def test_a_compute_capability_has_one_digit_after_the_point(digits, text):
    assert with_point(digits) == text
