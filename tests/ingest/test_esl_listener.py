"""The listener on loopback: every capture to the journal, every way to lose a connection, every way to stop."""

from __future__ import annotations

import json
import lzma
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest

from domain.errors import PermanentError, TransientError
from ingest.esl_listener import EslListener, Heard, ListenerSettings
from ingest.esl_protocol import decode_event
from ingest.event_journal import EventJournal, Record, read_segment
from ingest.replay import Recording, Replay

HANGUP = "CHANNEL_HANGUP_COMPLETE"


def notes(records):
    return [json.loads(record.body) for record in records if record.kind == "note"]


def events(records):
    return [record for record in records if record.kind != "note"]


@pytest.mark.parametrize(
    ("stream", "kind", "hangups"),
    [
        ("short/json-subset.esl", "json", 37),
        ("mini/json-subset.esl", "json", 15),
        ("encode-false/json-subset.esl", "json", 15),
        ("sigkill/plain-subset.esl", "plain", 1),
        ("shutdown/plain-subset.esl", "plain", 11),
        ("short/plain-subset.esl", "plain", 37),
        ("mini/json-all.esl", "json", 15),
    ],
)
def test_every_event_of_a_capture_is_in_the_journal_byte_for_byte(
    captures, listener, journalled, event_bodies, stream, kind, hangups
):
    data = (captures / stream).read_bytes()
    with Replay([Recording(data)]) as replay:
        heard = listener(replay.port).run()
    kept = events(journalled())
    assert [record.body for record in kept] == event_bodies(data)
    assert {record.kind for record in kept} == {kind}
    assert heard == Heard(connections=1, events=len(kept), damage=0)
    in_the_bytes = data.count(b'"Event-Name":"%b"' % HANGUP.encode()) + data.count(
        b"Event-Name: %b\n" % HANGUP.encode()
    )
    in_the_journal = [record for record in kept if decode_event(record.kind, record.body)["Event-Name"] == HANGUP]
    assert len(in_the_journal) == in_the_bytes == hangups


def test_heartbeats_that_prove_completeness_are_journalled(captures, listener, journalled):
    data = lzma.decompress((captures / "misc/long-call-heartbeat-hold-all.esl.xz").read_bytes())
    with Replay([Recording(data)]) as replay:
        listener(replay.port).run()
    decoded = [decode_event(record.kind, record.body) for record in events(journalled())]
    highest = max(int(str(event["variable_session_id"])) for event in decoded if "variable_session_id" in event)
    (heartbeat,) = [event for event in decoded if event["Event-Name"] == "HEARTBEAT"]
    assert int(str(heartbeat["Session-Since-Startup"])) == highest


def test_the_subscription_is_json_and_custom_is_last(captures, listener):
    with Replay([Recording.load(captures / "sigkill/plain-subset.esl")]) as replay:
        listener(replay.port).run()
    subscription = (
        "event json CHANNEL_CREATE CHANNEL_ANSWER CHANNEL_HANGUP_COMPLETE SESSION_HEARTBEAT HEARTBEAT SHUTDOWN "
        "CUSTOM callcenter::info"
    )
    assert replay.commands == ["auth ClueCon", subscription, "api show channels as json"]


def test_a_disconnect_notice_is_the_reason_noted(captures, listener, journalled):
    with Replay([Recording.load(captures / "shutdown/plain-subset.esl")]) as replay:
        listener(replay.port).run()
    first, last = notes(journalled())
    assert first == {"note": "connected", "address": f"127.0.0.1:{replay.port}"}
    assert last == {"note": "disconnected", "reason": "disconnect notice: The system is being shut down."}


def test_a_killed_switch_is_noted_as_a_bare_end(captures, listener, journalled):
    with Replay([Recording.load(captures / "sigkill/plain-subset.esl")]) as replay:
        listener(replay.port).run()
    assert notes(journalled())[-1] == {"note": "disconnected", "reason": "the switch closed the connection"}


