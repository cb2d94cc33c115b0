"""The switch's own files are missed on the day they stop, not on the day they are needed."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pytest

from assets.cdr.completeness_tables import SWITCH_DAYS
from assets.cdr.second_source import days_without_files
from tests.assets.cdr.lab import Lab

NOON = dt.datetime(2026, 10, 5, 12)


def told(lab: Lab, *days: tuple[str, int, int, int, int], **ended: int) -> list[tuple[str, str]]:
    """What is found when a switch, on a day of October, had so many hang-ups, heard only, of them suppressed.

    ``ended``: by switch, the day of October on which its files were given up.
    """
    rows = [
        {
            "month": "2026-10",
            "record_date": dt.date(2026, 10, day),
            "boot_id": f"boot of {switch}",
            "switch_name": switch,
            "first_heard_at": NOON,
            "last_heard_at": NOON,
            **dict.fromkeys(("begun_runs", "ended_runs", "down_gateways", "inputs_sha256"), ""),
            **dict.fromkeys(("confirmed_hangups", "filed_only", "refused_legs"), 0),
            "hangups": hangups,
            "heard_only": heard_only,
            "files_suppressed": suppressed,
        }
        for switch, day, hangups, heard_only, suppressed in days
    ]
    lab.warehouse.replace(SWITCH_DAYS.name, pa.Table.from_pylist(rows, SWITCH_DAYS.arrow_schema), month="2026-10")
    found = days_without_files(lab.warehouse, {name: dt.date(2026, 10, day) for name, day in ended.items()})
    return [(row["row_key"], row["details"]["legs_without_file"]) for row in found]


@pytest.fixture
def lab(tmp_path) -> Lab:
    return Lab(tmp_path)


def test_a_day_on_which_the_files_stopped_is_told(lab):
    assert told(lab, ("fs1", 1, 9, 0, 0), ("fs1", 2, 8, 8, 1), ("fs1", 3, 7, 7, 0)) == [("fs1/2026-10-02", "7")]


def test_legs_whose_file_the_dialplan_suppressed_are_not_missed(lab):
    assert told(lab, ("fs1", 1, 9, 0, 0), ("fs1", 2, 8, 2, 2), ("fs1", 3, 7, 7, 0)) == []


def test_no_file_is_expected_of_a_switch_that_has_sent_none(lab):
    assert told(lab, ("fs1", 1, 9, 9, 0), ("fs1", 2, 9, 0, 0), ("fs2", 2, 5, 5, 0), ("fs2", 3, 5, 5, 0)) == []


def test_the_day_heard_last_waits_for_its_files(lab):
    assert told(lab, ("fs1", 1, 9, 0, 0), ("fs1", 2, 8, 8, 0)) == []


def test_it_is_told_for_each_switch(lab):
    days = (("fs1", 1, 9, 0, 0), ("fs1", 2, 9, 0, 0), ("fs2", 1, 5, 0, 0), ("fs2", 2, 5, 3, 0), ("fs1", 3, 1, 1, 0))
    assert told(lab, *days) == [("fs2/2026-10-02", "3")]


STOPPED = (("fs1", 1, 9, 0, 0), ("fs1", 2, 8, 8, 0), ("fs1", 3, 8, 8, 0), ("fs1", 4, 8, 8, 0), ("fs1", 5, 1, 1, 0))


def test_files_given_up_on_purpose_are_missed_until_that_day_and_not_from_it_on(lab):
    assert told(lab, *STOPPED, fs1=3) == [("fs1/2026-10-02", "8")]
    assert told(lab, *STOPPED, fs1=2) == []
    assert told(lab, *STOPPED, fs1=1) == []
    assert len(told(lab, *STOPPED, fs2=2)) == 3


def test_a_switch_that_sends_files_again_is_expected_to(lab):
    again = (*STOPPED, ("fs1", 6, 9, 0, 0), ("fs1", 7, 8, 8, 0), ("fs1", 8, 1, 1, 0))
    assert told(lab, *again, fs1=2) == [("fs1/2026-10-07", "8")]
