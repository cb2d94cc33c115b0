"""The journal read while it is written: nothing twice, nothing torn, nothing missed when a segment is sealed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.event_journal import EventJournal
from ingest.journal_segment import Record
from ingest.journal_tail import JournalTail
from ingest.replay import Replay

NOW = 1_795_372_163_000_000


def open_journal(folder, switch="fs1"):
    return EventJournal(folder, switch, lambda: NOW, 1 << 20, 3600)


@given(steps=st.lists(st.sampled_from(["append", "flush", "seal", "read"]), max_size=40))
def test_every_flushed_record_is_read_once_and_in_order(steps, tmp_path_factory):
    folder = tmp_path_factory.mktemp("journal")
    read: list[tuple[str, Record]] = []
    written: list[Record] = []
    tail = JournalTail(folder, sealed_before=40)
    with open_journal(folder) as journal:
        for step in steps:
            if step == "append":
                written.append(Record(NOW + len(written), "json", b"{%d}" % len(written)))
                journal.append(written[-1].received_us, "json", written[-1].body)
            elif step == "read":
                read += tail.read_new()
            else:
                getattr(journal, step)()
    read += tail.read_new()
    tail.close()
    assert read == [("fs1", record) for record in written]


@pytest.mark.parametrize("cut", [3, 25, 60, 75])
def test_half_a_record_waits_for_its_other_half(tmp_path, cut):
    with open_journal(tmp_path) as journal:
        journal.append(NOW, "json", b'{"a":1}')
        journal.append(NOW, "json", b'{"b":2}')
        journal.flush()
        (path,) = tmp_path.glob("*.open")
        whole = path.read_bytes()
    growing = tmp_path / "other" / path.name
    growing.parent.mkdir()
    growing.write_bytes(whole[:cut])
    tail = JournalTail(growing.parent)
    records = tail.read_new()
    growing.write_bytes(whole)
    records += tail.read_new()
    tail.close()
    assert [record.body for _, record in records] == [b'{"a":1}', b'{"b":2}']


def test_it_begins_at_the_last_sealed_segments_of_each_switch(tmp_path):
    for switch in ("fs1", "fs2"):
        with open_journal(tmp_path, switch) as journal:
            for number in range(4):
                journal.append(NOW, "json", b"%d" % number)
                journal.seal()
    tail = JournalTail(tmp_path)
    assert sorted((switch, record.body) for switch, record in tail.read_new()) == [
        (switch, body) for switch in ("fs1", "fs2") for body in (b"2", b"3")
    ]


def test_what_the_listener_hears_is_seen_before_its_segment_is_sealed(captures, listener, tmp_path, held_open):
    from threading import Event, Thread

    said = (captures / "short/json-subset.esl").read_bytes()
    with Replay([held_open(said)], at_recorded_pace=True) as replay:
        ear = listener(replay.port, reconnect=True)
        thread = Thread(target=ear.run)
        thread.start()
        (tmp_path / "journal").mkdir(exist_ok=True)
        tail, seen, pause = JournalTail(tmp_path / "journal"), [], Event()
        for _ in range(1000):
            seen += [record for _, record in tail.read_new() if record.kind == "json"]
            if len(seen) == said.count(b"text/event-json"):
                break
            pause.wait(0.01)
        assert not list((tmp_path / "journal").glob("*.esl"))
        ear.stop()
        thread.join(20)
        tail.close()
    assert len(seen) == said.count(b"text/event-json")
