"""The journal as a writer: sealed segments, crashes, two writers, a disk that refuses."""

from __future__ import annotations

import hashlib
import json
import resource
import stat
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import PermanentError, TransientError
from ingest.event_journal import EventJournal, Record, read_segment, sealed_segments

RECORDS = [
    Record(1_795_372_163_658_911 + number, kind, body)
    for number, (kind, body) in enumerate(
        [
            ("note", b'{"note": "connected"}'),
            ("json", b'{"Event-Name":"CHANNEL_CREATE","name":"\xe9"}'),
            ("plain", b"Event-Name: CHANNEL_ANSWER\nx: y\n\n"),
            ("json", b""),
            ("json", b'{"looks":"like 1795372163658911 json 3 00000000"}'),
        ]
    )
]


def open_journal(folder, clock, *, segment_bytes=1 << 20, segment_seconds=3600, switch="fslab1"):
    return EventJournal(folder, switch, clock, segment_bytes, segment_seconds)


def append_all(journal, records=RECORDS):
    for record in records:
        journal.append(record.received_us, record.kind, record.body)


def read_all(folder):
    return [record for segment in sealed_segments(folder) for record in read_segment(segment).records]


def test_what_was_appended_is_read_back(tmp_path, clock):
    with open_journal(tmp_path, clock) as journal:
        append_all(journal)
    (segment,) = sealed_segments(tmp_path)
    reading = read_segment(segment)
    assert reading.records == RECORDS
    assert reading.damage == []


def test_a_segment_is_named_after_its_switch_and_first_record(tmp_path, clock):
    with open_journal(tmp_path, clock) as journal:
        append_all(journal)
        journal.seal()
        append_all(journal)
    assert [segment.name for segment in sealed_segments(tmp_path)] == [
        "fslab1-20261122T182923Z-000001",
        "fslab1-20261122T182923Z-000002",
    ]


def test_a_manifest_says_what_its_segment_holds(tmp_path, clock):
    with open_journal(tmp_path, clock) as journal:
        append_all(journal)
        segment = journal.seal()
    data = segment.path.read_bytes()
    manifest = json.loads(segment.manifest.read_text())
    assert manifest.pop("sealed_us") > 0
    assert manifest == {
        "segment": "fslab1-20261122T182923Z-000001",
        "switch": "fslab1",
        "records": len(RECORDS),
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "first_received_us": RECORDS[0].received_us,
        "last_received_us": RECORDS[-1].received_us,
    }


