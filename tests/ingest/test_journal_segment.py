"""Reading a sealed segment: everything that verifies comes back, everything else is named."""

from __future__ import annotations

import json
import shutil
import zlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.event_journal import EventJournal, Record, read_segment, sealed_segments
from ingest.journal_segment import encode_record, magic_line, scan_segment

RECEIVED = 1_795_372_163_658_911
RECORDS = [Record(RECEIVED + number, "json", b'{"Event-Name":"E","x":"%d"}' % number) for number in range(6)]


@pytest.fixture(scope="module")
def sealed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("journal")
    with EventJournal(folder, "fslab1", lambda: RECEIVED, 1 << 20, 3600) as journal:
        for record in RECORDS:
            journal.append(record.received_us, record.kind, record.body)
    (segment,) = sealed_segments(folder)
    return segment


@pytest.fixture
def altered(sealed, tmp_path):
    """A copy of the segment with other bytes under the same manifest."""
    shutil.copy(sealed.manifest, tmp_path / sealed.manifest.name)

    def write(data):
        (tmp_path / sealed.path.name).write_bytes(data)
        return read_segment(tmp_path / sealed.path.name)

    return write


def test_a_record_is_its_fields_its_crc_and_its_bytes():
    crc = zlib.crc32(b"1795372163658911 json 2 {}")
    assert encode_record(RECEIVED, "json", b"{}") == b"1795372163658911 json 2 %08x\n{}\n" % crc


@given(data=st.data())
def test_a_changed_byte_costs_one_record_at_most_and_is_reported(sealed, tmp_path_factory, data):
    whole = bytearray(sealed.path.read_bytes())
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] ^= data.draw(st.integers(1, 255))
    folder = tmp_path_factory.mktemp("flipped")
    shutil.copy(sealed.manifest, folder / sealed.manifest.name)
    (folder / sealed.path.name).write_bytes(whole)
    reading = read_segment(folder / sealed.path.name)
    assert len(reading.records) >= len(RECORDS) - 1
    assert [record for record in RECORDS if record in reading.records] == reading.records
    assert reading.damage


@example(begin=83, length=61, rubbish=b"")
@given(begin=st.integers(0, 400), length=st.integers(1, 120), rubbish=st.binary(max_size=60))
def test_replaced_bytes_cost_the_records_they_touch(sealed, tmp_path_factory, begin, length, rubbish):
    whole = sealed.path.read_bytes()
    begin = min(begin, len(whole) - 1)
    replaced = whole[:begin] + rubbish + whole[begin + length :]
    folder = tmp_path_factory.mktemp("replaced")
    (folder / sealed.path.name).write_bytes(replaced)
    reading = read_segment(folder / sealed.path.name)
    # Cut by a record's own length, the end of one may stand where the end of the one before stood: that one is whole.
    standing = [
        record for record in RECORDS if encode_record(record.received_us, record.kind, record.body)[:-1] in replaced
    ]
    assert reading.records == standing


def test_damage_says_where_and_why_and_keeps_the_bytes(sealed, altered):
    whole = sealed.path.read_bytes()
    reading = altered(whole.replace(b'"x":"2"', b'"x":"9"'))
    damaged, manifest = reading.damage
    lost = encode_record(RECORDS[2].received_us, "json", RECORDS[2].body)
    assert reading.records == RECORDS[:2] + RECORDS[3:]
    assert (damaged.offset, damaged.length) == (whole.index(lost), len(lost))
    assert damaged.reason == "a record does not match its CRC"
    assert b'"x":"9"' in damaged.excerpt
    assert "records 6, found 5" in manifest.reason


def test_a_segment_cut_between_two_records_is_known_by_its_manifest(sealed, altered):
    last = encode_record(RECORDS[-1].received_us, "json", RECORDS[-1].body)
    reading = altered(sealed.path.read_bytes().removesuffix(last))
    assert reading.records == RECORDS[:-1]
    (damage,) = reading.damage
    assert damage.reason.startswith("the manifest says records 6, found 5; bytes ")


def test_a_record_cut_where_the_next_one_begins_alike_takes_nothing_from_it():
    """Found by the fuzzer: the "1" it had lost was the next record's first, and its CRC was right again."""
    cut, whole = Record(0, "json", b"call 1"), Record(1, "json", b"{}")
    scan = scan_segment(magic_line("fslab1") + encode_record(*cut)[:-2] + encode_record(*whole))
    assert scan.records == [cut, whole]
    assert [damage.reason for damage in scan.damage] == ["the newline after a record is not there"]


def test_a_file_that_is_no_segment_is_damage_from_its_first_byte(tmp_path):
    path = tmp_path / "notes.esl"
    path.write_bytes(b"Content-Type: auth/request\n\n")
    (segment,) = sealed_segments(tmp_path)
    reading = read_segment(segment)
    assert reading.records == []
    assert reading.damage[0].reason == "the first line is not that of a journal segment"
    assert reading.damage[0].length == 28


def test_an_empty_file_is_damage_too(tmp_path):
    path = tmp_path / "fslab1-20261122T182923Z-000001.esl"
    path.write_bytes(b"")
    assert [damage.reason for damage in read_segment(path).damage] == [
        "the first line is not that of a journal segment",
        "the manifest fslab1-20261122T182923Z-000001.json is missing",
    ]


@pytest.mark.parametrize(
    ("manifest", "reason"), [("", "is not JSON"), ("[]", "is not an object"), ("{}", "says segment")]
)
def test_a_manifest_that_is_none_is_reported_and_the_records_returned(sealed, tmp_path, manifest, reason):
    shutil.copy(sealed.path, tmp_path)
    (tmp_path / sealed.manifest.name).write_text(manifest)
    reading = read_segment(tmp_path / sealed.path.name)
    assert reading.records == RECORDS
    assert [reason in damage.reason for damage in reading.damage] == [True]


def test_a_segment_renamed_to_another_switch_s_does_not_match_its_manifest(sealed, tmp_path):
    name = "other-20261122T182923Z-000001"
    shutil.copy(sealed.path, tmp_path / f"{name}.esl")
    shutil.copy(sealed.manifest, tmp_path / f"{name}.json")
    (damage,) = read_segment(tmp_path / f"{name}.esl").damage
    assert json.loads(sealed.manifest.read_text())["segment"] in damage.reason


def test_sealed_segments_are_listed_oldest_first_whatever_their_switch(tmp_path):
    names = ["b-20261101T000000Z-000001", "a-b-20261102T000000Z-000007", "b-20261102T000000Z-000008"]
    for name in reversed(names):
        (tmp_path / f"{name}.esl").touch()
    (tmp_path / "b-20261103T000000Z-000009.open").touch()
    segments = sealed_segments(tmp_path)
    assert [segment.name for segment in segments] == names
    assert [(segment.switch, segment.sequence) for segment in segments] == [("b", 1), ("a-b", 7), ("b", 8)]


def test_a_journal_that_is_not_there_yet_has_no_segment(tmp_path):
    assert sealed_segments(tmp_path / "nowhere") == []
