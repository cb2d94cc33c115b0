"""The gates of a close: what shuts them, and that a person's word opens one for exactly what it was given for."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pytest

from adapters.data_quality import write_findings
from adapters.ledger.audit import audit_trail
from adapters.ledger.contract_journal import Signature as Recorder
from adapters.ledger.contract_notices import announce
from adapters.ledger.periods import Signature
from adapters.ledger.store import Ledger
from adapters.ledger.tables import Contract, Customer, TariffPlan
from adapters.warehouse import Warehouse
from assets.gates import GATES, PRICED, RECORDS, TOLD, answer_for, refuse_shut, shut_gates
from assets.tables import all_tables
from dbt_like_sql.project import Project
from domain.calendar import Month
from domain.errors import BadInput, PermanentError
from orchestration.build import SQL_PROJECT

OCTOBER = Month(2026, 10)
SIGNED = Signature("A. Martin", dt.datetime(2026, 11, 2, 9, tzinfo=dt.UTC), "satellites have no tariff yet")


@pytest.fixture
def world(tmp_path):
    """An empty ledger and an empty warehouse."""
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.sqlite")
    ledger.migrate()
    root = tmp_path / "warehouse"
    return ledger, Warehouse(root, root / "warehouse.duckdb", all_tables(Project.load(SQL_PROJECT)))


def unrated(warehouse, *legs):
    spec = warehouse.tables["unrated_calls"]
    row = {column.name: None for column in spec.columns} | {
        "month": "2026-10", "boot_id": "b", "call_month": "2026-10", "reason": "NO_RATE", "billed_seconds": 1,
        "answered_at": dt.datetime(2026, 10, 5),
    }  # fmt: skip
    rows = pa.Table.from_pylist([{**row, "leg_id": leg} for leg in legs], spec.arrow_schema)
    warehouse.replace("unrated_calls", rows, month="2026-10")


def test_a_month_with_a_call_without_a_price_is_not_issued_until_a_named_person_answers_for_exactly_it(world):
    ledger, warehouse = world
    refuse_shut(ledger, warehouse, OCTOBER)
    unrated(warehouse, "leg-1")
    with pytest.raises(PermanentError, match=r"calls_without_a_price \(1 row: 1 x NO_RATE\).*seconde override 2026-10"):
        refuse_shut(ledger, warehouse, OCTOBER)
    said = answer_for(ledger, warehouse, OCTOBER, PRICED, SIGNED)
    assert said is not None
    assert (said.facts, said.decided_by, said.because) == (1, "A. Martin", "satellites have no tariff yet")
    refuse_shut(ledger, warehouse, OCTOBER)
    unrated(warehouse, "leg-1", "leg-2")
    with pytest.raises(PermanentError, match="2 rows"):
        refuse_shut(ledger, warehouse, OCTOBER)
    unrated(warehouse, "leg-1")
    refuse_shut(ledger, warehouse, OCTOBER)
    [act] = audit_trail(ledger, OCTOBER)
    assert (act.who, act.why) == ("A. Martin", "satellites have no tariff yet")
    assert act.what.startswith("overrode calls_without_a_price: 1 row: 1 x NO_RATE")


def test_what_a_check_found_in_an_earlier_month_shuts_the_gate_too_for_its_late_calls_are_billed_now(world):
    ledger, warehouse = world
    row = {"row_key": "b/leg", "reason": "billed seconds are not talk time"}
    write_findings(warehouse, "2026-09", RECORDS, "call_detail_records", [row])
    write_findings(warehouse, "2026-11", RECORDS, "call_detail_records", [row])
    assert [(shut.gate, len(shut.facts)) for shut in shut_gates(ledger, warehouse, OCTOBER)] == [(RECORDS, 1)]


def test_nobody_answers_without_a_reason_for_nothing_or_for_what_is_no_gate(world):
    ledger, warehouse = world
    assert answer_for(ledger, warehouse, OCTOBER, PRICED, SIGNED) is None
    unrated(warehouse, "leg-1")
    with pytest.raises(BadInput, match="says why"):
        answer_for(ledger, warehouse, OCTOBER, PRICED, Signature("A. Martin", SIGNED.at))
    with pytest.raises(BadInput, match=f"no gate of a close; one of {', '.join(GATES)}"):
        answer_for(ledger, warehouse, OCTOBER, "invoice_totals", SIGNED)


def test_so_many_rows_that_nobody_has_read_them_are_not_answered_for(world):
    ledger, warehouse = world
    unrated(warehouse, *(f"leg-{number}" for number in range(10_000)))
    with pytest.raises(PermanentError, match="mend them first"):
        answer_for(ledger, warehouse, OCTOBER, PRICED, SIGNED)


def test_a_month_whose_new_price_nobody_was_told_of_is_not_issued(world):
    ledger, warehouse = world
    with ledger.session() as session:
        session.add(TariffPlan(plan="standard"))
        session.add(
            Customer(customer_id="acct-1", legal_name="X", address_line="X", postal_code="75011", city="Paris",
                     country="FR", email="x@x.example", siren="732829320", vat_territory="FR_MAINLAND")
        )  # fmt: skip
        session.flush()
        session.add(
            Contract(contract_id="ctr-1", customer_id="acct-1", subscription_type="X", subscription_cents=100,
                     tariff_plan="standard", started_on=dt.date(2026, 1, 1))
        )  # fmt: skip
    event = {"item": "subscription", "unit_cents": 200, "effective_on": OCTOBER.first_date}
    letter = Recorder("A. Martin", dt.date(2026, 8, 1), "grille")
    announce(ledger, "ctr-1", letter, dt.datetime(2026, 8, 1), notice_date=letter.recorded_on, **event)
    with pytest.raises(PermanentError, match=r"new_prices_were_told \(1 row: 1 x the price of 2026-10-01 was not told"):
        refuse_shut(ledger, warehouse, OCTOBER)
    refuse_shut(ledger, warehouse, OCTOBER.next)
    answer_for(ledger, warehouse, OCTOBER, TOLD, SIGNED)
    refuse_shut(ledger, warehouse, OCTOBER)
