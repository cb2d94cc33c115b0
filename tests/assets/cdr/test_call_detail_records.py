"""The two assets, run by Dagster on a real ledger and warehouse."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import dagster as dg
import pytest

from adapters.alerts import Alerts
from adapters.invoice_renderer import InvoiceRenderer
from adapters.ledger.store import Ledger
from adapters.ledger.tables import Contract, Customer, PhoneNumber, TariffPlan
from adapters.numbering import Numbering
from adapters.warehouse import Warehouse
from assets import quality_tables
from assets.cdr.call_detail_records import RebuildDays, call_detail_records, number_inventory
from assets.cdr.call_events import call_events
from assets.cdr.tables import TABLES
from assets.platform import Platform
from dbt_like_sql.project import Project
from domain.errors import BadInput
from tests.assets.cdr.lab import DAY, Lab, alter, call

SQL_PROJECT = Path(__file__).resolve().parents[3] / "dbt_like_sql"
INTL = "+442079460018"


@pytest.fixture
def platform(lab: Lab) -> Platform:
    """The lab with a ledger that knows whose +33170181001 was, and an alert table."""
    ledger = Ledger(f"sqlite:///{lab.home / 'ledger.sqlite'}")
    ledger.migrate()
    with ledger.session() as session:
        session.add(TariffPlan(plan="standard"))
        session.add(
            Customer(
                customer_id="acct-1001",
                legal_name="Démo SAS",
                address_line="1 rue de la Paix",
                postal_code="75002",
                city="Paris",
                country="FR",
                email="compta@example.invalid",
                siren="123456782",
                vat_territory="FR_MAINLAND",
            )
        )
        session.flush()
        session.add(
            Contract(
                contract_id="ctr-1001-1",
                customer_id="acct-1001",
                subscription_type="standard",
                subscription_cents=0,
                tariff_plan="standard",
                started_on=dt.date(2026, 1, 1),
            )
        )
        session.flush()
        session.add(
            PhoneNumber(
                number="+33170181001",
                contract_id="ctr-1001-1",
                country="FR",
                number_type="fixed",
                monthly_cents=0,
                valid_from=dt.date(2026, 1, 1),
            )
        )
    warehouse = Warehouse(lab.warehouse.root, lab.warehouse.catalog, [*TABLES, *quality_tables.TABLES])
    lab.warehouse = warehouse
    return Platform(
        home=lab.home,
        warehouse=warehouse,
        ledger=ledger,
        project=Project.load(SQL_PROJECT),
        numbering=Numbering(),
        renderer=InvoiceRenderer(),
        alerts=Alerts((), warehouse),
        carrier_profiles=frozenset({"external"}),
    )


def run(platform: Platform) -> dict[str, dict[str, object]]:
    """Materialize both assets; the metadata of each."""
    result = dg.materialize([call_events, call_detail_records], resources={"platform": platform})
    return {
        asset: {name: entry.value for name, entry in result.asset_materializations_for_node(asset)[0].metadata.items()}
        for asset in ("call_events", "call_detail_records")
    }


def test_a_run_says_what_it_landed_and_rebuilt(lab, platform, short):
    lab.write_segment(short)
    metadata = run(platform)
    assert metadata["call_events"] == {"segments": 1, "records": 171, "events": 122, "rejected": 0, "damaged": 0}
    rebuilt = {"days_rebuilt": 1, "months": "2026-11", "legs": 37, "billable_calls": 7}
    assert metadata["call_detail_records"] == rebuilt
    assert {row["customer_id"] for row in lab.records("caller_number = '+33170181001'")} == {"acct-1001"}


def test_a_second_run_has_nothing_to_do(lab, platform, short):
    lab.write_segment(short)
    run(platform)
    before = lab.files(*(spec.name for spec in TABLES))
    assert run(platform)["call_detail_records"]["days_rebuilt"] == 0
    assert lab.files(*(spec.name for spec in TABLES)) == before


def test_a_corrupt_segment_is_told_once_and_its_good_records_land(lab, platform, short):
    segment = lab.write_segment(short)
    data = bytearray(segment.read_bytes())
    data[data.index(b"CHANNEL_ANSWER")] ^= 1
    segment.write_bytes(data)
    assert run(platform)["call_events"]["events"] == 121
    lab.write_segment(short[:1])
    run(platform)
    alerts = lab.warehouse.read("select check_name, severity, failing_rows from data_quality_alerts").to_pylist()
    assert alerts == [{"check_name": "journal_is_read_whole", "severity": "error", "failing_rows": 2}]
    reasons = lab.warehouse.read("select reason from data_quality_findings where check_name = 'journal_is_read_whole'")
    assert any("does not match its CRC" in str(reason) for reason in reasons["reason"])
    assert (lab.quarantine / segment.name).exists()


def test_an_account_the_inventory_does_not_confirm_is_a_warning(lab, platform, short):
    said = {"variable_accountcode": "acct-9", "variable_account_id": "acct-9"}
    lab.write_segment(alter(call(short, INTL), said))
    run(platform)
    findings = lab.warehouse.read("select check_name, severity from data_quality_findings").to_pylist()
    assert findings == [{"check_name": "switch_accounts_agree", "severity": "warning"}]


def test_the_inventory_is_the_ledgers(platform):
    owner = number_inventory(platform.ledger).lookup("+33170181001", DAY)
    assert owner is not None
    assert (owner.contract_id, owner.customer_id) == ("ctr-1001-1", "acct-1001")


def test_a_day_to_rebuild_that_is_no_date_is_refused():
    with pytest.raises(BadInput, match="write them like 2026-11-22"):
        RebuildDays(days=["22/11/2026"]).dates()
