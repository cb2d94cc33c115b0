"""docs/flow.md follows one recorded call; each figure it prints is computed again here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from orchestration.flow import Flow

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "flow.md"
LEG = "d6b11c09-90e3-4be6-bc92-f29c4e7ff6d9"
# Which row of the table the document speaks of.
ROWS = {
    "call_events": f"leg_id = '{LEG}' and event_name = 'CHANNEL_HANGUP_COMPLETE'",
    "call_detail_records": f"leg_id = '{LEG}'",
    "rated_calls": f"leg_id = '{LEG}'",
    "usage_charges": "contract_id = 'ctr-1001-1' and destination_country = 'GB'",
    "kpi_traffic_daily": (
        "customer_id = 'acct-1001' and direction = 'outgoing' and other_party_country = 'GB'"
        " and record_date = date '2026-11-22'"
    ),
}


def figures(table: str) -> dict[str, str]:
    """What the document prints of a table: column to value."""
    text = DOCUMENT.read_text(encoding="utf-8")
    _, _, after = text.partition(f"<!-- {table} -->\n")
    block = after.partition("\n\n")[0]
    return dict(re.findall(r"^\| (\w+) \| (.*?) \|$", block, re.MULTILINE)[1:])


@pytest.mark.parametrize("table", ROWS)
def test_every_figure_of_the_document_is_computed_from_the_recorded_bytes(november: Flow, table: str) -> None:
    [row] = november.platform.warehouse.read(f"select * from {table} where {ROWS[table]}").to_pylist()
    printed = figures(table)
    assert len(printed) >= 4, f"docs/flow.md prints no figures of {table}"
    assert {column: str(row[column]) for column in printed} == printed


def test_the_document_s_own_arithmetic_holds() -> None:
    event, record, rated = figures("call_events"), figures("call_detail_records"), figures("rated_calls")
    talk_micros = int(event["end_micros"]) - int(event["answer_micros"])
    assert talk_micros == int(record["talk_micros"])
    assert -(-talk_micros // 1_000_000) == int(record["billed_seconds"])
    exact_sixtieths = int(rated["charged_seconds"]) * int(rated["price_per_minute_micros"])
    assert (2 * exact_sixtieths + 60) // 120 == int(rated["amount_micros"])
