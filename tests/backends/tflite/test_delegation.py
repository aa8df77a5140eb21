from __future__ import annotations

from edgeface.backends.tflite.delegation import Operator, delegation_of


def test_a_branch_around_a_partition_stays_outside():
    operators = [
        Operator("CONV_2D", (0, 10, 11), (1,)),
        Operator("PRELU", (1, 12), (2,)),
        Operator("CONV_2D", (2, 13, -1), (3,)),
        Operator("ADD", (1, 3), (4,)),
        Operator("DELEGATE", (0, 10, 11), (1,)),
        Operator("DELEGATE", (1, 2, 13), (4,)),
    ]
    found = delegation_of(operators)
    assert (found.partitions, found.delegated_nodes, found.left) == (2, 3, (("PRELU", 1),))


def test_left_is_ordered_by_count_and_then_by_name():
    operators = [Operator(name, (at,), (at + 1,)) for at, name in enumerate(["SOFTMAX", "PRELU", "ABS", "PRELU"])]
    assert delegation_of(operators).left == (("PRELU", 2), ("ABS", 1), ("SOFTMAX", 1))
