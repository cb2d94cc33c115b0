"""Every constraint of the ledger, violated once on each database."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.exc import StatementError
from sqlmodel import SQLModel, select

from adapters.ledger import switch_tables
from adapters.ledger import tables as t
from domain.errors import PermanentError

DAY = dt.date(2026, 10, 1)
LONG_AGO = dt.date(2025, 1, 1)
NEXT = dt.date(2026, 10, 2)
SHA = "0" * 64
AT = dt.datetime(2026, 10, 1, 8)
# Those of the switch have a file of their own, test_switch_tables.py.
TABLES = [table for table in SQLModel.metadata.sorted_tables if table.name not in switch_tables.TABLE_NAMES]

# A good row of each table: every test changes one thing.
GOOD: dict[type[SQLModel], dict[str, Any]] = {
    t.Operator: {
        "legal_name": "MybestPro", "legal_form": "SAS", "capital_text": "161 214,20 €", "siren": "478444474",
        "rcs_city": "Paris", "vat_number": "FR87478444474", "address_line": "75 rue d'Amsterdam",
        "postal_code": "75008", "city": "Paris", "dispute_email": "compta@MybestPro.com",
    },
    t.Customer: {
        "customer_id": "acct-2001", "legal_name": "X", "address_line": "X", "postal_code": "75011", "city": "Paris",
        "country": "FR", "email": "x@example.org", "siren": "732829320", "vat_territory": "FR_MAINLAND",
    },
    t.Contract: {
        "contract_id": "ctr-2001-1", "customer_id": "acct-1001", "subscription_type": "X", "subscription_cents": 0,
        "tariff_plan": "standard", "started_on": DAY,
    },
    t.PhoneNumber: {
        "number": "+33170181001", "contract_id": "ctr-1001-1", "country": "FR", "number_type": "fixed",
        "monthly_cents": 100, "valid_from": DAY,
    },
    t.TariffVersion: {"version_id": "V2", "plan": "standard", "valid_from": DAY, "notice_date": dt.date(2026, 8, 1)},
    t.TariffRate: {
        "version_id": "V1", "destination_prefix": "33", "destination_country": "FR", "category": "France - fixes",
        "price_per_minute_micros": 8000, "valid_from": DAY,
    },
    t.TariffPlan: {"plan": "gold", "fallback_plan": "standard"},
    t.TariffWaiver: {
        "version_id": "V1", "rule": "late_notice", "accepted_by": "A. Martin", "reason": "asked for by customers",
        "accepted_on": DAY,
    },
    t.TariffTier: {
        "version_id": "V1", "destination_group": "france", "from_minutes": 1000, "price_per_minute_micros": 4000,
    },
    t.ContractAllowance: {
        "contract_id": "ctr-1001-1", "destination_group": "france", "minutes": 600, "valid_from": DAY,
    },
    t.LegalInterestRate: {
        "half_year": "2026-S2", "starts_on": dt.date(2026, 7, 1), "ends_on": dt.date(2026, 12, 31),
        "individuals_basis_points": 684, "other_cases_basis_points": 275, "source_status": "OFFICIAL",
    },
    t.LatePaymentRule: {"valid_from": DAY, "rate_multiplier": 3, "indemnity_cents": 4000, "year_days": 365},
    t.VatRule: {
        "territory": "FR_MAINLAND", "valid_from": DAY, "category": "S", "rate_basis_points": 2000, "mention": "",
    },
    t.BillingPeriod: {"month": "2026-11"},
    t.DocumentSeries: {"series": "ND", "year": 2026},
    t.IssuedDocument: {
        "number": "FA-2026-000002", "series": "FA", "year": 2026, "sequence": 2, "kind": "invoice",
        "customer_id": "acct-1002", "month": "2026-10", "issue_date": DAY, "due_date": NEXT, "net_cents": 100,
        "vat_cents": 20, "total_cents": 120, "payload": "{}", "sha256": SHA,
    },
    t.IssuedDocumentLine: {
        "number": "FA-2026-000001", "line_number": 1, "kind": "usage", "label": "X", "quantity": "1", "unit": "minute",
        "unit_price_micros": 1, "amount_cents": 100, "vat_category": "S", "vat_rate_basis_points": 2000,
    },
    t.Payment: {
        "reference": "VIR-1", "document_number": "FA-2026-000001", "value_date": DAY, "amount_cents": 120,
    },
    t.UnassignedPayment: {
        "reference": "VIR-2", "said_number": "facture d'octobre", "value_date": DAY, "amount_cents": 120,
    },
    t.CreditDecision: {
        "number": "FA-2026-000001", "decided_by": "A. Martin", "because": "wrong address", "decided_on": DAY,
    },
    t.Delivery: {
        "delivery_id": SHA, "channel": "email", "recipient": "x@example.org", "customer_id": "acct-1001",
        "document_number": "FA-2026-000001", "queued_at": AT, "next_attempt_at": AT,
    },
    t.ContractEvent: {
        "contract_id": "ctr-1001-1", "sequence": 9, "kind": "quantity", "effective_on": DAY, "item": "users",
        "quantity": 2, "recorded_by": "A. Martin",
    },
    t.CaughtUpMonth: {
        "month": "2026-10", "contract_id": "ctr-1001-1", "charged_month": "2026-09",
        "document_number": "FA-2026-000001",
    },
    t.DocumentFile: {"number": "FA-2026-000001", "sha256": SHA, "pages": 1},
    t.RatingAdjustment: {
        "month": "2026-10", "corrected_month": "2026-09", "contract_id": "ctr-1001-1", "charge": "call",
        "category": "FR_MOBILE", "destination_country": "FR", "customer_id": "acct-1001", "billed_cents": 100,
        "adjusted_cents": 20, "due_cents": 150, "difference_cents": 30,
    },
    t.PeriodEvent: {
        "month": "2026-11", "rank": 1, "event": "frozen", "decided_by": "A. Martin", "decided_at": AT,
        "facts_sha256": SHA,
    },
    t.CloseOverride: {
        "month": "2026-10", "gate": "every_leg_is_accounted_for", "facts_sha256": SHA, "facts": 3, "summary": "3 legs",
        "decided_by": "A. Martin", "because": "disk lost", "decided_at": AT,
    },
}  # fmt: skip

CREDIT = {"kind": "credit_note", "series": "AV", "corrects_number": "FA-2026-000001", "credit_reason": "error"}
DEBIT = {"kind": "debit_note", "series": "ND"}
# Constraint, table, what makes a good row bad.
VIOLATIONS: list[tuple[str, type[SQLModel], dict[str, Any]]] = [
    ("ck_operator_single", t.Operator, {"id": 2}),
    ("ck_operator_siren", t.Operator, {"siren": "47844447"}),
    ("ck_customer_vat_territory", t.Customer, {"vat_territory": "MARS"}),
    ("ck_customer_eu_vat_number", t.Customer, {"country": "BE", "vat_territory": "EU"}),
    ("ck_customer_reseller_vat_number", t.Customer, {"is_reseller": True}),
    ("ck_customer_fr_siren", t.Customer, {"siren": None}),
    ("ck_customer_fr_siren", t.Customer, {"siren": None, "country": "RE", "vat_territory": "FR_DOM"}),
    ("ck_customer_siren", t.Customer, {"siren": "73282932"}),
    ("ck_customer_country", t.Customer, {"country": "FRA"}),
    ("ck_contract_first_month_rule", t.Contract, {"first_month_rule": "half"}),
    ("ck_contract_quantities", t.Contract, {"users": -1}),
    ("ck_contract_quantities", t.Contract, {"licences": -1}),
    ("ck_contract_prices", t.Contract, {"subscription_cents": -1}),
    ("ck_contract_prices", t.Contract, {"user_cents": -1}),
    ("ck_contract_prices", t.Contract, {"licence_cents": -1}),
    ("ck_contract_dates", t.Contract, {"ended_on": dt.date(2026, 9, 30)}),
    ("ck_contract_payment_days", t.Contract, {"payment_days": 61}),
    ("ck_contract_payment_days", t.Contract, {"payment_days": -1}),
    ("ck_contract_daily_cap", t.Contract, {"daily_cap_cents": 0}),
    ("ck_contract_itemised_annex", t.Contract, {"itemised_annex": "fax"}),
    ("ck_phone_number_dates", t.PhoneNumber, {"valid_to": DAY}),
    ("ck_phone_number_price", t.PhoneNumber, {"monthly_cents": -1}),
    ("ck_phone_number_e164", t.PhoneNumber, {"number": "33170181001"}),
    ("ck_phone_number_e164", t.PhoneNumber, {"number": "+3317018100100000"}),
    ("ck_phone_number_country", t.PhoneNumber, {"country": "FRA"}),
    ("ck_phone_number_type", t.PhoneNumber, {"number_type": "landline"}),
    ("uq_phone_number_start", t.PhoneNumber, {"number": "+33170182001", "valid_from": dt.date(2026, 1, 1)}),
    ("ck_tariff_version_dates", t.TariffVersion, {"valid_to": DAY}),
    ("ck_tariff_version_notice", t.TariffVersion, {"notice_date": DAY}),
    ("uq_tariff_version_start", t.TariffVersion, {"valid_from": dt.date(2026, 1, 1), "notice_date": LONG_AGO}),
    ("ck_tariff_rate_price", t.TariffRate, {"price_per_minute_micros": -1}),
    ("ck_tariff_rate_price", t.TariffRate, {"connection_fee_micros": -1}),
    ("ck_tariff_rate_increments", t.TariffRate, {"initial_seconds": 0}),
    ("ck_tariff_rate_increments", t.TariffRate, {"increment_seconds": 0}),
    ("ck_tariff_rate_dates", t.TariffRate, {"valid_to": DAY}),
    ("ck_tariff_plan_fallback", t.TariffPlan, {"fallback_plan": "gold"}),
    ("ck_tariff_waiver_rule", t.TariffWaiver, {"rule": "price"}),
    ("ck_tariff_waiver_signed", t.TariffWaiver, {"accepted_by": " "}),
    ("ck_tariff_waiver_signed", t.TariffWaiver, {"reason": ""}),
    ("ck_tariff_tier_from", t.TariffTier, {"from_minutes": 0}),
    ("ck_tariff_tier_price", t.TariffTier, {"price_per_minute_micros": -1}),
    ("ck_tariff_tier_group", t.TariffTier, {"destination_group": ""}),
    ("ck_contract_allowance_minutes", t.ContractAllowance, {"minutes": 0}),
    ("ck_contract_allowance_dates", t.ContractAllowance, {"valid_to": DAY}),
    ("ck_contract_allowance_group", t.ContractAllowance, {"destination_group": ""}),
    ("ck_tariff_rate_call_category", t.TariffRate, {"call_category": "internal"}),
    ("ck_tariff_rate_minimum", t.TariffRate, {"minimum_charge_micros": -1}),
    ("ck_tariff_rate_surcharge", t.TariffRate, {"surcharge_per_call_micros": -1}),
    ("ck_tariff_rate_surcharge", t.TariffRate, {"surcharge_per_minute_micros": -1}),
    ("ck_tariff_rate_group", t.TariffRate, {"destination_group": ""}),
    ("uq_tariff_rate_start", t.TariffRate, {"destination_prefix": "44", "valid_from": dt.date(2026, 1, 1)}),
    ("ck_legal_interest_rate_dates", t.LegalInterestRate, {"ends_on": dt.date(2026, 7, 1)}),
    ("ck_legal_interest_rate_half_year", t.LegalInterestRate, {"half_year": "2026-2"}),
    ("ck_legal_interest_rate_rates", t.LegalInterestRate, {"other_cases_basis_points": -1}),
    ("ck_late_payment_rule_terms", t.LatePaymentRule, {"rate_multiplier": 0}),
    ("ck_late_payment_rule_terms", t.LatePaymentRule, {"indemnity_cents": -1}),
    ("ck_late_payment_rule_terms", t.LatePaymentRule, {"year_days": 0}),
    ("ck_vat_rule_category", t.VatRule, {"category": "Z", "rate_basis_points": 0, "mention": "X"}),
    ("ck_vat_rule_rate", t.VatRule, {"rate_basis_points": 0}),
    ("ck_vat_rule_rate", t.VatRule, {"category": "AE", "mention": "Autoliquidation"}),
    ("ck_vat_rule_mention", t.VatRule, {"category": "AE", "rate_basis_points": 0}),
    ("ck_billing_period_state", t.BillingPeriod, {"state": "reopened"}),
    ("ck_billing_period_state", t.BillingPeriod, {"state": "closed", "closed_calls_sha256": SHA}),
    ("ck_billing_period_state", t.BillingPeriod, {"state": "closed", "issue_date": DAY}),
    ("ck_billing_period_state", t.BillingPeriod, {"issue_date": DAY}),
    ("ck_billing_period_month", t.BillingPeriod, {"month": "2026-1"}),
    ("ck_document_series_sequence", t.DocumentSeries, {"last_sequence": -1, "last_issue_date": DAY}),
    ("ck_document_series_series", t.DocumentSeries, {"series": "XX"}),
    ("ck_document_series_date", t.DocumentSeries, {"last_sequence": 1}),
    ("ck_issued_document_kind", t.IssuedDocument, {"series": "ND"}),
    ("ck_issued_document_kind", t.IssuedDocument, {"kind": "quote"}),
    ("ck_issued_document_sequence", t.IssuedDocument, {"sequence": 0}),
    ("ck_issued_document_dates", t.IssuedDocument, {"due_date": dt.date(2026, 9, 30)}),
    ("ck_issued_document_total", t.IssuedDocument, {"total_cents": 121}),
    ("ck_issued_document_total", t.IssuedDocument, {"net_cents": -100, "vat_cents": 0, "total_cents": -100}),
    ("ck_issued_document_debit_note_vat", t.IssuedDocument, DEBIT),
    ("ck_issued_document_corrects", t.IssuedDocument, {**CREDIT, "corrects_number": None}),
    ("ck_issued_document_corrects", t.IssuedDocument, {"corrects_number": "FA-2026-000001"}),
    ("ck_issued_document_reason", t.IssuedDocument, {**CREDIT, "credit_reason": None}),
    ("ck_issued_document_reason", t.IssuedDocument, {**CREDIT, "credit_reason": "mood"}),
    ("ck_issued_document_reason", t.IssuedDocument, {"credit_reason": "error"}),
    ("ck_issued_document_sha256", t.IssuedDocument, {"sha256": "0"}),
    ("ck_issued_document_replaces", t.IssuedDocument, {**CREDIT, "replaces_number": "FA-2026-000001"}),
    ("uq_issued_document_sequence", t.IssuedDocument, {"sequence": 1}),
    ("uq_issued_document_month", t.IssuedDocument, {"customer_id": "acct-1001"}),
    ("ck_issued_document_line_kind", t.IssuedDocumentLine, {"kind": "gift"}),
    ("ck_issued_document_line_number", t.IssuedDocumentLine, {"line_number": 0}),
    ("ck_issued_document_line_about", t.IssuedDocumentLine, {"kind": "penalty"}),
    ("ck_issued_document_line_about", t.IssuedDocumentLine, {"about_number": "FA-2026-000001"}),
    ("ck_issued_document_line_vat_category", t.IssuedDocumentLine, {"vat_category": "Z"}),
    ("ck_payment_amount", t.Payment, {"amount_cents": 0}),
    ("foreign key", t.Contract, {"customer_id": "acct-9999"}),
    ("foreign key", t.PhoneNumber, {"contract_id": "ctr-9999-1"}),
    ("foreign key", t.TariffRate, {"version_id": "V9"}),
    ("foreign key", t.Contract, {"tariff_plan": "none"}),
    ("foreign key", t.TariffPlan, {"fallback_plan": "none"}),
    ("foreign key", t.TariffVersion, {"plan": "none"}),
    ("foreign key", t.TariffWaiver, {"version_id": "V9"}),
    ("foreign key", t.TariffTier, {"version_id": "V9"}),
    ("foreign key", t.ContractAllowance, {"contract_id": "ctr-9999-1"}),
    ("foreign key", t.IssuedDocument, {"customer_id": "acct-9999"}),
    ("foreign key", t.IssuedDocument, {"month": "2026-12"}),
    ("foreign key", t.IssuedDocument, {**CREDIT, "corrects_number": "FA-2026-999999"}),
    ("foreign key", t.IssuedDocumentLine, {"number": "FA-2026-999999"}),
    ("foreign key", t.IssuedDocumentLine, {"contract_id": "ctr-9999-1"}),
    ("foreign key", t.IssuedDocumentLine, {"kind": "penalty", "about_number": "FA-2026-999999"}),
    ("foreign key", t.IssuedDocument, {"replaces_number": "FA-2026-999999"}),
    ("ck_unassigned_payment_amount", t.UnassignedPayment, {"amount_cents": 0}),
    ("ck_credit_decision_signed", t.CreditDecision, {"decided_by": " "}),
    ("ck_credit_decision_signed", t.CreditDecision, {"because": ""}),
    ("foreign key", t.CreditDecision, {"number": "FA-2026-999999"}),
    ("ck_contract_event_says", t.ContractEvent, {"kind": "whim"}),
    ("ck_contract_event_says", t.ContractEvent, {"item": None}),
    ("ck_contract_event_says", t.ContractEvent, {"quantity": None}),
    ("ck_contract_event_says", t.ContractEvent, {"quantity": 0}),
    ("ck_contract_event_says", t.ContractEvent, {"item": "numbers"}),
    ("ck_contract_event_says", t.ContractEvent, {"kind": "price", "quantity": None}),
    ("ck_contract_event_says", t.ContractEvent, {"kind": "price", "quantity": None, "unit_cents": 1, "country": "FR"}),
    ("ck_contract_event_says", t.ContractEvent, {"kind": "termination"}),
    ("ck_contract_event_sequence", t.ContractEvent, {"sequence": 0}),
    ("ck_contract_event_price", t.ContractEvent, {"kind": "price", "quantity": None, "unit_cents": -1}),
    ("ck_contract_event_first_month_rule", t.ContractEvent, {"first_month_rule": "half"}),
    ("ck_contract_event_known_month", t.ContractEvent, {"known_month": "2026-1"}),
    ("ck_contract_event_waiver", t.ContractEvent, {"waived_by": "A. Martin"}),
    ("ck_contract_event_waiver", t.ContractEvent, {"waived_by": "A. Martin", "waived_because": " "}),
    ("ck_contract_event_signed", t.ContractEvent, {"recorded_by": " "}),
    ("foreign key", t.ContractEvent, {"contract_id": "ctr-9999-1"}),
    ("ck_caught_up_month_order", t.CaughtUpMonth, {"charged_month": "2026-10"}),
    ("foreign key", t.CaughtUpMonth, {"month": "2026-12"}),
    ("foreign key", t.CaughtUpMonth, {"contract_id": "ctr-9999-1"}),
    ("foreign key", t.CaughtUpMonth, {"charged_month": "2026-08"}),
    ("foreign key", t.CaughtUpMonth, {"document_number": "FA-2026-999999"}),
    ("ck_delivery_channel", t.Delivery, {"channel": "pigeon"}),
    ("ck_delivery_state", t.Delivery, {"state": "lost", "next_attempt_at": None}),
    ("ck_delivery_subject", t.Delivery, {"tariff_version_id": "V1"}),
    ("ck_delivery_subject", t.Delivery, {"document_number": None}),
    ("ck_delivery_subject", t.Delivery, {"document_number": None, "contract_id": "ctr-1001-1"}),
    ("ck_delivery_subject", t.Delivery, {"contract_id": "ctr-1001-1", "event_sequence": 1}),
    ("ck_delivery_attempts", t.Delivery, {"attempts": -1}),
    ("ck_delivery_attempts", t.Delivery, {"round": 0}),
    ("ck_delivery_recipient", t.Delivery, {"recipient": " "}),
    ("ck_delivery_next", t.Delivery, {"state": "sent"}),
    ("ck_delivery_next", t.Delivery, {"next_attempt_at": None}),
    ("foreign key", t.Delivery, {"customer_id": "acct-9999"}),
    ("foreign key", t.Delivery, {"document_number": "FA-2026-999999"}),
    ("foreign key", t.Delivery, {"document_number": None, "tariff_version_id": "V9"}),
    ("foreign key", t.Delivery, {"document_number": None, "contract_id": "ctr-1001-1", "event_sequence": 99}),
    ("foreign key", t.Payment, {"document_number": "FA-2026-999999"}),
    ("foreign key", t.DocumentFile, {"number": "FA-2026-999999"}),
    ("ck_document_file_sha256", t.DocumentFile, {"sha256": "0"}),
    ("ck_document_file_pages", t.DocumentFile, {"pages": 0}),
    ("ck_rating_adjustment_months", t.RatingAdjustment, {"corrected_month": "2026-10"}),
    ("ck_rating_adjustment_charge", t.RatingAdjustment, {"charge": "gift"}),
    ("ck_rating_adjustment_difference", t.RatingAdjustment, {"difference_cents": 31}),
    ("ck_rating_adjustment_difference", t.RatingAdjustment, {"due_cents": 120, "difference_cents": 0}),
    ("ck_rating_adjustment_credited_before", t.RatingAdjustment, {"credited_before_cents": -1}),
    ("foreign key", t.RatingAdjustment, {"month": "2026-12"}),
    ("foreign key", t.RatingAdjustment, {"corrected_month": "2026-08"}),
    ("foreign key", t.RatingAdjustment, {"contract_id": "ctr-9999-1"}),
    ("foreign key", t.RatingAdjustment, {"customer_id": "acct-9999"}),
    ("foreign key", t.RatingAdjustment, {"document_number": "FA-2026-999999"}),
    ("ck_period_event_month", t.PeriodEvent, {"month": "2026-1"}),
    ("ck_period_event_rank", t.PeriodEvent, {"rank": 0}),
    ("ck_period_event_event", t.PeriodEvent, {"event": "opened"}),
    ("ck_period_event_signed", t.PeriodEvent, {"decided_by": " "}),
    ("ck_period_event_signed", t.PeriodEvent, {"event": "unfrozen", "facts_sha256": None}),
    ("ck_period_event_facts", t.PeriodEvent, {"facts_sha256": None}),
    ("ck_period_event_facts", t.PeriodEvent, {"facts_sha256": "0"}),
    ("ck_close_override_month", t.CloseOverride, {"month": "2026-1"}),
    ("ck_close_override_gate", t.CloseOverride, {"gate": " "}),
    ("ck_close_override_sha256", t.CloseOverride, {"facts_sha256": "0"}),
    ("ck_close_override_facts", t.CloseOverride, {"facts": 0}),
    ("ck_close_override_signed", t.CloseOverride, {"decided_by": " "}),
    ("ck_close_override_signed", t.CloseOverride, {"because": ""}),
]  # fmt: skip


@pytest.fixture
def furnished(customers):
    """A ledger where every good row can be added."""
    document = {"number": "FA-2026-000001", "sequence": 1, "customer_id": "acct-1001"}
    version = {
        "version_id": "V1",
        "valid_from": dt.date(2026, 1, 1),
        "valid_to": DAY,
        "notice_date": dt.date(2025, 1, 1),
    }
    number = {"number": "+33170182001", "valid_from": dt.date(2026, 1, 1)}
    with customers.session() as session:
        session.add_all(t.BillingPeriod(month=month) for month in ("2026-09", "2026-10"))
        session.add(t.TariffVersion(**GOOD[t.TariffVersion] | version))
        session.add(t.PhoneNumber(**GOOD[t.PhoneNumber] | number))
        session.flush()
        session.add(t.IssuedDocument(**GOOD[t.IssuedDocument] | document))
        session.add(
            t.TariffRate(**GOOD[t.TariffRate] | {"destination_prefix": "44", "valid_from": dt.date(2026, 1, 1)})
        )
    return customers


@pytest.mark.parametrize("table", GOOD, ids=lambda table: table.__tablename__)
def test_a_good_row_is_kept(furnished, table):
    with furnished.reading() as session:
        before = len(session.exec(select(table)).all())
    with furnished.session() as session:
        session.add(table(**GOOD[table]))
    with furnished.reading() as session:
        assert len(session.exec(select(table)).all()) == before + 1


@pytest.mark.parametrize(("constraint", "table", "change"), VIOLATIONS, ids=lambda value: str(value)[:60])
def test_a_bad_row_is_refused(furnished, constraint, table, change):
    # SQLite names a unique constraint by its columns, and a trigger speaks before a unique index.
    spoken = {
        "uq_phone_number_start": "phone_number.number, phone_number.valid_from",
        "uq_tariff_version_start": "tariff_version.plan, tariff_version.valid_from",
        "uq_tariff_rate_start": "tariff_rate.version_id",
        "uq_issued_document_sequence": "it is issued already",
        "uq_issued_document_month": "it is issued already",
    }.get(constraint, constraint)
    with pytest.raises(PermanentError, match=f"(?i){constraint}|{re.escape(spoken)}"), furnished.session() as session:
        session.add(table(**GOOD[table] | change))


def test_every_constraint_has_a_test_that_violates_it():
    declared = {
        str(constraint.name)
        for table in TABLES
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint | UniqueConstraint)
    }
    declared |= {str(i.name) for table in TABLES for i in table.indexes if i.unique}
    assert declared - {name for name, _, _ in VIOLATIONS} == set()


def test_every_foreign_key_has_a_test_that_violates_it():
    declared: set[tuple[object, str]] = {
        (table.name, column.name) for table in TABLES for column in table.columns if column.foreign_keys
    }
    violated = {
        (table.__tablename__, column)
        for name, table, change in VIOLATIONS
        if name == "foreign key"
        for column in change
    }
    assert declared - violated == set()


@pytest.mark.parametrize("amount", [12.5, 12.0, True, "12"])
def test_an_amount_that_is_not_an_integer_is_refused(furnished, amount):
    with pytest.raises(StatementError, match="whole numbers only"), furnished.session() as session:
        session.add(t.Payment(**GOOD[t.Payment] | {"amount_cents": amount}))


def test_an_amount_beyond_32_bits_is_kept(furnished):
    with furnished.session() as session:
        session.add(t.Payment(**GOOD[t.Payment] | {"amount_cents": 3_000_000_000}))
    assert furnished.payments()[0].amount_cents == 3_000_000_000
