"""What every test may ask for: the captures and cases that came with the project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from orchestration.flow import Flow

REPOSITORY = Path(__file__).resolve().parent.parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole stories first: a file that takes a minute, begun last, leaves the other core idle for that long."""
    items.sort(key=lambda item: "scenarios" not in item.path.parts)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of captures, billing cases and rules beside the repository."""
    folder = REPOSITORY.parent / "shared"
    assert folder.is_dir(), f"{folder} is missing: the tests read real captures and cases from it"
    return folder


@pytest.fixture(scope="session")
def november(tmp_path_factory: pytest.TempPathFactory) -> Flow:
    """The recorded calls landed and November closed, once for all who look. Who changes it makes their own world."""
    from tests.scenarios.worlds import AS_OF, NOVEMBER, answer_for_recordings, hear_recordings, open_world

    flow = open_world(tmp_path_factory.mktemp("november"))
    hear_recordings(flow)
    flow.land()
    answer_for_recordings(flow)
    flow.close(NOVEMBER, AS_OF)
    return flow
