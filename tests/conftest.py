"""What every test may ask for: the captures and cases that came with the project."""

from __future__ import annotations

from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of captures, billing cases and rules beside the repository."""
    folder = REPOSITORY.parent / "shared"
    assert folder.is_dir(), f"{folder} is missing: the tests read real captures and cases from it"
    return folder
