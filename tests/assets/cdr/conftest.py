"""The recorded switch's own words, to put through an installation."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.esl_protocol import EVENT_KINDS, Frame, FrameParser
from tests.assets.cdr.lab import Body, Lab


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


@pytest.fixture(scope="session")
def stream(shared: Path) -> Callable[[str], list[Body]]:
    """The bodies of a capture's events, as the listener journals them."""
    known: dict[str, list[Body]] = {}

    def read(name: str) -> list[Body]:
        if name not in known:
            items = FrameParser().feed((shared / "freeswitch/captures" / name).read_bytes())
            frames = [item for item in items if isinstance(item, Frame) and item.content_type in EVENT_KINDS]
            known[name] = [(EVENT_KINDS[frame.content_type], frame.body) for frame in frames]
        return known[name].copy()

    return read


@pytest.fixture(scope="session")
def short(stream: Callable[[str], list[Body]]) -> list[Body]:
    """The twenty-two calls."""
    return stream("short/json-subset.esl")


@pytest.fixture(scope="session")
def placed(shared: Path) -> Callable[[str], dict[str, tuple[int, str, str]]]:
    """actions.log's calls: label to (microseconds it was placed at, caller, number dialled)."""

    def read(capture: str) -> dict[str, tuple[int, str, str]]:
        log = (shared / "freeswitch/captures" / capture / "actions.log").read_text()
        lines = re.findall(r"^(\d+)\.(\d{3}) place (\S+) (\S+) (\S+)$", log, re.MULTILINE)
        return {label: (int(s + ms) * 1000, caller, dialed) for s, ms, label, caller, dialed in lines}

    return read
