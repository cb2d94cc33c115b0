"""Imports of who is billed: the operator, customers, contracts and the numbers assigned to them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from sqlmodel import Session, select

from adapters.ledger.contract_journal import Signature
from adapters.ledger.csv_files import Column, Row, RowProblem, read_csv
from adapters.ledger.csv_values import as_cents, as_country, as_date, as_match, as_one_of, as_text, as_whole, as_yes_no
from adapters.ledger.merging import ImportReport, Merge, Rule, overlap_problems, plan, refuse
from adapters.ledger.overlaps import contract_end, inside, number_validity
from adapters.ledger.store import Ledger
from adapters.ledger.tables import Contract, Customer, Operator, PhoneNumber, TariffPlan
from domain.errors import BadInput
from domain.parties import check_customer, check_siren, check_vat_number

_EMAIL = as_match(r"[^@\s]+@[^@\s]+", "an e-mail address")
_ID = as_match(r"[A-Za-z0-9._-]+", "an identifier of letters, digits, '.', '_' and '-'")


def _payment_days(text: str, what: str) -> int:
    days = as_whole(text, what)
    if days > 60:
        raise BadInput(f"{what}: {days} is more than 60, the most the law allows (C. com. L441-10)")
    return days


_ADDRESS = (
    Column("legal_name", as_text),
    Column("address_line", as_text),
    Column("postal_code", as_text),
    Column("city", as_text),
    Column("country", as_country),
)
OPERATOR = (
    *_ADDRESS,
    Column("legal_form", as_text),
    Column("capital_text", as_text),
    Column("siren", as_text),
    Column("rcs_city", as_text),
    Column("vat_number", as_text),
    Column("dispute_email", _EMAIL),
    Column("iban", as_text, None),
    Column("bic", as_text, None),
)
CUSTOMERS = (
    Column("customer_id", _ID),
    *_ADDRESS,
    Column("email", _EMAIL),
    Column("siren", as_text, None),
    Column("vat_number", as_text, None),
    Column("vat_territory", as_one_of("FR_MAINLAND", "FR_DOM", "FR_VAT_EXEMPT", "EU", "NON_EU")),
    Column("is_reseller", as_yes_no, False),
    Column("order_reference", as_text, None),
    Column("full_numbers_requested", as_yes_no, False),
    Column("is_high_risk_allowed", as_yes_no, False),
)
CONTRACTS = (
    Column("contract_id", _ID),
    Column("customer_id", _ID),
    Column("subscription_type", as_text),
    Column("subscription_eur", as_cents, field="subscription_cents"),
    Column("users", as_whole, 0),
    Column("user_eur", as_cents, 0, field="user_cents"),
    Column("licences", as_whole, 0),
    Column("licence_eur", as_cents, 0, field="licence_cents"),
    Column("tariff_plan", as_text),
    Column("first_month_rule", as_one_of("prorata", "full"), "prorata"),
    Column("payment_days", _payment_days, 30),
    Column("itemised_annex", as_one_of("none", "pdf", "pdf_csv"), "pdf"),
    Column("started_on", as_date),
    Column("ended_on", as_date, None),
    Column("daily_cap_eur", as_cents, None, field="daily_cap_cents"),
)
NUMBERS = (
    Column("number", as_match(r"\+[1-9][0-9]{2,14}", "a number in E.164, like +33170181001")),
    Column("contract_id", _ID),
    Column("country", as_country),
    Column("number_type", as_one_of("fixed", "mobile", "free", "shared", "surcharged", "special", "satellite")),
    Column("monthly_eur", as_cents, field="monthly_cents"),
    Column("valid_from", as_date),
    Column("valid_to", as_date, None),
)


def import_operator(ledger: Ledger, path: Path) -> ImportReport:
    """The seller, one row. Raises ImportRefused."""
    rows, problems = read_csv(path, OPERATOR)
    if len(rows) + len(problems) != 1:
        raise BadInput(f"{path}: {len(rows) + len(problems)} operators; the ledger has exactly one")
    for row in rows:
        row.values["id"] = 1
        try:
            check_siren(row.values["siren"])
            check_vat_number(row.values["vat_number"], country="FR", siren=row.values["siren"])
        except BadInput as error:
            problems.append(RowProblem(row.number, str(error)))
    with ledger.session() as session:
        return _merged(session, path, plan(session, Rule(Operator, ("id",)), rows), problems)


def import_customers(ledger: Ledger, path: Path) -> ImportReport:
    """New customers, and what changed of known ones. Raises ImportRefused."""
    rows, problems = read_csv(path, CUSTOMERS)
    for row in rows:
        fields = {name: row.values[name] for name in ("country", "postal_code", "siren", "vat_number", "is_reseller")}
        try:
            check_customer(territory=row.values["vat_territory"], **fields)
        except BadInput as error:
            problems.append(RowProblem(row.number, f"{row.values['customer_id']}: {error}"))
    with ledger.session() as session:
        return _merged(session, path, plan(session, Rule(Customer, ("customer_id",)), rows), problems)


def import_contracts(ledger: Ledger, path: Path, recorded_on: dt.date | None = None) -> ImportReport:
    """New order forms, and the end or the daily cap of known ones: numbers without an end of their own end with them.

    What a file does not say stays: an empty ``ended_on`` does not take back a termination.

    Raises:
        ImportRefused: also when a number would outlive its contract.
    """
    rows, problems = read_csv(path, CONTRACTS)
    rule = Rule(
        Contract,
        ("contract_id",),
        frozenset({"ended_on", "daily_cap_cents"}),
        "an order form that was signed does not change: record what did with `seconde contract change` or `price`",
        frozenset({"ended_on"}),
    )
    with ledger.session(_signed(path, recorded_on)) as session:
        customers = {customer.customer_id for customer in session.exec(select(Customer))}
        plans = sorted(session.exec(select(TariffPlan.plan)))
        for row in rows:
            if row.values["tariff_plan"] not in plans:
                reason = f"tariff plan {row.values['tariff_plan']} is not one of {', '.join(plans) or 'the ledger'}"
                problems.append(RowProblem(row.number, f"{reason}; import its tariffs or plans first"))
            if row.values["customer_id"] not in customers:
                problems.append(RowProblem(row.number, f"customer {row.values['customer_id']} is not in the ledger"))
            if row.values["ended_on"] is not None and row.values["ended_on"] < row.values["started_on"]:
                problems.append(RowProblem(row.number, "ended_on is before started_on"))
        merge = plan(session, rule, rows)
        ended = {row.values["contract_id"]: row for row, _ in merge.changed if row.values["ended_on"] is not None}
        for number in session.exec(select(PhoneNumber)).all():
            if number.contract_id in ended:
                problems += _end_with(number, ended[number.contract_id])
        return _merged(session, path, merge, problems)


def import_numbers(ledger: Ledger, path: Path, recorded_on: dt.date | None = None) -> ImportReport:
    """New assignments, and the end of known ones. An empty ``valid_to`` is as long as the contract runs.

    Of a number that was given back, an empty ``valid_to`` takes nothing back.

    Raises:
        ImportRefused: also when a number would be on two contracts at once, or outside its contract.
    """
    rows, problems = read_csv(path, NUMBERS)
    instead = "end this assignment, and begin another on that day"
    rule = Rule(PhoneNumber, ("number", "valid_from"), frozenset({"valid_to"}), instead)
    with ledger.session(_signed(path, recorded_on)) as session:
        contracts = {contract.contract_id: contract for contract in session.exec(select(Contract))}
        ends = {rule.key_of(number.model_dump()): number.valid_to for number in session.exec(select(PhoneNumber))}
        for row in rows:
            row.values["valid_to"] = row.values["valid_to"] or ends.get(rule.key_of(row.values))
            problems += _fit_contract(row, contracts.get(row.values["contract_id"]))
        merge = plan(session, rule, rows)
        problems += _overlaps(session, merge, rows)
        return _merged(session, path, merge, problems)


def _signed(path: Path, recorded_on: dt.date | None) -> Signature:
    return Signature("seconde import", recorded_on, path.name)


def _merged(session: Session, path: Path, merge: Merge, problems: Sequence[RowProblem]) -> ImportReport:
    refuse(path, [*problems, *merge.problems])
    return merge.apply(session)


def _end_with(number: PhoneNumber, row: Row) -> list[RowProblem]:
    """End a number with its contract; a number that was given a later end of its own is a problem."""
    contract = Contract(**row.values)
    if number.valid_to is None:
        number.valid_to = contract_end(contract)
    if inside(number, contract):
        return []
    reason = f"{number_validity(number)} is not inside {contract.contract_id} as it would end; end the number first"
    return [RowProblem(row.number, reason)]


def _fit_contract(row: Row, contract: Contract | None) -> list[RowProblem]:
    if contract is None:
        return [RowProblem(row.number, f"contract {row.values['contract_id']} is not in the ledger")]
    if row.values["valid_to"] is None:
        row.values["valid_to"] = contract_end(contract)
    if row.values["valid_to"] is not None and row.values["valid_to"] <= row.values["valid_from"]:
        return [RowProblem(row.number, "valid_to is not after valid_from")]
    if not inside(PhoneNumber(**row.values), contract):
        runs = f"[{contract.started_on}, {contract_end(contract) or 'no end'})"
        return [RowProblem(row.number, f"{contract.contract_id} runs on {runs}; the number is assigned outside of it")]
    return []


def _overlaps(session: Session, merge: Merge, rows: Sequence[Row]) -> list[RowProblem]:
    """What two contracts would both have, the ledger's other assignments included."""
    in_file = {merge.rule.key_of(row.values) for row in rows}
    kept = [row for row in session.exec(select(PhoneNumber)) if (row.number, row.valid_from) not in in_file]
    given = [number_validity(PhoneNumber(**row.values), row.number) for row in merge.rule.once(rows)]
    return overlap_problems([*map(number_validity, kept), *given])
