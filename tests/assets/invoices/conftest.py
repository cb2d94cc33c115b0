"""A small operator whose months can be closed: real ledger, real warehouse, the real SQL models between them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from adapters.invoice_renderer import InvoiceRenderer
from adapters.ledger.contracts import KnownContracts
from adapters.ledger.periods import CLOSED, FROZEN
from adapters.ledger.store import Ledger
from adapters.ledger.tables import (
    Contract,
    ContractAllowance,
    Customer,
    IssuedDocument,
    LatePaymentRule,
    LegalInterestRate,
    Operator,
    Payment,
    PhoneNumber,
    TariffPlan,
    VatRule,
)
from adapters.warehouse import TableSpec, Warehouse
from assets.invoices.close import closing_date, keep_or_write, write_month
from assets.invoices.invoice_documents import draw_documents
from assets.invoices.invoice_lines import line_rows
from assets.invoices.invoices import draft_documents, draft_rows
from assets.invoices.issued_documents import CHANGED, close_month
from assets.invoices.late_payment_penalties import penalty_rows
from assets.invoices.refused_drafts import refused_rows
from assets.invoices.subscription_charges import subscription_rows
from assets.invoices.tables import (
    INVOICE_DOCUMENTS,
    INVOICE_LINES,
    INVOICES,
    LATE_PAYMENT_PENALTIES,
    REFUSED_DRAFTS,
    SUBSCRIPTION_CHARGES,
)
from assets.ledger_snapshots import snapshot_ledger
from assets.sql_models import build_model, group_of, tables
from assets.tables import all_tables
from dbt_like_sql.ancestry import tables_made_for
from dbt_like_sql.project import Project
from domain.calendar import BILLING_ZONE, Month
from tests.closings import SIGNATURE

REPOSITORY = Path(__file__).resolve().parents[3]
SNAPSHOTS = (
    "billing_periods", "contracts", "contract_allowances", "tariff_plans", "customers", "payments",
    "issued_adjustments",
)  # fmt: skip
BEGINNING = dt.date(2026, 1, 1)
RATES = (  # prefix, country, category, micro-euros a minute, connection fee
    ("33", "FR", "France - fixes", 8_000, 0),
    ("336", "FR", "France - mobiles", 19_000, 0),
    ("44", "GB", "Royaume-Uni - fixes", 30_000, 50_000),
    ("112", "FR", "Urgences", 0, 0),
    ("3389", "FR", "France - numéros majorés", 8_000, 0),
)
# What the services of some numbers cost beside the call: micro-euros a call and a minute.
SURCHARGES = {"3389": (500_000, 800_000)}
# What the tests' contracts and tiers count together.
GROUPS = {"33": "france", "336": "france"}


@dataclass
class House:
    """One installation under a test's folder."""

    home: Path
    ledger: Ledger
    warehouse: Warehouse
    project: Project
    renderer: InvoiceRenderer

    @property
    def documents(self) -> Path:
        return self.home / "documents"

    def add(self, *rows: Any) -> None:
        for row in rows:
            with self.ledger.session() as session:
                session.add(row)

    def customer(self, customer_id: str = "acct-1001", **changed: Any) -> None:
        given: dict[str, Any] = {
            "customer_id": customer_id,
            "legal_name": "Centre d'Appels Imaginaire SAS",
            "address_line": "12 rue de l'Exemple",
            "postal_code": "75011",
            "city": "Paris",
            "country": "FR",
            "email": "compta@centre-imaginaire.example",
            "siren": "999000011",
            "vat_territory": "FR_MAINLAND",
        }
        self.add(Customer(**given | changed))

    def contract(self, contract_id: str = "ctr-1001-1", **changed: Any) -> None:
        """An order form of the customer its id names, at 149.00 a month."""
        given: dict[str, Any] = {
            "contract_id": contract_id,
            "customer_id": contract_id.rsplit("-", 1)[0].replace("ctr", "acct"),
            "subscription_type": "Centre d'appels",
            "subscription_cents": 149_00,
            "tariff_plan": "standard",
            "started_on": BEGINNING,
        }
        with self.ledger.session() as session:
            session.merge(TariffPlan(plan=str(given["tariff_plan"])))
        self.add(Contract(**given | changed))

    def include(self, contract_id: str, group: str, minutes: int) -> None:
        """Minutes a month the contract includes to a group, from its beginning."""
        self.add(
            ContractAllowance(contract_id=contract_id, destination_group=group, minutes=minutes, valid_from=BEGINNING)
        )

    def number(self, number: str = "+33170181001", **changed: Any) -> None:
        """A number of ctr-1001-1 at 1.00 a month."""
        given: dict[str, Any] = {
            "contract_id": "ctr-1001-1",
            "country": "FR",
            "number_type": "fixed",
            "monthly_cents": 1_00,
            "valid_from": BEGINNING,
        }
        self.add(PhoneNumber(number=number, **given | changed))

    def pay(self, document_number: str, value_date: str, cents: int) -> None:
        reference = f"{document_number} {value_date}"
        date = dt.date.fromisoformat(value_date)
        self.add(Payment(reference=reference, document_number=document_number, value_date=date, amount_cents=cents))

    def call(self, leg: str, local: str, called: str, seconds: int, **changed: Any) -> None:
        """Land an answered outgoing call of acct-1001, by its Paris time; ``seconds`` as billed."""
        answered = dt.datetime.fromisoformat(local).replace(tzinfo=BILLING_ZONE).astimezone(dt.UTC).replace(tzinfo=None)
        given: dict[str, Any] = {
            "month": local[:7],
            "record_date": dt.date.fromisoformat(local[:10]),
            "boot_id": "boot",
            "leg_id": leg,
            "call_id": leg,
            "leg_side": "B",
            "direction": "outgoing",
            "is_carrier_leg": True,
            "is_billable": True,
            "call_category": "direct",
            "customer_id": "acct-1001",
            "contract_id": "ctr-1001-1",
            "origin_number": "+33170181001",
            "origin_country": "FR",
            "origin_number_type": "fixed",
            "destination_number": called,
            "called_digits": called.removeprefix("+"),
            "destination_country": "FR",
            "destination_number_type": "mobile",
            "started_at": answered,
            "answered_at": answered,
            "ended_at": answered + dt.timedelta(seconds=seconds),
            "billed_seconds": seconds,
            "talk_micros": seconds * 1_000_000,
            "ring_micros": 0,
            "disposition": "answered",
            "segment": "test",
        } | changed
        spec = self.warehouse.tables["call_detail_records"]
        path = self.warehouse.path(spec.name, given["month"], str(given["record_date"]))
        day = pq.read_table(path, partitioning=None).to_pylist() if path.exists() else []
        rows = pa.Table.from_pylist([*(row for row in day if row["leg_id"] != leg), given], schema=spec.arrow_schema)
        self.warehouse.replace(spec.name, rows, month=given["month"], part=str(given["record_date"]))

    def rate(self, month: str) -> None:
        for model in tables(self.project):
            # What moved in a closed month is worked out when a person asks.
            if group_of(model) == "rating" and model.name != "rating_changes":
                build_model(self.warehouse, self.project, model.name, month)

    def rerate(self, month: str) -> list[dict[str, Any]]:
        """What ``seconde rerate`` works out; the changes, by leg."""
        snapshot_ledger(self.ledger, self.warehouse, SNAPSHOTS)
        for model in tables_made_for(self.project, "rating_changes"):
            build_model(self.warehouse, self.project, model, month)
        return [row for row in self.rows("rating_changes", "leg_id") if row["month"] == month]

    def correct_rate(self, prefix: str, price: int, version_id: str) -> None:
        """Another version prices a prefix, from the beginning on."""
        rows = self.warehouse.read("select * from tariff_rates order by rate_id").to_pylist()
        for row in rows:
            if row["destination_prefix"] == prefix:
                changed = {"version_id": version_id, "price_per_minute_micros": price, "rate_id": row["rate_id"] + 100}
                row.update(changed)
        schema = self.warehouse.tables["tariff_rates"].arrow_schema
        self.warehouse.replace("tariff_rates", pa.Table.from_pylist(rows, schema=schema))

    def add_rate(self, prefix: str, country: str, category: str, price: int) -> None:
        """One more prefix of the tariff, from the beginning on."""
        rows = self.warehouse.read("select * from tariff_rates order by rate_id").to_pylist()
        changed = {"destination_prefix": prefix, "prefix_length": len(prefix), "destination_country": country}
        priced = {"category": category, "price_per_minute_micros": price, "rate_id": len(rows) + 1}
        plain = {"destination_group": None, "connection_fee_micros": 0, "version_id": f"STD-{prefix}"}
        schema = self.warehouse.tables["tariff_rates"].arrow_schema
        added = pa.Table.from_pylist([*rows, {**rows[0], **changed, **priced, **plain}], schema=schema)
        self.warehouse.replace("tariff_rates", added)

    def charge(self, month: str, as_of: str) -> None:
        """Everything up to the drafts."""
        this = Month.parse(month)
        snapshot_ledger(self.ledger, self.warehouse, SNAPSHOTS)
        self.rate(month)
        build_model(self.warehouse, self.project, "usage_charges", month)
        build_model(self.warehouse, self.project, "rating_adjustments", month)
        day = closing_date(self.ledger, this, as_of)
        settled = (FROZEN, CLOSED)
        self.keep(
            SUBSCRIPTION_CHARGES, this, lambda: subscription_rows(KnownContracts(self.ledger), this), since=settled
        )
        self.keep(LATE_PAYMENT_PENALTIES, this, lambda: penalty_rows(self.ledger, self.warehouse, this, day))
        self.keep(REFUSED_DRAFTS, this, lambda: refused_rows(self.ledger, self.warehouse, this, day))
        self.keep(INVOICE_LINES, this, lambda: line_rows(self.ledger, self.warehouse, this))
        self.keep(INVOICES, this, lambda: draft_rows(draft_documents(self.ledger, self.warehouse, this, day)))

    def keep(self, spec: TableSpec, month: Month, rows: Callable[[], list[Any]], **since: Any) -> None:
        keep_or_write(self.ledger, self.warehouse, spec, month, rows, **since)

    def issue(self, month: str, as_of: str) -> list[IssuedDocument]:
        this = Month.parse(month)
        issued = close_month(self.ledger, self.warehouse, this, closing_date(self.ledger, this, as_of), SIGNATURE)
        snapshot_ledger(self.ledger, self.warehouse, CHANGED)
        return issued

    def close(self, month: str, as_of: str) -> list[IssuedDocument]:
        self.charge(month, as_of)
        return self.issue(month, as_of)

    def draw(self, month: str) -> list[dict[str, Any]]:
        this = Month.parse(month)
        rows = draw_documents(self.home, self.ledger, self.warehouse, self.renderer, this)
        write_month(self.warehouse, INVOICE_DOCUMENTS, this, rows)
        return rows

    def rows(self, table: str, order_by: str = "all") -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.warehouse.read(f"select * from {table} order by {order_by}").to_pylist()
        return rows


