"""A month paid for a year forgets whom it called, and keeps what it charged; one unpaid or open forgets nothing."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from adapters.ledger.tables import IssuedDocument, Payment
from assets.cdr.retention import disposable_files, plan, truncate_month
from domain.errors import PermanentError
from domain.retention import truncated
from orchestration.flow import Flow
from tests.scenarios.worlds import AS_OF, NOVEMBER, hear_recordings, open_world

PAID_ON, DUE = dt.date(2026, 12, 20), dt.date(2027, 12, 20)
KEPT = (
    "select boot_id, leg_id, record_date, billed_seconds, charged_seconds, amount_micros, category, destination_prefix"
)


def reasons(flow: Flow, as_of: dt.date) -> list[tuple[str, dt.date | None, str | None]]:
    planned = plan(flow.platform.warehouse, flow.platform.ledger, 365, as_of)
    return [(str(one.month), one.due_on, one.reason) for one in planned]


def pay(flow: Flow, documents: list[IssuedDocument]) -> None:
    with flow.platform.ledger.session() as session:
        for document in documents:
            session.add(
                Payment(
                    reference=f"VIR {document.number}",
                    document_number=document.number,
                    value_date=PAID_ON,
                    amount_cents=document.total_cents,
                )
            )


def numbers_of(flow: Flow, table: str, *columns: str) -> set[str]:
    rows = flow.platform.warehouse.read(f"select {', '.join(columns)} from {table}").to_pylist()
    return {value for row in rows for value in row.values() if value is not None}


@pytest.fixture
def flow(tmp_path: Path) -> Flow:
    flow = open_world(tmp_path)
    hear_recordings(flow)
    flow.land()
    return flow


def test_a_months_numbers_are_kept_until_it_is_closed_billed_paid_and_a_year_has_gone(flow: Flow) -> None:
    late = dt.date(2040, 1, 1)
    assert reasons(flow, late) == [("2026-11", None, "it is not closed")]
    flow.close(NOVEMBER, AS_OF)
    waiting = flow.platform.warehouse.read("select count(*) as calls from unrated_calls")["calls"][0].as_py()
    if waiting:
        assert reasons(flow, late) == [("2026-11", None, f"{waiting} of its calls are not billed yet")]
        return
    first, *others = flow.platform.ledger.documents(NOVEMBER)
    pay(flow, others)
    assert reasons(flow, late) == [("2026-11", None, f"unpaid: {first.number}")]
    pay(flow, [first])
    assert reasons(flow, DUE - dt.timedelta(1)) == [("2026-11", DUE, "its last payment is not 365 days old")]
    assert reasons(flow, DUE) == [("2026-11", DUE, None)]


def test_a_truncated_month_keeps_what_it_charged_and_names_nobody(flow: Flow) -> None:
    flow.close(NOVEMBER, AS_OF)
    platform = flow.platform
    kept = platform.warehouse.read(f"{KEPT} from rated_calls order by all").to_pylist()
    assert disposable_files(platform.warehouse, platform.journal, None) == []  # nothing is truncated yet
    called = numbers_of(flow, "rated_calls", "destination_number")
    truncate_month(platform.warehouse, NOVEMBER, DUE)
    assert numbers_of(flow, "rated_calls", "destination_number") == {truncated(number) for number in called}
    far = numbers_of(flow, "call_detail_records where direction = 'outgoing'", "destination_number", "dialed_number")
    assert max(map(len, far)) <= 6
    digits = numbers_of(flow, "call_detail_records where direction = 'outgoing'", "called_digits")
    assert max(map(len, digits)) <= 5
    headers = ("caller_id_number", "ani", "sip_from_user", "destination_number", "rdnis", "sip_req_user", "sip_to_user")
    assert max(map(len, numbers_of(flow, "call_events", *headers))) <= 6
    assert numbers_of(flow, "call_events", "channel_name") == {""}
    assert platform.warehouse.read(f"{KEPT} from rated_calls order by all").to_pylist() == kept


def test_a_truncated_month_is_never_made_again_and_its_raw_journal_can_go(flow: Flow) -> None:
    flow.close(NOVEMBER, AS_OF)
    platform = flow.platform
    truncate_month(platform.warehouse, NOVEMBER, DUE)
    files = {path: path.read_bytes() for path in platform.warehouse.files("call_detail_records")}
    truncate_month(platform.warehouse, NOVEMBER, DUE)
    disposable = disposable_files(platform.warehouse, platform.journal, None)
    assert {path.suffix for path in disposable} == {".esl", ".json"}
    for path in disposable:
        path.unlink()
    flow.land()
    assert {path: path.read_bytes() for path in platform.warehouse.files("call_detail_records")} == files
    with pytest.raises(PermanentError, match="its called numbers were truncated"):
        flow.close(NOVEMBER, AS_OF)


def test_cdr_files_of_a_truncated_month_go_with_it_and_those_of_others_stay(flow: Flow, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    for day in ("2026-11-30", "2026-12-01"):
        (archive / day).mkdir(parents=True)
        (archive / day / "a.cdr.json").write_text("{}\n")
    truncate_month(flow.platform.warehouse, NOVEMBER, DUE)
    disposable = disposable_files(flow.platform.warehouse, tmp_path / "no journal", archive)
    assert disposable == [archive / "2026-11-30" / "a.cdr.json"]