def test_a_wrong_password_is_permanent_where_we_may_not_come_back(captures, listener, journalled):
    with (
        Replay([Recording.load(captures / "misc/wrong-password.esl")]) as replay,
        pytest.raises(PermanentError, match=r"refused the password \(-ERR invalid\); set the one of event_socket"),
    ):
        listener(replay.port, password="wrong").run()
    assert replay.commands == ["auth wrong"]
    assert "refused the password" in notes(journalled())[-1]["reason"]


def test_a_refused_subscription_is_permanent(captures, listener):
    with (
        Replay([Recording.load(captures / "misc/bad-commands.esl")]) as replay,
        pytest.raises(PermanentError, match=r"refused 'event json .*-ERR command not found"),
    ):
        listener(replay.port).run()


def test_an_address_the_switch_refuses_is_permanent(listener):
    rejection = b"Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n"
    with (
        Replay([Recording(rejection)]) as replay,
        pytest.raises(PermanentError, match=r"Access Denied, go away\..*apply-inbound-acl"),
    ):
        listener(replay.port).run()


def test_a_switch_that_hangs_up_before_the_handshake_is_noted(captures, listener, journalled):
    with Replay([Recording.load(captures / "misc/no-auth-idle.esl")]) as replay:
        assert listener(replay.port).run().events == 0
    assert notes(journalled())[-1]["reason"].startswith("disconnect notice: Disconnected, goodbye.")


def test_no_switch_at_all_is_transient_when_we_may_not_come_back(listener):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        with pytest.raises(TransientError, match="no FreeSWITCH answers at"):
            listener(closed.getsockname()[1]).run()


class StopAfter(Heard):
    """Stops the listener as soon as it has heard so many events."""

    def __init__(self, listener, events):
        super().__init__()
        self.listener, self.wanted = listener, events

    def __setattr__(self, name, value):
        super().__setattr__(name, value)
        if name == "events" and hasattr(self, "wanted") and value >= self.wanted:
            self.listener.stop()


