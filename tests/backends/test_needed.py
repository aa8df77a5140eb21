from __future__ import annotations

import pytest

from edgeface.backends import target
from edgeface.backends.needed import refuse_missing
from edgeface.errors import InputError


@pytest.mark.parametrize(
    ("name", "fix"),
    [("openvino-int8", "pip install --no-deps 'openvino>=2026.4'"), ("ncnn-int8", "pip install ncnn")],
)
def test_a_target_without_its_runtime_is_refused_with_the_command_that_installs_it(monkeypatch, name, fix):
    refuse_missing([target(name)])
    monkeypatch.setattr("edgeface.backends.needed.missing", tuple)
    with pytest.raises(InputError, match=f"{name} is judged in .*, and .* is not installed") as caught:
        refuse_missing([target(name)])
    assert caught.value.fix == fix