OPERATOR: dict[str, Any] = {
    "legal_name": "MybestPro",
    "legal_form": "SAS",
    "capital_text": "161 214,20 EUR",
    "siren": "478444474",
    "rcs_city": "Paris",
    "vat_number": "FR87478444474",
    "address_line": "75 rue d'Amsterdam",
    "postal_code": "75008",
    "city": "Paris",
    "dispute_email": "compta@MybestPro.com",
}
VAT = (
    ("FR_MAINLAND", "S", 2000, "TVA 20 %"),
    ("FR_DOM", "S", 850, "TVA 8,5 %"),
    ("EU", "AE", 0, "Autoliquidation - art. 283-2 du CGI"),
    ("NON_EU", "G", 0, "TVA non applicable - art. 259-1 du CGI"),
    ("RESELLER", "AE", 0, "Autoliquidation - art. 283-2 octies du CGI"),
)


@pytest.fixture(scope="session")
def project() -> Project:
    return Project.load(REPOSITORY / "dbt_like_sql")


@pytest.fixture
def empty_house(tmp_path: Path, project: Project) -> House:
    """The law and the operator; nobody to bill."""
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.sqlite")
    ledger.migrate()
    root = tmp_path / "warehouse"
    house = House(
        tmp_path, ledger, Warehouse(root, root / "warehouse.duckdb", all_tables(project)), project, InvoiceRenderer()
    )
    with ledger.session() as session:
        session.add(Operator(**OPERATOR))
        session.add(
            LatePaymentRule(valid_from=dt.date(2013, 1, 1), rate_multiplier=3, indemnity_cents=4000, year_days=365)
        )
        session.add(
            LegalInterestRate(
                half_year="2026-S2",
                starts_on=dt.date(2026, 7, 1),
                ends_on=dt.date(2026, 12, 31),
                individuals_basis_points=684,
                other_cases_basis_points=275,
                source_status="test",
            )
        )
        for territory, category, rate, mention in VAT:
            session.add(
                VatRule(
                    territory=territory,
                    valid_from=dt.date(2014, 1, 1),
                    category=category,
                    rate_basis_points=rate,
                    mention=mention,
                )
            )
    rates = house.warehouse.tables["tariff_rates"]
    rows = [
        {
            "version_id": "STD-1",
            "plan": "standard",
            "rate_id": rate_id,
            "origin_country": "*",
            "origin_number_type": "*",
            "destination_prefix": prefix,
            "prefix_length": len(prefix),
            "destination_country": country,
            "category": category,
            "price_per_minute_micros": price,
            "connection_fee_micros": fee,
            "call_category": "*",
            "destination_group": GROUPS.get(prefix),
            "minimum_charge_micros": 0,
            "surcharge_per_call_micros": SURCHARGES.get(prefix, (0, 0))[0],
            "surcharge_per_minute_micros": SURCHARGES.get(prefix, (0, 0))[1],
            "valid_from": BEGINNING,
            "valid_to": None,
            "initial_seconds": 1,
            "increment_seconds": 1,
            "valid_from_at": dt.datetime(2025, 12, 31, 23),
            "valid_to_at": None,
        }
        for rate_id, (prefix, country, category, price, fee) in enumerate(RATES, 1)
    ]
    house.warehouse.replace("tariff_rates", pa.Table.from_pylist(rows, schema=rates.arrow_schema))
    return house


@pytest.fixture
def house(empty_house: House) -> House:
    """One customer, acct-1001: 149.00 a month and one number at 1.00."""
    empty_house.customer()
    empty_house.contract()
    empty_house.number()
    return empty_house
