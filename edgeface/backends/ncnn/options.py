"""ncnn's options for a network: what is computed must be what was judged, whatever its defaults are.

This file ships to boards as it is: Python 3.8, the standard library and numpy.
"""

from __future__ import annotations

from typing import Any

from edgeface.backends.ncnn.param_file import ParamFile

FIXED: dict[str, bool] = {
    "use_fp16_packed": False,
    "use_fp16_storage": False,
    "use_fp16_arithmetic": False,
    "use_vulkan_compute": False,
    "use_packing_layout": True,
    "use_winograd_convolution": True,
    "use_sgemm_convolution": True,
    "use_int8_inference": True,
}
"""ncnn computes in float16 by default wherever a core can."""

USUAL: dict[str, bool] = {**FIXED, "use_bf16_storage": False}
"""The options of a float32 network."""


def options_of(network: ParamFile) -> dict[str, bool]:
    """The options, as fields of ncnn's Option, with which a network is run everywhere."""
    return {**USUAL, "use_bf16_storage": network.bfloat16}


def set_options(option: Any, network: ParamFile, threads: int, keep: bool = False) -> None:
    """Set the options of a net before it loads; `keep` has it hold every blob until a run ends."""
    for name, value in options_of(network).items():
        setattr(option, name, value)
    option.num_threads = threads
    option.lightmode = not keep
