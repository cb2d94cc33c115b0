"""What a listener lives through in production: disks, lines, clocks and switches that fail. docs/operations.md."""

from __future__ import annotations

import errno
import json
import os
import resource
import socket
import stat
import threading
from contextlib import contextmanager
from itertools import count

import pytest

from domain.errors import PermanentError, TransientError
from ingest.event_journal import EventJournal, read_segment, sealed_segments
from ingest.replay import Recording, Replay

KILLED = b"Content-Type: text/disconnect-notice\nContent-Length: 39\n\nkilled listener because of lost events\n"
SECONDS = 10


def notes(records, what=None):
    found = [json.loads(record.body) for record in records if record.kind == "note"]
    return [note for note in found if what in (None, note["note"])]


def bodies_of(records):
    return [record.body for record in records if record.kind != "note"]


@contextmanager
def running(ear):
    """The listener in a thread; stopped and waited for on the way out."""
    raised = []

    def run():
        try:
            ear.run()
        except (PermanentError, TransientError) as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield raised
    finally:
        ear.stop()
        thread.join(SECONDS)
        assert not thread.is_alive()


def until(condition):
    """Poll something that is about to become true in another thread."""
    pause = threading.Event()
    for _ in range(SECONDS * 100):
        if condition():
            return
        pause.wait(0.01)
    raise AssertionError("it did not happen")


