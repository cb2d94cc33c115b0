"""The listeners of one installation: its switches, its journal, its clock."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import partial

from ingest.esl_listener import EslListener, Heard, ListenerSettings
from ingest.replay import Recording, Replay
from orchestration.clock import now_micros
from orchestration.settings import FACTORY_PASSWORD, Settings
from orchestration.side_by_side import run_side_by_side
from orchestration.switches import Switch, switches_named


def make_listeners(settings: Settings, only: str | None = None) -> list[EslListener]:
    """A listener to each switch the settings name, or to one of them; each comes back after every loss.

    Raises:
        PermanentError: no switch has that name, or a password is missing or FreeSWITCH's own.
    """
    return [make_listener(settings, switch) for switch in switches_named(settings.all_switches, only)]


def make_listener(settings: Settings, switch: Switch) -> EslListener:
    return EslListener(
        ListenerSettings(
            host=switch.host,
            port=switch.port,
            password=settings.event_socket_password(switch),
            read_password=partial(settings.event_socket_password, switch),
            switch=switch.name,
            folder=settings.home / "journal",
            segment_bytes=settings.segment_bytes,
            segment_seconds=settings.segment_seconds,
            heartbeat_seconds=settings.heartbeat_seconds,
            memory_bytes=settings.queue_bytes,
            spill_folder=settings.spill_folder,
        ),
        now_micros,
        random.SystemRandom().random,
    )


def run_listeners(listeners: Sequence[EslListener]) -> list[Heard]:
    """Listen to all until all are stopped. One that cannot journal stops the others and its error is raised.

    A switch that is away or refuses us does not: its listener tries again, the others go on.
    """
    return run_side_by_side([listener.run for listener in listeners], listeners)


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
                # A recording may have no heartbeats, and proves nothing about a line.
                heartbeat_seconds=float("inf"),
                reconnect=False,
            )
            heard.append(EslListener(replayed, now_micros, random.SystemRandom().random).run())
    return heard