def test_it_comes_back_after_a_cut_and_takes_up_the_stream(captures, listener, journalled, event_bodies):
    data = (captures / "short/json-subset.esl").read_bytes()
    bodies = event_bodies(data)
    greeting = data[: data.index(b"Content-Length")]
    cut = data.index(b"Content-Length", len(data) // 2)
    with Replay([Recording(data[:cut]), Recording(greeting), Recording(greeting + data[cut:])]) as replay:
        ear = listener(replay.port, reconnect=True, backoff_first_seconds=0.001)
        ear.heard = StopAfter(ear, len(bodies))
        ear.run()
    records = journalled()
    assert [record.body for record in events(records)] == bodies
    assert [note["note"] for note in notes(records)] == ["connected", "disconnected"] * 3


def test_a_connection_cut_inside_an_event_costs_that_event_and_says_so(captures, listener, journalled, event_bodies):
    data = (captures / "short/json-subset.esl").read_bytes()
    bodies = event_bodies(data)
    greeting = data[: data.index(b"Content-Length")]
    cut = data.index(bodies[3]) + 1000
    with Replay([Recording(data[:cut]), Recording(greeting + data[cut:])]) as replay:
        ear = listener(replay.port, reconnect=True, backoff_first_seconds=0.001)
        ear.heard = StopAfter(ear, len(bodies) - 1)
        heard = ear.run()
    records = journalled()
    assert [record.body for record in events(records)] == bodies[:3] + bodies[4:]
    first, second = [note for note in notes(records) if note["note"] == "damage"]
    assert heard.damage == 2
    assert first["reason"] == "the stream ended inside a frame"
    assert second["length"] == len(bodies[3]) - 1000
    assert {"offset", "length", "reason", "excerpt_base64"} < second.keys()


def test_an_absent_switch_is_waited_for_with_growing_pauses_and_noted_once(captures, tmp_path, clock, journalled):
    recording = Recording.load(captures / "sigkill/plain-subset.esl")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    asked = []
    with open_later(port, recording) as open_now:

        def jitter():
            asked.append(1)
            if len(asked) == 4:
                open_now()
            return 0.0

        settings = ListenerSettings(
            "127.0.0.1", port, "ClueCon", "fslab1", tmp_path / "journal", backoff_first_seconds=0.001
        )
        ear = EslListener(settings, clock, jitter)
        ear.heard = StopAfter(ear, 35)
        ear.run()
    assert [note["note"] for note in notes(journalled())] == ["unreachable", "connected", "disconnected"]
    assert len(asked) >= 4


@contextmanager
def open_later(port, recording):
    """A replay on that port that begins to serve when told."""
    opened = []

    def open_now():
        opened.append(Replay([recording], port=port).__enter__())

    yield open_now
    for replay in opened:
        replay.__exit__()


@pytest.mark.parametrize(
    ("failures", "shortest"), [(0, 0.25), (1, 0.5), (4, 4.0), (6, 15.0), (7, 15.0), (10_000, 15.0)]
)
def test_pauses_double_up_to_the_cap_and_half_of_each_is_random(listener, failures, shortest):
    ear = listener(1)
    assert ear.backoff_seconds(failures) == shortest
    ear.jitter = lambda: 0.5
    assert ear.backoff_seconds(failures) == shortest * 1.5


def test_a_connection_without_heartbeats_is_given_up(listener, journalled, held_open, captures):
    said = (captures / "sigkill/plain-subset.esl").read_bytes()
    with Replay([held_open(said)], at_recorded_pace=True) as replay:
        heard = listener(replay.port, heartbeat_seconds=0.1).run()
    assert heard.events == 35
    assert notes(journalled())[-1]["reason"] == "no HEARTBEAT in 0.1 s"


def test_a_switch_that_does_not_greet_is_given_up(listener, journalled):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        listener(mute.getsockname()[1], reply_seconds=0.05).run()
    assert notes(journalled())[-1]["reason"] == "no answer in 0.05 s"


def test_told_to_stop_it_says_exit_takes_what_is_on_the_way_and_seals(
    listener, journalled, held_open, captures, event_bodies
):
    said = (captures / "short/json-subset.esl").read_bytes()
    with Replay([held_open(said)], at_recorded_pace=True) as replay:
        ear = listener(replay.port, reconnect=True)
        ear.heard = StopAfter(ear, 1)
        ear.run()
    records = journalled()
    assert replay.commands[-1] == "exit"
    assert [record.body for record in events(records)] == event_bodies(said)
    assert notes(records)[-1] == {"note": "disconnected", "reason": "told to stop"}


def test_stopped_before_it_began_it_only_seals(listener, journalled):
    ear = listener(1, reconnect=True)
    ear.stop()
    assert ear.run() == Heard()
    assert journalled() == []


def test_stopped_while_it_waits_to_come_back_it_returns_at_once(listener, captures):
    with Replay([Recording.load(captures / "misc/no-auth-idle.esl")]) as replay:
        ear = listener(replay.port, reconnect=True, backoff_first_seconds=3600.0, backoff_cap_seconds=3600.0)
        thread = Thread(target=ear.run)
        thread.start()
        replay.wait()
        ear.stop()
        thread.join(30)
        assert not thread.is_alive()


def test_a_crash_s_torn_segment_is_noted_at_the_next_start(listener, captures, journalled, tmp_path, clock):
    journal = EventJournal(tmp_path / "journal", "fslab1", clock, 1 << 20, 3600)
    journal.append(clock(), "json", b'{"Event-Name":"A"}')
    journal.sync()
    (torn,) = (tmp_path / "journal").glob("*.open")
    left = torn.read_bytes() + b"torn"
    journal.close()
    for path in (tmp_path / "journal").iterdir():
        path.unlink()
    torn.write_bytes(left)
    with Replay([Recording.load(captures / "sigkill/plain-subset.esl")]) as replay:
        listener(replay.port).run()
    assert notes(journalled())[0] == {"note": "recovered", "segment": torn.stem, "cut_bytes": 4}


@pytest.mark.parametrize("password", ["", "ClueCon\n", "a\n\nexit"])
def test_a_password_that_cannot_be_one_is_refused_before_it_is_sent(tmp_path, password):
    with pytest.raises(PermanentError, match="empty or has a line break"):
        ListenerSettings("127.0.0.1", 8021, password, "fslab1", tmp_path)


def test_the_password_is_not_in_what_settings_print(tmp_path):
    assert "ClueCon" not in repr(ListenerSettings("127.0.0.1", 8021, "ClueCon", "fslab1", tmp_path))


@contextmanager
def listening_process(port, folder, *spill):
    root = Path(__file__).parents[2]
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("listen_process.py")), str(port), str(folder), *map(str, spill)],
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": str(root)},
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def durable_sizes(process, at_least):
    """Read what the process says it synced, until so many bytes are durable."""
    for line in process.stdout:
        if int(line) >= at_least:
            return int(line)
    raise AssertionError("the listener ended before it had heard everything")


