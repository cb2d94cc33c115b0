"""What the switch or the journal got wrong is found, and a repaired problem leaves nothing."""

from __future__ import annotations

from assets.cdr.findings import account_findings, hangup_findings, rejected_event_findings
from tests.assets.cdr.lab import alter, call, changed, hangup

INTL = "+442079460018"


def test_the_captures_have_no_finding(lab, short):
    lab.take(short)
    for findings in (rejected_event_findings, account_findings, hangup_findings):
        assert findings(lab.warehouse, "2026-11") == []


def test_no_table_yet_is_no_finding(lab):
    for findings in (rejected_event_findings, account_findings, hangup_findings):
        assert findings(lab.warehouse, "2026-11") == []


def test_an_account_that_is_not_the_numbers_owner_is_a_finding_and_does_not_bill(lab, short):
    said = {"variable_accountcode": "acct-1002", "variable_account_id": "acct-1002"}
    records = lab.take(alter(call(short, INTL), said))
    assert {row["customer_id"] for row in records} == {"acct-1001"}
    (finding,) = account_findings(lab.warehouse, "2026-11")
    carrier = next(row for row in records if row["is_carrier_leg"])
    assert finding["row_key"] == f"{carrier['boot_id']}/{carrier['leg_id']}"
    assert finding["reason"] == "the switch says account acct-1002, the number inventory says acct-1001"
    assert finding["details"]["origin_number"] == "+33170181001"


def test_two_hang_ups_that_would_bill_differently_are_a_finding(lab, short):
    outgoing = hangup(call(short, INTL), "outbound")
    longer = changed(outgoing, {"variable_end_uepoch": "1795372199018913"})
    lab.take([outgoing], [outgoing])
    assert hangup_findings(lab.warehouse, "2026-11") == []
    lab.take([longer])
    (finding,) = hangup_findings(lab.warehouse, "2026-11")
    assert finding["row_key"].endswith("d6b11c09-90e3-4be6-bc92-f29c4e7ff6d9")
    assert finding["details"]["end_micros"] == "1795372167018913 1795372199018913"


def test_a_record_set_aside_is_a_finding(lab, short):
    segment = lab.write_segment([changed(short[0], {"Unique-ID": None}), *short])
    lab.land()
    (finding,) = rejected_event_findings(lab.warehouse, "2026-11")
    assert (finding["row_key"], finding["reason"]) == (f"{segment.stem}/0", "no Unique-ID")
