"""Errors come out of another process as they went in."""

from __future__ import annotations

import pickle

import pytest

from edgeface import errors
from edgeface.errors import EdgefaceError, OperatorError, Refusal, UnsettledError

MORE = {
    UnsettledError: lambda: UnsettledError("what", where="where", fix="fix", filled="text"),
    OperatorError: lambda: OperatorError([Refusal("n", "Op", "why"), Refusal("m", "Op", "why")], where="where"),
}
CLASSES = [found for found in vars(errors).values() if isinstance(found, type) and issubclass(found, EdgefaceError)]


@pytest.mark.parametrize("of_class", CLASSES)
def test_every_error_can_be_pickled(of_class):
    error = MORE.get(of_class, lambda: of_class("what", where="where", fix="fix"))()
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is of_class
    assert (str(again), again.as_dict(), again.args) == (str(error), error.as_dict(), error.args)
