"""Classes of processors by what their systems list: data, not this machine's."""

from __future__ import annotations

import itertools

import pytest

from edgeface.core.processor import CLASSES, Processor, class_of, processor_of


def named(architecture, flags):
    found = class_of(processor_of(architecture, [f"{'flags' if architecture == 'x86_64' else 'Features'}\t: {flags}"]))
    return None if found is None else found.name


@pytest.mark.parametrize(
    ("architecture", "flags", "name"),
    [
        ("x86_64", "fpu sse2 avx2 fma avx512f avx512_vnni avx_vnni", "avx512_vnni"),
        ("x86_64", "fpu sse2 avx2 avx_vnni", "avx_vnni"),  # Alder Lake
        ("x86_64", "fpu sse2 avx2 avx512f avx512bw", "avx2"),  # Skylake-X: AVX-512 without VNNI
        ("x86_64", "fpu sse2", "sse2"),
        ("aarch64", "fp asimd asimddp i8mm", "i8mm"),
        ("aarch64", "fp asimd asimddp", "neon+dotprod"),
        ("aarch64", "fp asimd", "neon"),
        ("aarch64", "fp", None),
        ("x86_64", "", None),
        ("riscv64", "rv64imafdc", None),
    ],
)
def test_a_processor_is_of_the_class_of_its_best_instructions(architecture, flags, name):
    assert named(architecture, flags) == name


def test_more_flags_never_lose_the_dot_product():
    """Whatever is added to a processor with a dot product, its class has one."""
    for each in CLASSES:
        others = sorted({flag for other in CLASSES if other.architecture == each.architecture for flag in other.flags})
        for size in range(len(others) + 1):
            for further in itertools.combinations(others, size):
                found = class_of(Processor(each.architecture, frozenset({*each.flags, *further, "x"})))
                assert found is not None
                assert found.dot_product or not each.dot_product


def test_names_of_classes_differ():
    assert len({each.name for each in CLASSES}) == len(CLASSES)
