from __future__ import annotations

from edgeface.backends.tensorrt.builder_names import renumber
from edgeface.backends.tensorrt.layers import EngineLayer, EngineTensor


def listing(first):
    """Two layers as one build names them whose counters start at `first`."""

    def tensor(name):
        return EngineTensor(name, "Int8", "Row major", (1, 8))

    middle = tensor(f"__mye{first}_concat__mye{first + 7}_{first}_myl0")
    weights = [tensor(f"__mye{first * 9 + number}dconst_myl0") for number in range(2)]
    result = tensor(f"/head/Conv_output_0.1_{first}_myl0")
    return (
        EngineLayer("__myl_Move_myl0_1", "kgen", (), (tensor("input"),), (), (middle,)),
        EngineLayer(f"/head/Conv_output_0_U{first}_myl0_2", "conv", ("/head/Conv",), (middle,), (*weights,), (result,)),
        EngineLayer("__myl_Move_myl0_3", "kgen", (), (result,), (), (tensor("scores"),)),
    )


def test_two_builds_of_one_engine_are_listed_alike():
    assert listing(54) != listing(55)
    assert renumber(listing(54)) == renumber(listing(55))


def test_a_tensor_keeps_one_name_and_different_ones_keep_apart():
    first, second, last = renumber(listing(54))
    assert first.outputs == second.inputs
    assert second.outputs == last.inputs
    assert [weights.name for weights in second.constants] == ["dconst#1", "dconst#2"]
    assert (first.name, last.name) == ("myl_Move#1", "myl_Move#2")


def test_names_from_the_model_are_kept():
    first, second, last = renumber(listing(54))
    assert (first.inputs[0].name, last.outputs[0].name) == ("input", "scores")
    assert second.name.startswith("/head/Conv_output_0#")
    assert second.origins == ("/head/Conv",)
    assert [(layer.kind, layer.origins) for layer in renumber(listing(7))] == [
        (layer.kind, layer.origins) for layer in listing(7)
    ]


def test_real_engines_have_no_counter_of_their_build_in_their_listing(integer_engine):
    names = {layer.name for layer in integer_engine.layers}
    names |= {tensor.name for layer in integer_engine.layers for tensor in (*layer.inputs, *layer.outputs)}
    assert not {name for name in names if "_myl0" in name or "__mye" in name}
    assert {"input"} < names
