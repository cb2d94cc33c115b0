"""Records as the bytes they will have in the journal: the hot path says what the slow one would."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.esl_protocol import EventRun, FrameParser
from ingest.event_journal import EventJournal, read_segment, sealed_segments
from ingest.journal_segment import Record, encode_record, records_in
from ingest.record_batch import Batch, BatchMaker, batch_of, joined

NOW_US = 1_795_372_163_658_911
SECOND = 1_000_000
BODIES = [b'{"Event-Name":"A","x":"%b"}' % (b"x" * size) for size in (0, 1, 5_000, 10_500, 70_000)]
RECORDS = st.lists(
    st.builds(
        Record,
        st.integers(NOW_US - 3 * SECOND, NOW_US + 3 * SECOND),
        st.sampled_from(["json", "note", "plain"]),
        st.binary(max_size=20),
    ),
    max_size=8,
)


def frame(body):
    return b"Content-Length: %d\nContent-Type: text/event-json\n\n%b" % (len(body), body)


@given(st.lists(st.sampled_from(BODIES), min_size=1, max_size=10), st.integers(0, 2 * NOW_US))
def test_a_run_encodes_as_its_events_one_by_one(bodies, received_us):
    stream = b"".join(map(frame, bodies))
    (run,) = FrameParser().cut(stream, len(stream))
    assert isinstance(run, EventRun)
    assert run.encode(received_us) == b"".join(encode_record(received_us, "json", body) for body in bodies)


def test_a_run_knows_a_heartbeat_among_its_events():
    beat = frame(b'{"Event-Name":"HEARTBEAT","x":"y"}')
    other = frame(BODIES[2])
    for stream, expected in ((other + beat + other, True), (other + other, False)):
        (run,) = FrameParser().cut(stream, len(stream))
        assert isinstance(run, EventRun)
        assert run.has_heartbeat() is expected


@given(RECORDS)
def test_a_batch_gives_its_records_back(records):
    batch = batch_of(records)
    assert list(records_in(batch.data)) == records
    assert (batch.records, batch.events) == (len(records), sum(record.kind != "note" for record in records))


@given(st.lists(RECORDS, max_size=4))
def test_joined_batches_are_the_batch_of_all_their_records(parts):
    batches = [batch_of(part) for part in parts if part]
    assert joined(batches) == batch_of([record for part in parts for record in part])


def test_a_batch_taken_leaves_the_maker_empty():
    maker = BatchMaker()
    maker.add(Record(NOW_US, "json", b"{}"))
    assert maker.batch() != Batch()
    assert maker.batch() is None


@settings(deadline=None, max_examples=15)
@given(st.lists(RECORDS.filter(bool), min_size=1, max_size=4), st.sampled_from([60, 1 << 20]), st.sampled_from([2, 60]))
def test_batches_make_the_journal_their_records_would(tmp_path_factory, parts, segment_bytes, segment_seconds):
    """Whatever the clock did in between; but a batch stays whole where a segment ends by size, and clocks are smoothed
    within a segment."""
    one_by_one, in_batches = (tmp_path_factory.mktemp(name) for name in ("records", "batches"))
    with EventJournal(one_by_one, "fs1", lambda: NOW_US, segment_bytes, segment_seconds) as journal:
        for record in (record for part in parts for record in part):
            journal.append(*record)
    with EventJournal(in_batches, "fs1", lambda: NOW_US, segment_bytes, segment_seconds) as journal:
        for part in parts:
            journal.append_batch(batch_of(part))
    if segment_bytes > 60:
        assert read_all(in_batches) == read_all(one_by_one)
    assert said(read_all(in_batches)) == said(read_all(one_by_one)) == [(r.kind, r.body) for p in parts for r in p]


def said(records):
    return [(record.kind, record.body) for record in records if b'"clock"' not in record.body]


def read_all(folder):
    readings = [read_segment(segment) for segment in sorted(sealed_segments(folder), key=lambda s: s.sequence)]
    assert [reading.damage for reading in readings if reading.damage] == []
    return [record for reading in readings for record in reading.records]
