from __future__ import annotations

import subprocess
import sys

import pytest

import edgeface


@pytest.mark.parametrize("name", sorted(edgeface.__all__))
def test_every_public_name_is_there(name):
    assert getattr(edgeface, name) is not None
    assert name in dir(edgeface)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nonsense"):
        _ = edgeface.nonsense


def test_importing_the_package_imports_no_library():
    code = (
        "import sys, edgeface; print([name for name in ('numpy', 'pydantic', 'torch', 'cv2') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"