@pytest.fixture
def stalled_disk(monkeypatch):
    """The journal's disk answers no fsync until told to; other disks are not concerned."""
    go_on = threading.Event()
    durable = os.fsync

    def fsync(handle):
        if stat.S_ISREG(os.fstat(handle).st_mode):
            assert go_on.wait(SECONDS)
        durable(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    yield go_on
    go_on.set()


@contextmanager
def no_file_over(size):
    """The real thing: the kernel refuses to let a file grow."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def flood(captures, event_bodies):
    """Three recordings' worth of events on one connection, and their bodies."""
    data = (captures / "short/json-subset.esl").read_bytes()
    head = data[: data.index(b"Content-Length")]
    return head + data[len(head) :] * 3, event_bodies(data) * 3


def test_a_stalled_journal_is_spilled_and_nothing_is_lost_or_reordered(
    flood, listener, journalled, tmp_path, held_open, stalled_disk
):
    said, bodies = flood
    with Replay([held_open(said)], at_recorded_pace=True) as replay:
        ear = listener(replay.port, reconnect=True, memory_bytes=1_600_000, spill_folder=tmp_path / "spill")
        with running(ear):
            # Everything is read off the socket though not one fsync has returned.
            until(lambda: ear.heard.events == len(bodies))
            assert ear.status.queue_bytes <= 1_600_000
            assert ear.status.spill_files > 0
            stalled_disk.set()
    assert bodies_of(journalled()) == bodies
    spilled = notes(journalled(), "spilled")
    assert sum(note["records"] for note in spilled) > 0
    assert ear.status.spilled_bytes > 0
    assert list((tmp_path / "spill").iterdir()) == []


def test_without_room_anywhere_reading_pauses_and_says_so(flood, listener, journalled, held_open, stalled_disk):
    said, bodies = flood
    with Replay([held_open(said)], at_recorded_pace=True) as replay:
        ear = listener(replay.port, reconnect=True, memory_bytes=600_000)
        with running(ear):
            until(lambda: "queue" in ear.status.unwell)
            assert ear.heard.events < len(bodies)
            stalled_disk.set()
            until(lambda: ear.heard.events == len(bodies))
    assert bodies_of(journalled()) == bodies
    assert notes(journalled(), "paused")
    assert ear.status.lost_records == 0


def test_a_full_disk_is_waited_out_and_every_event_is_kept(flood, listener, journalled, tmp_path, held_open):
    said, bodies = flood
    with Replay([held_open(said)], at_recorded_pace=True) as replay:
        ear = listener(
            replay.port,
            reconnect=True,
            memory_bytes=1_600_000,
            spill_folder=tmp_path / "spill",
            journal_retry_seconds=0.02,
        )
        with no_file_over(300_000), running(ear):
            until(lambda: ear.status.journal_failures)
            assert any(part.startswith("journal: ") for part in ear.status.complaints())
            until(lambda: ear.heard.events == len(bodies))
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            until(lambda: "journal" not in ear.status.unwell)
    kept = bodies_of(journalled())
    # What stood in the segment that failed may be there twice, in order.
    assert list(dict.fromkeys(kept)) == list(dict.fromkeys(bodies))
    assert kept[-len(bodies) // 3 :] == bodies[-len(bodies) // 3 :]
    assert notes(journalled(), "journal_resumed")[0]["reason"].startswith("the journal in")


@pytest.fixture
def read_only(monkeypatch, tmp_path):
    """The journal's disk takes one write and nothing more, as the kernel does with one that failed, until told."""
    is_read_only, journal, written = threading.Event(), str(tmp_path / "journal"), count(1)
    write, open_file = os.write, os.open

    def refuse(path):
        if is_read_only.is_set() and str(path).startswith(journal):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    def writing(handle, data):
        path = os.readlink(f"/proc/self/fd/{handle}")
        # The head of the segment is written; what it is for is not: a fast flood could all be in the second write.
        if path.startswith(journal) and next(written) == 2:
            is_read_only.set()
        refuse(path)
        return write(handle, data)

    def opening(path, flags, *more, **named):
        if flags & (os.O_WRONLY | os.O_RDWR):
            refuse(path)
        return open_file(path, flags, *more, **named)

    monkeypatch.setattr(os, "write", writing)
    monkeypatch.setattr(os, "open", opening)
    return is_read_only


def test_a_disk_that_turns_read_only_is_waited_out_and_every_event_is_kept(
    flood, listener, journalled, held_open, read_only
):
    said, bodies = flood
    with Replay([held_open(said)], at_recorded_pace=True) as replay:
        ear = listener(replay.port, reconnect=True, journal_retry_seconds=0.02)
        with running(ear):
            until(lambda: ear.status.journal_failures and ear.heard.events == len(bodies))
            assert ["Read-only file system" in part for part in ear.status.complaints()] == [True]
            read_only.clear()
            until(lambda: "journal" not in ear.status.unwell)
    assert list(dict.fromkeys(bodies_of(journalled()))) == list(dict.fromkeys(bodies))
    assert ear.status.lost_records == 0
    assert "Read-only file system" in notes(journalled(), "journal_resumed")[0]["reason"]


def test_stopped_while_the_disk_refuses_the_rest_waits_in_the_spill_for_the_next_start(
    flood, listener, journalled, tmp_path, held_open, captures
):
    said, bodies = flood
    spill, journal = tmp_path / "spill", tmp_path / "journal"
    with Replay([held_open(said)], at_recorded_pace=True) as replay:
        ear = listener(replay.port, reconnect=True, spill_folder=spill, journal_retry_seconds=0.02)
        with no_file_over(300_000), running(ear) as raised:
            until(lambda: ear.status.journal_failures and ear.heard.events == len(bodies))
            journal.rename(tmp_path / "away")
            journal.write_text("no folder")
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert "cannot be written" in str(raised[0])
    assert len(list(spill.iterdir())) == 1
    journal.unlink()
    (tmp_path / "away").rename(journal)
    with Replay([Recording((captures / "misc/no-auth-idle.esl").read_bytes())]) as replay:
        listener(replay.port, spill_folder=spill).run()
    assert list(spill.iterdir()) == []
    assert list(dict.fromkeys(bodies_of(journalled()))) == list(dict.fromkeys(bodies))
    assert ear.status.lost_records == 0


@pytest.mark.parametrize("has_spill", [True, False])
def test_a_journal_taken_over_while_the_disk_refused_costs_no_record_or_says_how_many(
    flood, listener, journalled, tmp_path, held_open, captures, clock, has_spill
):
    said, bodies = flood
    spill, journal = tmp_path / "spill" if has_spill else None, tmp_path / "journal"
    other = EventJournal(tmp_path / "other", "fslab1", clock, 1 << 20, 3600)  # another process, on the same name
    with Replay([held_open(said)], at_recorded_pace=True) as replay:
        ear = listener(replay.port, reconnect=True, spill_folder=spill, journal_retry_seconds=0.2)
        with no_file_over(300_000), running(ear) as raised:
            until(lambda: ear.status.journal_failures and ear.heard.events == len(bodies))
            journal.rename(tmp_path / "away")
            journal.write_text("no folder")
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            journal.unlink()
            (tmp_path / "other").rename(journal)
            until(lambda: raised)
    assert isinstance(raised[0], PermanentError)
    assert "another process writes the journal" in str(raised[0])
    other.close()
    journal.rename(tmp_path / "other")
    (tmp_path / "away").rename(journal)
    with Replay([Recording((captures / "misc/no-auth-idle.esl").read_bytes())]) as replay:
        listener(replay.port, spill_folder=spill).run()
    missing = set(bodies) - set(bodies_of(journalled()))
    assert (missing == set(), ear.status.lost_records > 0) == (has_spill, not has_spill)
    assert len(missing) <= ear.status.lost_records


def test_a_journal_that_cannot_be_opened_at_the_start_is_transient(listener, tmp_path):
    (tmp_path / "journal").write_text("no folder")
    with pytest.raises(TransientError, match="cannot be written"):
        listener(1, reconnect=True).run()


def test_an_opening_that_failed_leaves_no_lock(tmp_path, clock):
    folder = tmp_path / "journal"
    folder.mkdir()
    (folder / "fslab1-20261122T182923Z-000001.open").mkdir()
    with pytest.raises(TransientError):
        EventJournal(folder, "fslab1", clock, 1 << 20, 3600)
    (folder / "fslab1-20261122T182923Z-000001.open").rmdir()
    EventJournal(folder, "fslab1", clock, 1 << 20, 3600).close()


def test_a_clock_set_back_seals_the_segment_and_is_noted(tmp_path):
    second = 1_000_000
    start = 1_795_372_163 * second
    with EventJournal(tmp_path, "fslab1", lambda: start, 1 << 20, 3600) as journal:
        journal.append(start, "json", b"{}")
        journal.append(start - second // 2, "json", b"{}")  # an NTP correction
        journal.append(start - 3600 * second, "json", b"{}")  # somebody set it
    readings = [read_segment(path).records for path in sealed_segments(tmp_path)]
    times = [[record.received_us for record in records] for records in readings]
    assert sorted(times) == [[start - 3600 * second] * 2, [start, start]]
    (note,) = notes([record for records in readings for record in records])
    assert note == {"note": "clock", "was_us": start, "is_us": start - 3600 * second}


def test_a_clock_set_back_in_a_quiet_hour_seals_the_segment_too(tmp_path):
    now = 1_795_372_163_000_000
    journal = EventJournal(tmp_path, "fslab1", lambda: now, 1 << 20, 3600)
    journal.append(now, "json", b"{}")
    now -= 7_200_000_000
    journal.seal_if_due()
    assert len(sealed_segments(tmp_path)) == 1
    journal.close()


def test_a_name_that_does_not_resolve_is_noted_once_and_tried_again(listener, journalled):
    asked = []
    ear = listener(8021, host="switch.invalid", reconnect=True, backoff_first_seconds=0.001)

    def jitter():
        asked.append(1)
        if len(asked) == 3:
            ear.stop()
        return 0.0

    ear.jitter = jitter
    ear.run()
    (note,) = notes(journalled())
    assert (note["note"], note["address"]) == ("unreachable", "switch.invalid:8021")


def test_the_kernel_watches_the_line(listener, captures):
    from ingest.esl_listener import keep_alive

    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as line:
        keep_alive(line)
        assert line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 20


def test_a_half_open_line_is_left_and_the_switch_called_again(captures, listener, journalled, held_open):
    said = (captures / "sigkill/plain-subset.esl").read_bytes()
    with Replay([held_open(said), Recording(said)], at_recorded_pace=False) as replay:
        ear = listener(replay.port, reconnect=True, heartbeat_seconds=0.2, backoff_first_seconds=0.001)
        replay.recordings = [held_open(said), Recording(said)]
        with running(ear):
            until(lambda: ear.heard.connections == 2)
    assert [note["note"] for note in notes(journalled())][:3] == ["connected", "disconnected", "connected"]


def test_a_listener_killed_for_lost_events_says_so_and_is_back_at_once(captures, listener, journalled, caplog):
    data = (captures / "short/json-subset.esl").read_bytes()
    with Replay([Recording(data + KILLED), Recording(data)]) as replay:
        ear = listener(replay.port, reconnect=True, backoff_first_seconds=3600.0, backoff_cap_seconds=3600.0)
        with running(ear):
            until(lambda: ear.heard.connections == 2)
    (note,) = notes(journalled(), "killed")
    assert note["reason"] == "disconnect notice: killed listener because of lost events"
    assert ear.status.killed == 1
    assert "FreeSWITCH dropped events for us" in caplog.text


def test_a_password_that_changed_is_tried_slowly_and_read_again(captures, listener, journalled, tmp_path, caplog):
    secret = tmp_path / "password"
    secret.write_text("old")
    refused = Recording.load(captures / "misc/wrong-password.esl")
    good = Recording.load(captures / "sigkill/plain-subset.esl")
    with Replay([refused, refused, good]) as replay:
        ear = listener(
            replay.port,
            reconnect=True,
            refused_seconds=0.05,
            read_password=secret.read_text,
            backoff_first_seconds=60.0,
        )
        with running(ear):
            until(lambda: ear.status.refusals == 2)
            assert ear.status.complaints()[0].startswith("switch: refused")
            secret.write_text("new")
            until(lambda: ear.heard.events == 35)
    said = [command for command in replay.commands if command.startswith("auth")]
    assert said[:2] == ["auth old", "auth old"]
    assert len(notes(journalled(), "refused")) == 1
    assert "old" not in "".join(record.getMessage() for record in caplog.records)


def channels_answer(body):
    return b"Content-Type: api/response\nContent-Length: %d\n\n%b" % (len(body), body)


LEG = {"uuid": "a-leg", "cid_name": "Zoé"}
NO_LIST = "not an answer to 'api show channels as json': -ERR show Command not found!"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b'{"row_count":1,"rows":[{"uuid":"a-leg","cid_name":"Zo\xe9"}]}', {"row_count": 1, "rows": [LEG]}),
        (b'{"row_count":0}', {"row_count": 0, "rows": []}),
        (b"-ERR show Command not found!\n", {"error": NO_LIST}),
    ],
)
def test_what_is_in_progress_when_we_come_is_noted(captures, listener, journalled, answer, expected):
    data = (captures / "short/json-subset.esl").read_bytes()
    at = data.index(b"Content-Length")
    with Replay([Recording(data[:at] + channels_answer(answer) + data[at:])]) as replay:
        listener(replay.port).run()
    assert replay.commands[2] == "api show channels as json"
    assert notes(journalled(), "channels") == [{"note": "channels", **expected}]


def test_channels_of_ten_thousand_legs_pass(captures, listener, journalled):
    data = (captures / "short/json-subset.esl").read_bytes()
    at = data.index(b"Content-Length")
    rows = [{"uuid": f"{number:036d}", "padding": "x" * 900} for number in range(10_000)]
    answer = json.dumps({"row_count": len(rows), "rows": rows}).encode()
    with Replay([Recording(data[:at] + channels_answer(answer) + data[at:])]) as replay:
        heard = listener(replay.port).run()
    assert heard.damage == 0
    assert notes(journalled(), "channels")[0]["row_count"] == 10_000
