"""Tables by what a processor says of itself: data, not this machine's."""

from __future__ import annotations

import pytest

from edgeface.core.processor import processor_of
from edgeface.cost.prices.processor import table_for

AVX2 = "fpu sse2 avx fma avx2 f16c bmi2"
AVX512 = f"{AVX2} avx512f avx512dq avx512bw avx512vl"


def x86(flags):
    return processor_of("x86_64", ["processor\t: 0", "model name\t: some", f"flags\t\t: {flags}", "flags\t\t: none"])


def arm(features, *parts):
    lines = [f"Features\t: {features}", *(f"CPU part\t: {part}" for part in parts)]
    return processor_of("aarch64", lines)


@pytest.mark.parametrize(
    ("processor", "wanted"),
    [
        (x86(f"{AVX512} avx512_vnni"), "x86-avx512-vnni"),
        (x86(AVX2), "x86-avx2"),
        (x86(AVX512), "x86-avx2"),  # Skylake-X: no VNNI
        (x86(f"{AVX2} avx_vnni"), None),  # Alder Lake: VNNI on 256 bits, not measured
        (x86("fpu sse2 ssse3 avx"), None),
        (arm("fp asimd evtstrm aes", "0xd03", "0xd08"), "a72"),  # an RK3399
        (arm("fp asimd asimddp", "0xd0b"), None),  # a Cortex-A76
        (arm("fp asimd", "0xd03"), None),  # an A53 alone
        (arm("fp asimd", "unreadable"), None),
        (processor_of("riscv64", []), None),
        (processor_of("x86_64", []), None),
    ],
)
def test_the_table_for_a_processor(processor, wanted):
    found = table_for(processor)
    assert (found.name if found is not None else None) == wanted
