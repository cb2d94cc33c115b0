"""A month paid for a year forgets whom it called, and keeps what it charged; one unpaid or open forgets nothing."""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adapters.ledger.tables import IssuedDocument, Payment, PhoneNumber
from assets.cdr.retention import disposable_files, plan
from assets.cdr.truncation import EVENT_NUMBERS, truncate_month
from assets.sql_models import build_model
from domain.calendar import Month
from domain.errors import PermanentError
from domain.retention import truncated
from ingest.event_journal import EventJournal
from orchestration.cli import build_app
from orchestration.flow import Flow
from orchestration.settings import Settings
from tests.scenarios.worlds import AS_OF, NOVEMBER, answer_for_recordings, hear_recordings, open_small_world

PAID_ON, DUE = dt.date(2026, 12, 20), dt.date(2027, 12, 20)
HEARD_US = 1_795_372_190_000_000
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


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Flow:
    flow = open_small_world(tmp_path_factory.mktemp("landed"))
    hear_recordings(flow)
    with EventJournal(flow.platform.journal, "fslab2", lambda: HEARD_US, 1 << 20, 3600) as journal:
        journal.append(
            HEARD_US, "json", b'{"Event-Name":"CHANNEL_HANGUP_COMPLETE","Core-UUID":"b","to":"+33698000055"}'
        )
        journal.append(HEARD_US, "json", b'"+33698000055 called"')
    flow.land()
    return flow


@pytest.fixture
def flow(landed: Flow, tmp_path: Path) -> Flow:
    """The recorded calls, landed: a copy of its own for each test."""
    return copy_of(landed, tmp_path)


@pytest.fixture(scope="module")
def closed_once(landed: Flow, tmp_path_factory: pytest.TempPathFactory) -> Flow:
    flow = copy_of(landed, tmp_path_factory.mktemp("closed"))
    close(flow)
    return flow


@pytest.fixture
def closed(closed_once: Flow, tmp_path: Path) -> Flow:
    """The same with November closed."""
    return copy_of(closed_once, tmp_path)


def copy_of(flow: Flow, folder: Path) -> Flow:
    home = folder / f"copy of {flow.settings.home.name}"
    shutil.copytree(flow.settings.home, home)
    return Flow(Settings(home=home))


def close(flow: Flow) -> None:
    """Close November though three of its calls have no price."""
    flow.rerate(NOVEMBER)
    answer_for_recordings(flow)
    flow.override(NOVEMBER, "calls_without_a_price", "A. Martin", "a number nobody has")
    flow.close(NOVEMBER, AS_OF)


def set_aside(flow: Flow) -> int:
    (row,) = flow.platform.warehouse.read("select count(*) as calls from unrated_calls").to_pylist()
    return int(row["calls"])


def test_a_months_numbers_are_kept_until_it_is_closed_and_every_call_was_in_a_close(flow: Flow, closed: Flow) -> None:
    late = dt.date(2040, 1, 1)
    assert reasons(flow, late) == [("2026-11", None, "it is not closed")]
    for path in closed.platform.warehouse.files("closed_calls"):
        path.unlink()
    ((_, due, reason),) = reasons(closed, late)
    assert (due, str(reason).endswith("of its calls were in no close yet")) == (None, True)


def test_calls_that_were_never_billed_keep_a_closed_months_numbers_for_a_year_and_no_longer(closed: Flow) -> None:
    """Three calls of a number nobody has: a person answered for them, no invoice ever bears them."""
    assert set_aside(closed) == 3
    pay(closed, closed.platform.ledger.documents(NOVEMBER))
    year_after = max(dt.date(2027, 11, 30), *(one for _, one, _ in reasons(closed, AS_OF) if one is not None))
    assert reasons(closed, year_after) == [("2026-11", year_after, None)]
    assert reasons(closed, year_after - dt.timedelta(1))[0][2] == "its last payment is not 365 days old"


