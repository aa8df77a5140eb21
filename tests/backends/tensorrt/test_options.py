"""What is asked for on the command line, and which engine files it comes to."""

from __future__ import annotations

import pytest

from edgeface.backends.tensorrt import options
from edgeface.backends.tensorrt.cuda.driver import Driver, Gpu
from edgeface.backends.tensorrt.library import Library
from edgeface.backends.tensorrt.options import AHEAD, MAX_BATCH, EngineOptions, parse_batch, parse_capabilities
from edgeface.backends.tensorrt.request import BatchProfile
from edgeface.errors import InputError

OFFERED = ("75", "80", "86", "89", "120")
RTX = Library(None, "TensorRT-RTX", "1.7.1", True, False, OFFERED)
PROPER = Library(None, "TensorRT", "10.9", False, True, ())


@pytest.fixture
def gpu(monkeypatch):
    """Make as if there were a GPU of a compute capability, or none."""

    def install(capability=None):
        gpus = () if capability is None else (Gpu("A card", capability, 1 << 30),)
        monkeypatch.setattr(options, "look_for_gpus", lambda: Driver((13, 0), gpus))

    return install


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (None, ()),
        ("86", ("86",)),
        ("8.6,89", ("86", "89")),
        (" 12.0 , 7.5 ", ("120", "75")),
        ("86,8.6,86", ("86",)),
    ],
)
def test_capabilities_are_read_with_and_without_a_point(text, found):
    assert parse_capabilities(text) == found


@pytest.mark.parametrize("text", ["", "86,", "sm86", "8", "1200", "8.", "8..6", "8.66", "86;89", "-86", "٨٦"])
def test_an_invalid_capability_is_refused_with_the_option(text):
    with pytest.raises(InputError, match="is not a compute capability") as caught:
        parse_capabilities(text)
    assert caught.value.where == "--compute-capability"
    assert "86,89,120" in str(caught.value.fix)


@pytest.mark.parametrize(
    ("text", "found"), [("1", (1, 1, 1)), ("8", (8, 8, 8)), ("1,8,64", (1, 8, 64)), (" 1 , 1 , 2 ", (1, 1, 2))]
)
def test_a_batch_is_one_number_or_three(text, found):
    assert parse_batch(text) == BatchProfile(*found)


@pytest.mark.parametrize("text", ["", "a", "1,8", "1,2,3,4", "1,,3", "-1", "1.5", "1x8x64", "²", "9" * 5000])
def test_an_invalid_batch_profile_is_refused_with_the_option(text):
    with pytest.raises(InputError, match="is not a batch profile") as caught:
        parse_batch(text)
    assert caught.value.where == "--batch"
    assert "1,8,64" in str(caught.value.fix)


@pytest.mark.parametrize("text", ["0", "8,1,64", "1,64,8", "0,1,2"])
def test_a_batch_profile_out_of_order_is_refused(text):
    with pytest.raises(InputError, match="not in order"):
        parse_batch(text)


def test_a_batch_that_is_too_large_is_refused():
    assert EngineOptions(batch=BatchProfile(1, 1, MAX_BATCH)).batch.most == MAX_BATCH
    with pytest.raises(InputError, match=f"a batch of {MAX_BATCH + 1} is too large") as caught:
        EngineOptions(batch=BatchProfile(1, 1, MAX_BATCH + 1))
    assert str(MAX_BATCH) in str(caught.value.fix)


def test_by_default_one_image_at_a_time_is_run_and_slower_engines_do_not_pass():
    assert EngineOptions() == EngineOptions((), BatchProfile(1, 1, 1), False)


def test_without_a_gpu_one_file_serves_the_usual_ones(gpu):
    gpu()
    assert EngineOptions().groups(RTX) == (AHEAD,)


def test_the_usual_ones_are_those_that_the_library_builds_for(gpu):
    gpu()
    fewer = Library(None, "TensorRT-RTX", "1.0", True, False, ("75", "86", "89"))
    assert EngineOptions().groups(fewer) == (("86", "89"),)


def test_with_a_gpu_the_engine_is_for_it(gpu):
    gpu("90")
    assert EngineOptions().groups(PROPER) == ((),)
    assert EngineOptions().groups(RTX) == ((),)


def test_what_is_named_is_built_whatever_is_here(gpu):
    for here in (None, "90"):
        gpu(here)
        assert EngineOptions(("89", "86")).groups(RTX) == (("86", "89"),)


def test_turing_has_a_separate_file(gpu):
    gpu()
    assert EngineOptions(("120", "75", "80")).groups(RTX) == (("75",), ("80", "120"))
    assert EngineOptions(("75",)).groups(RTX) == (("75",),)


def test_what_the_library_does_not_offer_is_left_for_the_builder_to_refuse(gpu):
    gpu()
    assert EngineOptions(("61", "86")).groups(RTX) == (("61", "86"),)