def test_files_are_for_their_owner_only(tmp_path, clock):
    folder = tmp_path / "journal"
    with open_journal(folder, clock) as journal:
        append_all(journal)
        journal.seal()
        append_all(journal)
        modes = {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_journal_nothing_was_appended_to_leaves_no_segment(tmp_path, clock):
    with open_journal(tmp_path, clock) as journal:
        assert journal.seal() is None
    assert sealed_segments(tmp_path) == []


def test_a_segment_is_sealed_once_it_has_its_bytes(tmp_path, clock):
    with open_journal(tmp_path, clock, segment_bytes=100) as journal:
        append_all(journal)
    assert len(sealed_segments(tmp_path)) > 1
    assert read_all(tmp_path) == RECORDS


def test_a_segment_is_sealed_before_a_record_that_comes_after_its_time(tmp_path, clock):
    with open_journal(tmp_path, clock, segment_seconds=60) as journal:
        journal.append(RECORDS[0].received_us, "json", b"{}")
        journal.append(RECORDS[0].received_us + 59_999_999, "json", b"{}")
        assert sealed_segments(tmp_path) == []
        journal.append(RECORDS[0].received_us + 60_000_000, "json", b"{}")
        assert len(sealed_segments(tmp_path)) == 1


def test_a_quiet_hour_still_seals_a_segment(tmp_path):
    now = RECORDS[0].received_us
    journal = open_journal(tmp_path, lambda: now, segment_seconds=60)
    append_all(journal)
    journal.seal_if_due()
    assert sealed_segments(tmp_path) == []
    now += 60_000_000
    journal.seal_if_due()
    assert len(sealed_segments(tmp_path)) == 1
    journal.close()


def test_an_unknown_kind_is_refused(tmp_path, clock):
    with open_journal(tmp_path, clock) as journal, pytest.raises(ValueError, match="kind 'xml'"):
        journal.append(1, "xml", b"")


@pytest.mark.parametrize("switch", ["", "../fslab1", "a b", "a\n", ".hidden"])
def test_a_switch_name_that_cannot_name_a_file_is_refused(tmp_path, clock, switch):
    with pytest.raises(PermanentError, match="cannot name a file"):
        open_journal(tmp_path, clock, switch=switch)


def test_a_second_writer_of_the_same_switch_is_refused_and_another_switch_is_not(tmp_path, clock):
    with open_journal(tmp_path, clock), open_journal(tmp_path, clock, switch="fslab1-b") as other:
        append_all(other)
        with pytest.raises(PermanentError, match="another process writes the journal of fslab1"):
            open_journal(tmp_path, clock)
    open_journal(tmp_path, clock).close()


def torn_journal(folder, clock):
    """The bytes of an open segment, and where each record's body ends in them."""
    journal = open_journal(folder, clock)
    append_all(journal)
    journal.sync()
    (path,) = folder.glob("*.open")
    data = path.read_bytes()
    journal.close()
    ends, at = [], data.index(b"\n") + 1
    for record in RECORDS:
        ends.append(data.index(b"\n", at) + 1 + len(record.body))
        at = ends[-1] + 1
    return path.name, data, ends


@pytest.fixture(scope="module")
def torn(tmp_path_factory):
    return torn_journal(tmp_path_factory.mktemp("torn"), lambda: RECORDS[0].received_us)


@given(data=st.data())
def test_a_tail_torn_at_any_byte_costs_the_record_it_is_in(torn, tmp_path_factory, data):
    name, whole, ends = torn
    cut = data.draw(st.integers(0, len(whole)))
    folder = tmp_path_factory.mktemp("cut")
    (folder / name).write_bytes(whole[:cut])
    kept = [record for record, end in zip(RECORDS, ends, strict=True) if end <= cut]
    with open_journal(folder, lambda: RECORDS[0].received_us) as journal:
        (recovery,) = journal.recovered
        append_all(journal, RECORDS[:1])
    assert recovery.records == len(kept)
    assert read_all(folder) == kept + RECORDS[:1]
    assert [damage for segment in sealed_segments(folder) for damage in read_segment(segment).damage] == []
    assert not list(folder.glob("*.open"))


@given(data=st.data())
def test_a_tail_of_rubbish_is_cut(torn, tmp_path_factory, data):
    name, whole, _ = torn
    folder = tmp_path_factory.mktemp("rubbish")
    rubbish = data.draw(st.one_of(st.binary(min_size=1, max_size=50), st.just(b"\x00" * 4096)))
    (folder / name).write_bytes(whole + rubbish)
    open_journal(folder, lambda: 1).close()
    (segment,) = sealed_segments(folder)
    assert segment.path.read_bytes() == whole
    assert read_segment(segment).damage == []


def test_a_crash_between_the_manifest_and_the_rename_is_repaired(torn, tmp_path, clock):
    name, whole, _ = torn
    (tmp_path / name).write_bytes(whole)
    (tmp_path / name.replace(".open", ".json")).write_text("{}")
    (tmp_path / name.replace(".open", ".json.new")).write_text("{")
    open_journal(tmp_path, clock).close()
    (segment,) = sealed_segments(tmp_path)
    assert read_segment(segment) == (type(read_segment(segment)))(RECORDS, [])


def test_another_switch_s_open_segment_is_left_to_it(torn, tmp_path, clock):
    name, whole, _ = torn
    (tmp_path / name).write_bytes(whole)
    open_journal(tmp_path, clock, switch="other").close()
    assert (tmp_path / name).read_bytes() == whole


def test_the_sequence_goes_on_after_a_restart(tmp_path, clock):
    for _ in range(3):
        with open_journal(tmp_path, clock) as journal:
            append_all(journal)
    assert [segment.sequence for segment in sealed_segments(tmp_path)] == [1, 2, 3]


@contextmanager
def no_file_over(size):
    """The real thing: the kernel refuses to let a file grow."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_is_a_transient_error_and_what_was_synced_stands(tmp_path, clock):
    journal = open_journal(tmp_path, clock)
    append_all(journal)
    journal.sync()
    journal.append(RECORDS[-1].received_us, "json", b'"' + b"x" * 300_000 + b'"')
    with no_file_over(200_000), pytest.raises(TransientError, match=r"cannot be written.*make room"):
        journal.sync()
    journal.close()
    with open_journal(tmp_path, clock) as again:
        (recovery,) = again.recovered
    assert recovery.records == len(RECORDS)
    assert read_all(tmp_path) == RECORDS


def test_a_folder_that_cannot_be_made_is_a_transient_error(tmp_path, clock):
    (tmp_path / "file").write_text("")
    with pytest.raises(TransientError, match="cannot be written"):
        open_journal(tmp_path / "file" / "journal", clock)
