"""The queue between socket and journal: order through memory and files, bounds, closing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ingest.journal_segment import Record, encode_record, records_in
from ingest.listener_status import ListenerStatus
from ingest.record_batch import BATCH_BYTES, batch_of
from ingest.record_queue import RecordQueue
from ingest.spill import SpillFolder, open_spill, read_spill


def record(number, size=100):
    return Record(number, "json", b"x" * size)


def taken_from(queue):
    batch = queue.take(0)
    assert batch is not None
    return batch


def overflowing(queue):
    overflow = queue.overflow()
    assert overflow is not None
    return overflow


def take_all(queue):
    records: list[Record] = []
    while (batch := queue.take(0)) is not None and (batch.records or batch.file):
        records += read_spill(batch.file).records if batch.file else list(records_in(batch.data))
    return records


@given(data=st.data())
def test_order_is_kept_whatever_is_spilled_and_when(data, tmp_path_factory):
    spill = SpillFolder(tmp_path_factory.mktemp("spill"), "fs1")
    queue = RecordQueue(memory_bytes=20 * (len(encode_record(*record(1))) + BATCH_BYTES))
    put, taken = [], []
    for number in range(data.draw(st.integers(1, 60))):
        if queue.put(batch_of([record(number)]), 0):
            put.append(record(number))
        step = data.draw(st.sampled_from(["go on", "take", "spill", "spill too late"]))
        if step == "take" and (batch := queue.take(0)):
            taken += read_spill(batch.file).records if batch.file else list(records_in(batch.data))
        elif step.startswith("spill") and queue._back_bytes >= queue.chunk_bytes:
            turn, chunk = overflowing(queue)
            if step == "spill too late":
                taken += take_all(queue)
            queue.spilled(turn, chunk, spill.write(chunk))
    assert taken + take_all(queue) == put


def test_more_than_its_memory_does_not_fit_until_something_is_taken():
    queue = RecordQueue(memory_bytes=1500)
    assert queue.put(batch_of([record(1, 700)]), 0)
    assert not queue.put(batch_of([record(2, 700)]), 0)
    assert list(records_in(taken_from(queue).data)) == [record(1, 700)]
    assert queue.put(batch_of([record(2, 700)]), 0)


def test_one_read_larger_than_the_memory_still_passes():
    queue = RecordQueue(memory_bytes=10)
    assert queue.put(batch_of([record(1, 5000)]), 0)


def test_what_was_spilled_makes_room_in_memory(tmp_path):
    spill = SpillFolder(tmp_path, "fs1")
    queue = RecordQueue(memory_bytes=3000)
    number = 0
    while queue.put(batch_of([record(number)]), 0):
        number += 1
    turn, chunk = overflowing(queue)
    assert queue.spilled(turn, chunk, spill.write(chunk))
    assert queue.put(batch_of([record(number)]), 0)
    assert take_all(queue) == [record(n) for n in range(number + 1)]


def test_closed_it_gives_what_it_has_and_then_nothing():
    queue = RecordQueue(memory_bytes=1000)
    queue.put(batch_of([record(1)]), 0)
    queue.close()
    assert list(records_in(taken_from(queue).data)) == [record(1)]
    assert queue.take(0) is None
    assert queue.overflow() is None


def test_files_of_an_earlier_process_come_first(tmp_path):
    chunk_queue = RecordQueue(memory_bytes=1000)
    chunk_queue.put(batch_of([record(1)]), 0)
    SpillFolder(tmp_path, "fs1").write([taken_from(chunk_queue)])
    SpillFolder(tmp_path, "fs1-b").write([])
    again = SpillFolder(tmp_path, "fs1")
    queue = RecordQueue(1000, again.left)
    queue.put(batch_of([record(2)]), 0)
    assert take_all(queue) == [record(1), record(2)]
    assert again.write([]).name == "fs1-000002.spill"


def test_a_spill_folder_that_cannot_be_made_is_said_and_the_listener_does_without(tmp_path):
    (tmp_path / "file").write_text("")
    status = ListenerStatus()
    assert open_spill(tmp_path / "file" / "spill", "fs1", status) is None
    assert "cannot be used" in status.unwell["spill"]


def test_spill_files_are_for_their_owner_only(tmp_path):
    path = SpillFolder(tmp_path / "spill", "fs1").write([])
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
