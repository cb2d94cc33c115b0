"""No month is whole to whose end nobody listened, and none in which a switch died unheard for a while."""

from __future__ import annotations

import datetime as dt

import orjson
import pytest

from assets.cdr.completeness import write_completeness
from assets.cdr.unaccounted import uncounted_times
from assets.cdr.uncounted_times import write_uncounted_times
from domain.calendar import Month
from tests.assets.cdr.lab import Body, Lab

SEPTEMBER, OCTOBER, NOVEMBER, DECEMBER = (Month(2026, number) for number in (9, 10, 11, 12))


def count(boot: str, at: dt.datetime, uptime_seconds: int | None = None) -> Body:
    """A heartbeat of a boot that had no call."""
    micros = int(at.replace(tzinfo=dt.UTC).timestamp()) * 1_000_000
    said = {"Event-Name": "HEARTBEAT", "Core-UUID": boot, "FreeSWITCH-Switchname": "freeswitch"}
    if uptime_seconds is not None:
        said["Uptime-msec"] = f"{uptime_seconds}000"
    counts = {"Session-Since-Startup": "0", "Session-Count": "0", "Event-Date-Timestamp": str(micros)}
    return "json", orjson.dumps(said | counts)


def shutdown(boot: str, at: dt.datetime) -> Body:
    said = orjson.loads(count(boot, at)[1])
    stamp = {name: said[name] for name in ("Core-UUID", "Event-Date-Timestamp")}
    return "json", orjson.dumps({"Event-Name": "SHUTDOWN", **stamp})


def october(day: int, hour: int = 12, minute: int = 0) -> dt.datetime:
    return dt.datetime(2026, 10, day, hour, minute)


@pytest.fixture
def lab(tmp_path) -> Lab:
    return Lab(tmp_path)


def shut(lab: Lab, *bodies: Body, in_service: tuple[str, ...] = ("fslab1",)) -> list[str]:
    """The months that do not close by themselves, once these have landed."""
    if bodies:
        lab.write_segment(bodies)
    lab.land()
    write_completeness(lab.warehouse)
    write_uncounted_times(lab.warehouse, in_service)
    months = (SEPTEMBER, OCTOBER, NOVEMBER, DECEMBER)
    return [str(month) for month in months if uncounted_times(lab.warehouse, month)]


def test_a_month_to_whose_end_nobody_listened_is_not_whole(lab):
    assert shut(lab, count("a", october(1)), count("a", october(20))) == ["2026-10", "2026-11", "2026-12"]
    (finding,) = uncounted_times(lab.warehouse, OCTOBER)
    assert finding["row_key"] == "fslab1/a"
    assert "fslab1 was last counted at 2026-10-20 12:00:00 UTC" in finding["reason"]


def test_the_same_boot_heard_in_the_next_month_makes_it_whole(lab):
    assert shut(lab, count("a", october(20)), count("a", dt.datetime(2026, 11, 3)))[0] == "2026-11"


def test_a_month_ends_at_midnight_in_paris(lab):
    assert shut(lab, count("a", october(31, 22, 50))) == ["2026-10", "2026-11", "2026-12"]
    assert shut(lab, count("a", october(31, 23, 0))) == ["2026-11", "2026-12"]


def test_another_boot_in_the_next_month_does_not_say_what_the_first_one_did(lab):
    killed = [count("a", october(20)), count("b", dt.datetime(2026, 11, 3), uptime_seconds=60)]
    assert shut(lab, *killed)[:2] == ["2026-10", "2026-11"]
    found = uncounted_times(lab.warehouse, OCTOBER)
    assert ["from 2026-10-20 12:00:00 to 2026-11-02 23:59:00" in row["reason"] for row in found] == [True]


def test_a_switch_that_said_it_shuts_down_and_came_back_leaves_nothing_unproved(lab):
    came_back = [shutdown("a", october(20)), count("b", dt.datetime(2026, 11, 3), uptime_seconds=60)]
    assert shut(lab, *came_back, count("b", dt.datetime(2027, 1, 1))) == []


def test_a_switch_we_listen_to_owes_its_counts_after_its_shutdown_too(lab):
    assert shut(lab, shutdown("a", october(20))) == ["2026-10", "2026-11", "2026-12"]


def test_a_switch_that_shut_down_and_left_service_owes_nothing(lab):
    assert shut(lab, shutdown("a", october(20)), in_service=("fs9",)) == []


def test_a_switch_that_died_and_left_service_owes_the_month_it_died_in(lab):
    assert shut(lab, count("a", october(20)), in_service=("fs9",)) == ["2026-10"]


def test_a_switch_owes_nothing_before_it_was_first_heard(lab):
    assert "2026-09" not in shut(lab, count("a", october(20)))


def test_an_installation_that_has_heard_of_no_switch_owes_nothing(lab):
    assert shut(lab) == []


def test_twice_is_as_once(lab):
    shut(lab, count("a", october(20)), count("b", october(25)))
    before = lab.files("uncounted_times")
    shut(lab)
    assert lab.files("uncounted_times") == before
