"""Which days are made again, and that the way events came does not matter."""

from __future__ import annotations

import datetime as dt
import random
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.cdr import rebuilding
from assets.cdr.landing import land_segment, pending_segments
from domain.inventory import Assignment, NumberInventory
from ingest.esl_protocol import decode_event
from tests.assets.cdr.lab import DAY, HANGUP, Body, Lab, Row, call, changed, hangup, is_event

FORWARDED, INTL = "+33170181040", "+442079460018"
A_DAY_US = 86_400_000_000
STAMPS = ("Event-Date-Timestamp", "variable_start_uepoch", "variable_answer_uepoch", "variable_end_uepoch")
DAYS = {n: DAY + dt.timedelta(n) for n in range(-3, 4)}


def days_later(body: Body, days: int) -> Body:
    """The same event some days later."""
    event = decode_event(*body)
    said = {header: int(str(event[header])) for header in STAMPS if header in event}
    return changed(body, {header: str(stamp + days * A_DAY_US) for header, stamp in said.items() if stamp})


def test_only_days_with_new_events_near_them_are_made_again(lab, short):
    legs = {n: days_later(hangup(call(short, INTL), "outbound"), n) for n in (-3, -1, 0, 2, 3)}
    for n, leg in legs.items():
        lab.write_segment([changed(leg, {"Unique-ID": f"leg-{n}"})])
    lab.land()
    assert [day.record_date for day in lab.rebuild()] == [DAYS[n] for n in sorted(legs)]
    assert lab.rebuild() == []
    lab.write_segment([changed(legs[0], {"Unique-ID": "late"})])
    lab.land()
    # The day itself, and those that look back at it: a day looks two days back for the beginning of its calls.
    assert [day.record_date for day in lab.rebuild()] == [DAYS[0], DAYS[2]]


def test_a_rebuild_reports_legs_and_billable_calls(lab, short):
    lab.write_segment(short)
    lab.land()
    (day,) = lab.rebuild()
    assert (day.record_date, day.legs, day.billable_calls) == (DAY, 37, 7)


def test_a_carrier_legs_day_is_made_again_when_its_a_leg_lands_on_another_segment_and_day(lab, short):
    """The forward's carrier leg is answered after midnight; its A leg's creation lands later, from the day before."""
    bodies = call(short, FORWARDED)
    create = next(body for body in bodies if is_event(body, "CHANNEL_CREATE", Call_Direction="inbound"))
    blind = changed(hangup(bodies, "outbound"), {"Other-Leg-Unique-ID": None})
    (before,) = lab.take([days_later(blind, 1)])
    assert before["customer_id"] is None
    (after,) = lab.take([create])
    assert (after["customer_id"], after["origin_number"]) == ("acct-1001", FORWARDED)


def test_a_days_records_do_not_depend_on_the_order_its_segments_landed_in(tmp_path, short):
    bodies = call(short, FORWARDED) + call(short, INTL)
    labs = [Lab(tmp_path / "forward"), Lab(tmp_path / "backward")]
    for lab in labs:
        for start in range(0, len(bodies), 3):
            lab.write_segment(bodies[start : start + 3])
    for lab, order in zip(labs, (1, -1), strict=True):
        for segment in pending_segments(lab.warehouse, lab.journal)[::order]:
            with lab.warehouse.connect(tables=()) as connection:
                land_segment(lab.warehouse, connection, segment, lab.quarantine)
            lab.rebuild()
    forward, backward = (lab.files("call_detail_records", "call_record_days") for lab in labs)
    assert forward == backward


def test_a_number_that_changes_hands_makes_its_days_again_and_no_other(lab, short):
    for n in (0, 3):
        lab.write_segment([days_later(body, n) for body in call(short, INTL)])
    lab.land()
    assert len(lab.rebuild()) == 2
    moved = NumberInventory(
        [
            Assignment("+33170181001", "ctr-new", "acct-new", DAYS[1]),
            *(
                replace(row, valid_to=DAYS[1]) if row.number == "+33170181001" else row
                for n in (1, 2)
                for i in range(100)
                if (row := lab.sources.inventory.lookup(f"+3317018{n}0{i:02d}", DAY))
            ),
        ]
    )
    lab.sources = replace(lab.sources, inventory=moved)
    assert [day.record_date for day in lab.rebuild()] == [DAYS[3]]
    owners = {(row["record_date"], row["customer_id"]) for row in lab.records("is_billable")}
    assert owners == {(DAYS[0], "acct-1001"), (DAYS[3], "acct-new")}


