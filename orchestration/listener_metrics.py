"""The listeners' figures in Prometheus' text format (https://prometheus.io/docs/instrumenting/exposition_formats)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ingest.esl_listener import EslListener, ListenerStatus
from ingest.listener_status import Histogram

Reading = Callable[[ListenerStatus], float | None]

# Name after ``seconde_listener_``, type, help, value; a value of None is left out.
METRICS: tuple[tuple[str, str, str, Reading], ...] = (
    ("events_total", "counter", "Events received from the switch.", lambda s: s.heard.events),
    ("journalled_events_total", "counter", "Events durable in the journal.", lambda s: s.journalled_events),
    ("received_bytes_total", "counter", "Bytes read from the event socket.", lambda s: s.received_bytes),
    ("connections_total", "counter", "Connections made; more than one is a reconnect.", lambda s: s.heard.connections),
    ("damage_total", "counter", "Pieces of the stream that could not be read.", lambda s: s.heard.damage),
    ("killed_total", "counter", "Times the switch dropped events for us and hung up.", lambda s: s.killed),
    ("refusals_total", "counter", "Times the switch refused the password or the address.", lambda s: s.refusals),
    ("lost_records_total", "counter", "Received records no disk took before a stop.", lambda s: s.lost_records),
    ("journal_failures_total", "counter", "Times the journal could not be written.", lambda s: s.journal_failures),
    ("spill_failures_total", "counter", "Times the spill folder could not be written.", lambda s: s.spill_failures),
    ("spilled_bytes_total", "counter", "Bytes that waited in the spill folder.", lambda s: s.spilled_bytes),
    ("paused_seconds_total", "counter", "Seconds the socket was not read.", lambda s: s.paused_seconds),
    ("spill_files", "gauge", "Spill files waiting for the journal now.", lambda s: s.spill_files),
    ("queue_bytes", "gauge", "Bytes waiting in memory for the journal now.", lambda s: s.queue_bytes),
    ("lag_seconds", "gauge", "From the switch's stamp on the last event to its arrival.", lambda s: s.lag_seconds),
    ("last_event_age_seconds", "gauge", "Since the last event came.", lambda s: s.last_event_age_seconds()),
    ("up", "gauge", "1 while subscribed to the switch.", lambda s: int(s.is_subscribed)),
    ("healthy", "gauge", "1 while subscribed and the journal takes what comes.", lambda s: int(not s.complaints())),
)  # fmt: skip


def exposition(listeners: Sequence[EslListener]) -> str:
    """Every figure of every listener, as ``/metrics`` answers it."""
    return "\n".join([*lines(listeners), ""])


def lines(listeners: Sequence[EslListener]) -> Iterator[str]:
    for name, kind, text, reading in METRICS:
        yield from heading(name, kind, text)
        for listener in listeners:
            if (value := reading(listener.status)) is not None:
                yield f'seconde_listener_{name}{{switch="{listener.settings.switch}"}} {value:.15g}'
    yield from heading("fsync_seconds", "histogram", "Time the journal's disk takes to make a group durable.")
    for listener in listeners:
        yield from histogram("fsync_seconds", listener.settings.switch, listener.status.fsyncs)


def heading(name: str, kind: str, text: str) -> Iterator[str]:
    yield f"# HELP seconde_listener_{name} {text}"
    yield f"# TYPE seconde_listener_{name} {kind}"


def histogram(name: str, switch: str, of: Histogram) -> Iterator[str]:
    counts = of.counts.copy()
    for position, bound in enumerate([*(f"{bound:g}" for bound in of.bounds), "+Inf"]):
        yield f'seconde_listener_{name}_bucket{{switch="{switch}",le="{bound}"}} {sum(counts[: position + 1])}'
    yield f'seconde_listener_{name}_sum{{switch="{switch}"}} {of.seconds:g}'
    yield f'seconde_listener_{name}_count{{switch="{switch}"}} {sum(counts)}'
