"""A month of which a leg is lost does not close by itself; what a person accepts is exactly what was missing."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import orjson
import pytest

from adapters.ledger.audit import audit_trail
from adapters.ledger.tables import PhoneNumber
from assets.cdr.unaccounted import unaccounted
from domain.errors import PermanentError
from ingest.esl_protocol import EVENT_KINDS, Frame, FrameParser
from ingest.event_journal import EventJournal
from orchestration.flow import Flow
from orchestration.simulation import RECORDED_CALLS
from tests.scenarios.worlds import AS_OF, NOVEMBER, open_small_world

HEARD_US = 1_795_372_180_000_000
DECEMBER_US = 1_796_079_600_000_000  # 2026-12-01T00:00+01:00
BOOT = "298b3af7-a462-4521-8107-9e969e85e28c"
# Sessions 9 and 10 are one call of acct-1001, answered for 220 ms.
WITHHELD = (b'"variable_session_id":"9"', b'"variable_session_id":"10"')

# Up when the recording ended: their hang-ups stand in CDR files.
STILL_UP = (b'"session_id":"38"', b'"session_id":"39"')


def journal_recording(flow: Flow, *withheld: bytes, only: bool = False) -> None:
    """The twenty-two calls in a sealed segment, without the events in which these bytes stand (or with them alone)."""
    items = FrameParser().feed((RECORDED_CALLS / "twenty-two-calls.esl").read_bytes())
    events = [item for item in items if isinstance(item, Frame) and item.content_type in EVENT_KINDS]
    with EventJournal(flow.platform.journal, "fslab1", lambda: HEARD_US, 1 << 30, 86_400) as journal:
        for event in events:
            if any(text in event.body for text in withheld) is only:
                journal.append(HEARD_US, EVENT_KINDS[event.content_type], event.body)


def journal_heartbeat(flow: Flow, at_us: int) -> None:
    """The recorded boot's counter, with nobody on the phone."""
    said = {"Event-Name": "HEARTBEAT", "Core-UUID": BOOT, "Event-Date-Timestamp": str(at_us)}
    counts = {"Session-Since-Startup": "39", "Session-Count": "0"}
    with EventJournal(flow.platform.journal, "fslab1", lambda: at_us, 1 << 30, 86_400) as journal:
        journal.append(at_us, "json", orjson.dumps(said | counts))


def journal_files(flow: Flow, shared: Path, *wanted: bytes) -> None:
    """The recorded boot's CDR files in which these bytes stand."""
    bodies = [path.read_bytes() for path in sorted((shared / "freeswitch/captures/short/json_cdr").iterdir())]
    with EventJournal(flow.platform.journal, "fslab1.cdr", lambda: HEARD_US, 1 << 30, 86_400) as journal:
        for body in bodies:
            if any(text in body for text in wanted):
                journal.append(HEARD_US, "cdr", body)


@pytest.fixture
def lossy(tmp_path: Path) -> Flow:
    flow = open_small_world(tmp_path)
    with flow.platform.ledger.session() as session:
        # The other customer's, so that every recorded call has a price.
        session.add(
            PhoneNumber(
                number="+33170182001",
                contract_id="ctr-1001-1",
                country="FR",
                number_type="fixed",
                monthly_cents=0,
                valid_from=dt.date(2026, 1, 1),
            )
        )
    journal_recording(flow, *WITHHELD)
    flow.land()
    return flow


def test_a_month_with_a_lost_leg_is_refused_until_a_person_answers_for_it(lossy: Flow) -> None:
    with pytest.raises(PermanentError, match="every_leg_is_accounted_for"):
        lossy.close(NOVEMBER, AS_OF)
    assert lossy.platform.ledger.documents(NOVEMBER) == []
    findings = lossy.platform.warehouse.read(
        "select row_key, severity from data_quality_findings where check_name = 'every_leg_is_accounted_for'"
    )
    # Two legs; and nothing was heard of the switch from the recording's end to the month's.
    assert [(row["row_key"].replace(BOOT, ""), row["severity"]) for row in findings.to_pylist()] == [
        ("/10", "error"),
        ("/9", "error"),
        ("fslab1/", "error"),
    ]
    lossy.override(NOVEMBER, "every_leg_is_accounted_for", "A. Martin", "the switch's disk is lost")
    lossy.close(NOVEMBER, AS_OF, "B. Durand")
    assert lossy.platform.ledger.documents(NOVEMBER)
    acts = [(act.who, act.what.split(":")[0], act.why) for act in audit_trail(lossy.platform.ledger, NOVEMBER)]
    assert acts == [
        ("A. Martin", "overrode every_leg_is_accounted_for", "the switch's disk is lost"),
        ("B. Durand", "frozen", ""),
        ("B. Durand", "closed", ""),
    ]


def test_a_month_closes_once_what_was_missing_has_landed_and_its_switch_was_counted_to_its_end(
    lossy: Flow, shared: Path
) -> None:
    journal_recording(lossy, *WITHHELD, only=True)
    journal_files(lossy, shared, *STILL_UP)
    lossy.land()
    (unheard,) = unaccounted(lossy.platform.warehouse, NOVEMBER)
    assert "fslab1 was last counted at 2026-11-22 18:29:31" in unheard["reason"]
    journal_heartbeat(lossy, DECEMBER_US)
    lossy.land()
    lossy.close(NOVEMBER, AS_OF)
    (day,) = lossy.platform.warehouse.read("select * from completeness_daily where hangups > 0").to_pylist()
    assert day["hangups"] == day["landed_legs"] == 39
    assert day["landed_legs"] == day["unbillable_legs"] + day["rated_legs"] + day["set_aside_legs"]
    assert day["is_balanced"]