def test_a_new_rule_makes_every_day_again(lab, short, monkeypatch):
    lab.take(short)
    monkeypatch.setattr(rebuilding, "RULES_VERSION", rebuilding.RULES_VERSION + 1)
    assert [day.record_date for day in lab.rebuild()] == [DAY]


def test_asked_for_days_are_made_again_with_the_same_bytes(lab, short):
    lab.take(short)
    before = lab.files("call_detail_records", "call_record_days")
    assert [day.record_date for day in lab.rebuild([DAY])] == [DAY]
    assert lab.files("call_detail_records", "call_record_days") == before


def test_a_day_whose_file_is_gone_is_made_again(lab, short):
    lab.take(short)
    before = lab.files("call_detail_records")
    lab.warehouse.remove("call_detail_records", "2026-11", str(DAY))
    assert lab.rebuild()
    assert lab.files("call_detail_records") == before


def test_a_day_with_no_leg_left_is_removed(lab, short):
    lab.take(short)
    for path in lab.warehouse.files("call_events"):
        path.unlink()
    assert [(day.record_date, day.legs) for day in lab.rebuild()] == [(DAY, 0)]
    assert lab.records() == []
    assert lab.files("call_detail_records") == {}
    assert lab.rebuild() == []


def test_a_day_of_calls_that_have_not_ended_has_no_file(lab, short):
    lab.write_segment([body for body in short if is_event(body, "CHANNEL_CREATE")])
    lab.land()
    assert [(day.record_date, day.legs) for day in lab.rebuild()] == [(DAY, 0)]
    assert lab.files("call_detail_records") == {}
    assert lab.rebuild() == []


def test_every_segment_landed_three_times_and_shuffled_gives_the_same_records(tmp_path, short):
    once, often = Lab(tmp_path / "once"), Lab(tmp_path / "often")
    for lab in (once, often):
        for start in range(0, len(short), 20):
            lab.write_segment(short[start : start + 20])
    once.land()
    once.rebuild()
    segments = pending_segments(often.warehouse, often.journal) * 3
    random.Random(22).shuffle(segments)
    for n, segment in enumerate(segments):
        with often.warehouse.connect(tables=()) as connection:
            land_segment(often.warehouse, connection, segment, often.quarantine)
        if n % 5 == 0:
            often.rebuild()
    often.rebuild()
    tables = ("call_events", "landed_segments", "call_detail_records", "call_record_days")
    assert often.files(*tables) == once.files(*tables)


def without_provenance(records: list[Row]) -> list[Row]:
    return [{name: value for name, value in row.items() if name != "segment"} for row in records]


def calls_to_shuffle(short: list[Body]) -> list[Body]:
    """A plain call, a forward, a queue and a transfer, their creations and hang-ups."""
    dialed = (INTL, FORWARDED, "+33170181020", "+33170181070")
    bodies = [body for number in dialed for body in call(short, number)]
    return [body for body in bodies if is_event(body, "CHANNEL_CREATE") or is_event(body, HANGUP)]


@pytest.fixture(scope="module")
def in_order(short, tmp_path_factory) -> list[Row]:
    """The records of those calls, told once and in order."""
    return Lab(tmp_path_factory.mktemp("straight")).take(calls_to_shuffle(short))


@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_events_repeated_and_in_any_order_and_segment_give_the_same_records(short, in_order, data):
    bodies = calls_to_shuffle(short)
    places = st.lists(st.integers(0, len(bodies) - 1), max_size=10)
    order = data.draw(st.permutations(range(len(bodies)))) + data.draw(places)
    cuts = sorted(data.draw(st.sets(st.integers(1, len(order) - 1), max_size=3)))
    chunks = [order[start:end] for start, end in zip([0, *cuts], [*cuts, len(order)], strict=True)]
    with tempfile.TemporaryDirectory() as folder:
        found = Lab(Path(folder)).take(*([bodies[n] for n in chunk] for chunk in chunks))
    assert without_provenance(found) == without_provenance(in_order)
