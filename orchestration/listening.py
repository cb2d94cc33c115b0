"""The listener of one installation: its switch, its journal, its clock."""

from __future__ import annotations

import random
from collections.abc import Sequence

from ingest.esl_listener import EslListener, Heard, ListenerSettings
from ingest.replay import Recording, Replay
from orchestration.clock import now_micros
from orchestration.settings import FACTORY_PASSWORD, Settings


def make_listener(settings: Settings) -> EslListener:
    """The listener to the switch the settings name; it comes back after every loss."""
    return EslListener(
        ListenerSettings(
            host=settings.esl_host,
            port=settings.esl_port,
            password=settings.event_socket_password(),
            switch=settings.switch_name,
            folder=settings.home / "journal",
            segment_bytes=settings.segment_bytes,
            segment_seconds=settings.segment_seconds,
        ),
        now_micros,
        random.SystemRandom().random,
    )


def listen_to_recordings(
    settings: Settings, recordings: Sequence[Recording], *, switch: str, at_recorded_pace: bool = False
) -> list[Heard]:
    """Play each recording on a loopback port to a real listener, into this installation's journal."""
    heard = []
    with Replay(recordings, at_recorded_pace=at_recorded_pace) as replay:
        for _ in recordings:
            replayed = ListenerSettings(
                host="127.0.0.1",
                port=replay.port,
                password=FACTORY_PASSWORD,
                switch=switch,
                folder=settings.home / "journal",
                reconnect=False,
            )
            heard.append(EslListener(replayed, now_micros, random.SystemRandom().random).run())
    return heard
