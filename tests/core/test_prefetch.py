"""Prefetching: the same items in order, however they are handed over, and errors in their place."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from edgeface.core.prefetch import prefetch


@pytest.mark.parametrize("enough", [0.0, 1.0, 2.5, 100.0])
@pytest.mark.parametrize("count", [0, 1, 2, 7])
def test_items_stay_in_order_and_an_error_comes_in_its_place(count, enough):
    def items(fails: bool) -> Iterator[int]:
        yield from range(count)
        if fails:
            raise ValueError("after the last")

    assert list(prefetch(items(False), float, enough)) == list(range(count))
    seen: list[int] = []
    with pytest.raises(ValueError, match="after the last"):
        seen.extend(prefetch(items(True), float, enough))
    assert seen == list(range(count))


def test_what_is_handed_over_together_is_bounded_by_its_size():
    produced: list[int] = []

    def items() -> Iterator[int]:
        for item in range(10):
            produced.append(item)
            yield item

    taken = prefetch(items(), lambda _: 1.0, 3.0)
    assert next(taken) == 0
    wait = threading.Event()
    for _ in range(100):
        if len(produced) >= 4:
            break
        wait.wait(0.01)
    assert produced == [0, 1, 2, 3]
    assert list(taken) == list(range(1, 10))
