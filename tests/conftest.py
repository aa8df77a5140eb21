"""Fixtures for all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real checkpoints and photographs that stands beside the repository."""
    if DATA.is_dir():
        return DATA
    if os.environ.get("CI") == "true":
        pytest.fail("CI needs the test data: ../shared/data, beside the repository, is missing")
    pytest.skip("../shared/data is not here")
