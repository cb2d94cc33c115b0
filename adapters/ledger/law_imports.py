"""Imports of the law as dated data: interest rates, terms of late payment, VAT by territory."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

from adapters.ledger.csv_files import Column, Row, RowProblem, read_csv
from adapters.ledger.csv_values import as_date, as_match, as_one_of, as_text, as_whole
from adapters.ledger.merging import ImportReport, Rule, plan, refuse
from adapters.ledger.store import Ledger
from adapters.ledger.tables import LatePaymentRule, LegalInterestRate, VatRule
from domain.calendar import half_year
from domain.errors import BadInput


def _basis_points(text: str, what: str) -> int:
    """A percentage to hundredths of a percent: ``2.75`` to 275."""
    if not re.fullmatch(r"[0-9]{1,3}([.,][0-9]{1,2})?", text, re.ASCII):
        raise BadInput(f"{what}: {text!r} is not a percentage of at most two decimals, like 2.75")
    return int(Decimal(text.replace(",", ".")) * 100)


LEGAL_RATES = (
    Column("half_year", as_match(r"[0-9]{4}-S[12]", "a half-year, like 2026-S2")),
    Column("start", as_date, field="starts_on"),
    Column("end", as_date, field="ends_on"),
    Column("legal_rate_individuals_pct", _basis_points, field="individuals_basis_points"),
    Column("legal_rate_other_cases_pct", _basis_points, field="other_cases_basis_points"),
    Column("source_status", as_text),
)
LATE_PAYMENT_RULES = (
    Column("valid_from", as_date),
    Column("rate_multiplier", as_whole),
    Column("indemnity_cents", as_whole),
    Column("year_days", as_whole),
)
VAT_RULES = (
    Column("territory", as_one_of("FR_MAINLAND", "FR_DOM", "FR_VAT_EXEMPT", "EU", "NON_EU", "RESELLER")),
    Column("valid_from", as_date),
    Column("category", as_one_of("S", "AE", "G", "E", "O")),
    Column("rate_basis_points", as_whole),
    Column("mention", as_text, ""),
)


def import_legal_rates(ledger: Ledger, path: Path) -> ImportReport:
    """The legal interest rate by half-year; a figure may be corrected. Raises ImportRefused."""
    rows, problems = read_csv(path, LEGAL_RATES)
    problems += [problem for row in rows for problem in _wrong_half_year(row)]
    return _import(ledger, path, Rule(LegalInterestRate, ("half_year",)), rows, problems)


def import_late_payment_rules(ledger: Ledger, path: Path) -> ImportReport:
    """The statutory terms of late payment by date. Raises ImportRefused."""
    rows, problems = read_csv(path, LATE_PAYMENT_RULES)
    return _import(ledger, path, Rule(LatePaymentRule, ("valid_from",)), rows, problems)


def import_vat_rules(ledger: Ledger, path: Path) -> ImportReport:
    """VAT by territory and date. Raises ImportRefused."""
    rows, problems = read_csv(path, VAT_RULES)
    for row in rows:
        if (row.values["category"] == "S") != (row.values["rate_basis_points"] > 0):
            problems.append(RowProblem(row.number, "category S has a rate, and no other category has one"))
        if row.values["category"] != "S" and not row.values["mention"]:
            problems.append(RowProblem(row.number, "what is not taxed must say why: mention is empty"))
    return _import(ledger, path, Rule(VatRule, ("territory", "valid_from")), rows, problems)


def _import(ledger: Ledger, path: Path, rule: Rule, rows: list[Row], problems: list[RowProblem]) -> ImportReport:
    with ledger.session() as session:
        merge = plan(session, rule, rows)
        refuse(path, [*problems, *merge.problems])
        return merge.apply(session)


def _wrong_half_year(row: Row) -> list[RowProblem]:
    name, first, last = (row.values[field] for field in ("half_year", "starts_on", "ends_on"))
    whole = (first.day, first.month) in ((1, 1), (1, 7)) and (last.day, last.month) in ((30, 6), (31, 12))
    if whole and half_year(first) == half_year(last) == name:
        return []
    return [RowProblem(row.number, f"{first} to {last} is not half-year {name}")]