def test_no_open_month_takes_a_call_whose_number_was_forgotten(closed: Flow) -> None:
    assert taken_by(closed, NOVEMBER.next) == 3
    truncate_month(closed.platform.warehouse, NOVEMBER, DUE)
    assert taken_by(closed, NOVEMBER.next) == 0


def taken_by(flow: Flow, month: Month) -> int:
    warehouse = flow.platform.warehouse
    return build_model(warehouse, flow.platform.project, "int_legs__displaced", str(month)).written.rows


def test_a_months_numbers_are_kept_until_it_is_paid_and_a_year_has_gone(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    with flow.platform.ledger.session() as session:
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
    flow.land()
    answer_for_recordings(flow)
    flow.close(NOVEMBER, AS_OF)
    (document,) = flow.platform.ledger.documents(NOVEMBER)
    assert reasons(flow, dt.date(2040, 1, 1)) == [("2026-11", None, f"unpaid: {document.number}")]
    pay(flow, [document])
    assert reasons(flow, DUE - dt.timedelta(1)) == [("2026-11", DUE, "its last payment is not 365 days old")]
    assert reasons(flow, DUE) == [("2026-11", DUE, None)]
    forget_on(flow, DUE, monkeypatch)


def forget_on(flow: Flow, due: dt.date, monkeypatch: pytest.MonkeyPatch) -> None:
    """``seconde retention``, asked first what it would do: raw files go, copies of them in the quarantine too."""
    platform = flow.platform
    monkeypatch.setenv("SECONDE_HOME", str(flow.settings.home))
    segments = [path for path in platform.journal.iterdir() if path.suffix == ".esl"]
    platform.quarantine.mkdir(exist_ok=True)
    copies = [platform.quarantine / f"{segments[0].name}{suffix}" for suffix in ("", ".reason.txt")]
    others = platform.quarantine / "payments.csv"
    for file in (*copies, others):
        file.write_text("+33698000055")
    asked = CliRunner().invoke(build_app(), ["retention", "--dry-run", "--as-of", str(due)])
    assert (asked.exit_code, "due" in asked.output, "nothing was changed" in asked.output) == (0, True, True)
    assert all(path.exists() for path in (*segments, *copies))
    done = CliRunner().invoke(build_app(), ["retention", "--as-of", str(due)])
    assert (done.exit_code, "1 months have truncated numbers" in done.output) == (0, True)
    assert not any(path.exists() for path in (*segments, *copies))
    assert others.exists()
    (planned, *_) = plan(platform.warehouse, platform.ledger, 365, due)
    assert planned.is_truncated


def test_a_truncated_month_keeps_what_it_charged_and_names_nobody(closed: Flow) -> None:
    platform = closed.platform
    kept = platform.warehouse.read(f"{KEPT} from rated_calls order by all").to_pylist()
    assert disposable_files(platform.warehouse, platform.journal, platform.quarantine) == []  # nothing is truncated yet
    called = numbers_of(closed, "rated_calls", "destination_number")
    assert any("+33698000055" in text for text in numbers_of(closed, "rejected_events", "body_excerpt"))
    truncate_month(platform.warehouse, NOVEMBER, DUE)
    assert numbers_of(closed, "rated_calls", "destination_number") == {truncated(number) for number in called}
    far = numbers_of(closed, "call_detail_records where direction = 'outgoing'", "destination_number", "dialed_number")
    assert max(map(len, far)) <= 6
    digits = numbers_of(closed, "call_detail_records where direction = 'outgoing'", "called_digits")
    assert max(map(len, digits)) <= 5
    headers = ("caller_id_number", "ani", "sip_from_user", "destination_number", "rdnis", "sip_req_user", "sip_to_user")
    assert max(map(len, numbers_of(closed, "call_events", *headers))) <= 6
    assert numbers_of(closed, "call_events", "channel_name") == {""}
    assert platform.warehouse.read(f"{KEPT} from rated_calls order by all").to_pylist() == kept
    assert numbers_of(closed, "rejected_events", "body_excerpt") == {""}
    told = numbers_of(closed, "data_quality_findings", "reason", "details") | numbers_of(
        closed, "rejected_events", "reason"
    )
    assert any("+33698" in text for text in told)
    assert not [text for text in told if re.search(r"\+\d{6,}", text)]


def test_no_leg_of_a_truncated_month_names_anybody_but_the_customer(closed: Flow) -> None:
    """Agents' legs and forwarded ones too, whose caller is the person outside; every column of every table."""
    warehouse = closed.platform.warehouse
    own = {row.number for row in closed.platform.ledger.phone_numbers()}
    headers = ", ".join(EVENT_NUMBERS)
    heard = {text.lstrip("+0")[-9:] for text in numbers_of(closed, "call_events", headers) if text.strip("+").isdigit()}
    others = {digits for digits in heard if len(digits) == 9} - {number[-9:] for number in own}
    legs = "call_detail_records where direction <> 'incoming'"
    assert "+33639980001" in numbers_of(closed, legs, "caller_number"), "an outside caller on an inside leg"
    truncate_month(warehouse, NOVEMBER, DUE)
    for name, spec in warehouse.tables.items():
        for column in (column.name for column in spec.columns if column.type == "VARCHAR"):
            told = numbers_of(closed, name, f'"{column}"')
            assert not [text for text in told for number in others if number in text], f"{name}.{column}"
    kept = numbers_of(closed, "call_detail_records", "origin_number", "destination_number")
    assert {number for number in kept if len(number) > 6} <= own
    assert numbers_of(closed, "rated_calls", "origin_number") <= own


def test_a_truncated_month_is_never_made_again_and_its_raw_journal_can_go(closed: Flow) -> None:
    platform = closed.platform
    truncate_month(platform.warehouse, NOVEMBER, DUE)
    files = {path: path.read_bytes() for path in platform.warehouse.files("call_detail_records")}
    truncate_month(platform.warehouse, NOVEMBER, DUE)
    disposable = disposable_files(platform.warehouse, platform.journal, platform.quarantine)
    assert {path.suffix for path in disposable} == {".esl", ".json"}
    for path in disposable:
        path.unlink()
    closed.land()
    assert {path: path.read_bytes() for path in platform.warehouse.files("call_detail_records")} == files
    with pytest.raises(PermanentError, match="its called numbers were truncated"):
        closed.close(NOVEMBER, AS_OF)


def test_cdr_files_of_a_truncated_month_go_with_it_and_those_of_others_stay(closed: Flow, tmp_path: Path) -> None:
    """A backlog of October, taken in November, is October's; a call of the last night of October too."""
    warehouse, archive = closed.platform.warehouse, tmp_path / "archive"
    october = warehouse.path("call_events", "2026-10", "of an unpaid month")
    october.parent.mkdir(parents=True)
    shutil.copy(warehouse.files("call_events")[0], october)
    for day, name, ended in (
        ("2026-11-01", "across-midnight", "2026-11-01T00:20:00+01:00"),
        ("2026-11-02", "backlog", "2026-10-20T12:00:00+02:00"),
        ("2026-11-30", "november", "2026-11-30T12:00:00+01:00"),
        ("2026-11-30", "clock-was-wrong", "2031-01-01T12:00:00+01:00"),
        ("2026-12-01", "december", "2026-12-01T12:00:00+01:00"),
    ):
        path = archive / day / f"{name}.cdr.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}\n")
        os.utime(path, (0, dt.datetime.fromisoformat(ended).timestamp()))
    truncate_month(warehouse, NOVEMBER, DUE)
    assert disposable_in(closed, tmp_path, archive) == ["clock-was-wrong", "november"]
    october.unlink()
    assert disposable_in(closed, tmp_path, archive) == ["across-midnight", "backlog", "clock-was-wrong", "november"]


def disposable_in(flow: Flow, tmp_path: Path, archive: Path) -> list[str]:
    elsewhere = tmp_path / "no journal", tmp_path / "no quarantine"
    found = disposable_files(flow.platform.warehouse, *elsewhere, [archive])
    return [path.name.removesuffix(".cdr.json") for path in found]