def test_sigterm_seals_and_exits_0(captures, tmp_path, held_open, journalled, event_bodies):
    said = (captures / "short/json-subset.esl").read_bytes()
    bodies = event_bodies(said)
    with (
        Replay([held_open(said)], at_recorded_pace=True) as replay,
        listening_process(replay.port, tmp_path / "journal") as process,
    ):
        durable_sizes(process, sum(map(len, bodies)))
        process.send_signal(signal.SIGTERM)
        process.stdout.read()
        assert process.wait(30) == 0
    assert [record.body for record in events(journalled())] == bodies


@pytest.mark.parametrize("heard", [1, 200_000, 1_000_000])
def test_killed_at_once_it_loses_nothing_that_was_durable(
    captures, tmp_path, held_open, journalled, event_bodies, listener, heard
):
    said = (captures / "short/json-subset.esl").read_bytes()
    bodies = event_bodies(said)
    folder = tmp_path / "journal"
    with (
        Replay([held_open(said)], at_recorded_pace=True) as replay,
        listening_process(replay.port, folder) as process,
    ):
        durable = durable_sizes(process, heard)
        process.send_signal(signal.SIGKILL)
        assert process.wait(30) == -signal.SIGKILL
    (left,) = folder.glob("*.open")
    synced = left.read_bytes()[:durable]
    with Replay([Recording(said)]) as replay:
        listener(replay.port).run()
    sealed = left.with_suffix(".esl")
    kept = read_segment(sealed)
    assert kept.damage == []
    assert sealed.read_bytes().startswith(synced)
    assert [record.body for record in events(kept.records)] == bodies[: len(events(kept.records))]
    assert "recovered" in [note["note"] for note in notes(journalled())]


def test_killed_while_the_disk_stalls_what_was_spilled_is_journalled_at_the_next_start(
    captures, tmp_path, held_open, journalled, event_bodies, listener
):
    data = (captures / "short/json-subset.esl").read_bytes()
    head = data[: data.index(b"Content-Length")]
    said, bodies = head + data[len(head) :] * 3, event_bodies(data) * 3
    folder, spill = tmp_path / "journal", tmp_path / "spill"
    with (
        Replay([held_open(said)], at_recorded_pace=True) as replay,
        listening_process(replay.port, folder, spill) as process,
    ):
        pause = Event()
        while len(list(spill.glob("*.spill"))) < 3:
            pause.wait(0.01)
            assert process.poll() is None
        process.send_signal(signal.SIGKILL)
        assert process.wait(30) == -signal.SIGKILL
    with Replay([Recording.load(captures / "misc/no-auth-idle.esl")]) as replay:
        listener(replay.port, spill_folder=spill).run()
    spilled = [note for note in notes(journalled()) if note["note"] == "spilled"]
    assert len(spilled) >= 3
    assert sum(note["records"] for note in spilled) > 0
    kept = [record.body for record in events(journalled())]
    # In order; only what was in memory is missing.
    remaining = iter(bodies)
    assert all(body in remaining for body in kept)
    assert list(spill.iterdir()) == []


def test_two_listeners_of_one_switch_are_one_too_many(captures, listener, tmp_path, clock):
    with (
        EventJournal(tmp_path / "journal", "fslab1", clock, 1 << 20, 3600),
        pytest.raises(PermanentError, match="another process"),
    ):
        listener(1).run()


def test_records_carry_the_time_they_were_received(captures, listener, journalled):
    with Replay([Recording.load(captures / "short/json-subset.esl")]) as replay:
        listener(replay.port).run()
    received = [record.received_us for record in journalled()]
    assert received == sorted(received)
    assert isinstance(journalled()[0], Record)
