"""One month of the recorded calls, closed once, that several scenarios compare with."""

from __future__ import annotations

import pytest

from orchestration.flow import Flow
from tests.scenarios.worlds import AS_OF, NOVEMBER, hear_recordings, open_world


@pytest.fixture(scope="session")
def november(tmp_path_factory: pytest.TempPathFactory) -> Flow:
    """The recorded calls landed, November closed. Shared: who changes it makes a world of their own."""
    flow = open_world(tmp_path_factory.mktemp("november"))
    hear_recordings(flow)
    flow.land()
    flow.close(NOVEMBER, AS_OF)
    return flow
