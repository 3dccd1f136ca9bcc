"""What all tests share."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent

# A gate must not fall by chance; `--hypothesis-profile=default` looks for new examples.
settings.register_profile("gate", derandomize=True)
settings.load_profile("gate")


@pytest.fixture(scope="session")
def root() -> Path:
    """The clone that the tests belong to."""
    return ROOT
