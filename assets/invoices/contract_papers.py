"""The papers of a contract: its order form (bon de commande), and the list of numbers a customer takes away. In French.

Both say the contract as it is on a day, from its events. The same day and the same events give the same bytes.
"""

import csv
import datetime as dt
import hashlib
import io
from collections.abc import Iterable
from typing import Any

from adapters.invoice_renderer import InvoiceRenderer, RenderedPdf
from adapters.ledger.contracts import KnownContracts
from adapters.ledger.store import Ledger
from adapters.ledger.tables import Contract, PhoneNumber, TariffRate
from assets.invoices.allowances import group_label
from assets.invoices.charge_lines import UNITS
from assets.invoices.customer_vat import vat_by_customer
from assets.invoices.parties import parties
from assets.invoices.printed import Payload, indemnity_rule, penalty_rule
from domain.calendar import Month
from domain.contract_event import History
from domain.countries import french_country
from domain.errors import BadInput
from domain.french import french_count, french_long_date, french_month, grouped_number, typographic
from domain.invoice import canonical_json
from domain.penalty import LatePaymentRule, rule_in_force
from domain.vat import tax_totals

# More categories than fit beside each other: those of France, and the whole list apart.
PRICES_SHOWN = 40
NUMBER_TYPES = {
    "fixed": "fixe", "mobile": "mobile", "free": "libre appel", "shared": "tarif ordinaire", "surcharged": "majoré",
    "special": "spécial", "satellite": "satellite", "emergency": "urgence", "short": "court", "unknown": "autre",
}  # fmt: skip
COLUMNS = ("numero", "pays", "type", "depuis", "jusqu_a", "titulaire", "siren", "operateur", "rio")
# Whoever has the line asks for it: Seconde never holds one.
NO_RIO = "à demander (3179 depuis la ligne, appel gratuit)"


def known_contract(ledger: Ledger, contract_id: str) -> tuple[Contract, History]:
    """A contract and its events as they are known now. Raises BadInput when the ledger has no such contract."""
    known = KnownContracts(ledger, contract_id)
    for contract in known.contracts:
        if (history := known.known(contract)) is not None:
            return contract, history
    raise BadInput(f"{contract_id} is no contract of the ledger; `seconde sql 'select contract_id from contracts'`")


def order_form(ledger: Ledger, renderer: InvoiceRenderer, contract_id: str, on: dt.date | None) -> RenderedPdf:
    """The order form as of a day, by default the contract's first.

    Raises:
        BadInput: no such contract, or it does not run on that day.
    """
    contract, history = known_contract(ledger, contract_id)
    day = on or contract.started_on
    _refuse_outside(history, day)
    payload = order_form_payload(ledger, contract, history, day)
    return renderer.page("order_form.html.j2", payload, day, identifier(payload))


def order_form_payload(ledger: Ledger, contract: Contract, history: History, day: dt.date) -> Payload:
    """What the order form prints: JSON values and dates' texts, no float."""
    customer = next(row for row in ledger.customers() if row.customer_id == contract.customer_id)
    charges = history.monthly(day)
    vat, _ = vat_by_customer(ledger, Month.of(day), {customer.customer_id})
    rule = vat.get(customer.customer_id)
    net_cents = sum(charge.amount_cents for charge in charges)
    prices, plan_note = _prices(ledger, contract, day)
    return {
        **parties(ledger.operator(), customer),
        "title": "Bon de commande",
        "reference": contract.contract_id,
        "day": french_long_date(day),
        "iso_day": day.isoformat(),
        "is_amended": day != contract.started_on,
        "net_cents": net_cents,
        "taxes": [
            {"category": t.category, "rate_basis_points": t.rate_basis_points, "tax_cents": t.tax_cents}
            for t in tax_totals([(rule.category, rule.rate_basis_points, net_cents)] if rule else [])
        ],
        "vat_mention": typographic(rule.mention) if rule and rule.category != "S" else "",
        "facts": _facts(contract, history, day),
        "lines": [
            {
                "label": charge.label, "quantity": str(charge.quantity), "unit": UNITS[charge.item],
                "unit_cents": charge.unit_cents, "amount_cents": charge.amount_cents,
            }
            for charge in charges
        ],
        "numbers": [grouped_number(number.number) for number in history.numbers(day)],
        "allowances": _allowances(ledger, contract, day),
        "plan": contract.tariff_plan,
        "prices": prices,
        "plan_note": plan_note,
        "terms": _terms(ledger, contract, day),
    }  # fmt: skip


def _facts(contract: Contract, history: History, day: dt.date) -> list[list[str]]:
    ended_on = history.order.ended_on
    term = f"jusqu’au {french_long_date(ended_on)}" if ended_on else "indéterminée"
    rule = "au prorata des jours" if contract.first_month_rule == "prorata" else "dû en entier"
    facts = [
        ["Prise d’effet", french_long_date(contract.started_on)],
        ["Durée", term],
        ["Préavis de résiliation", "un mois"],
        ["Premier mois", rule],
        ["Règlement des factures", f"à {french_count(contract.payment_days, 'jour')}"],
        ["Plan tarifaire", contract.tariff_plan],
    ]
    return [*facts, ["Conditions au", french_long_date(day)]] if day != contract.started_on else facts


def _terms(ledger: Ledger, contract: Contract, day: dt.date) -> Payload:
    """What the terms of sale ask of this contract; their words are the template's."""
    rule = rule_in_force([LatePaymentRule(**row.model_dump()) for row in ledger.late_payment_rules()], day)
    return {
        "since": french_long_date(contract.started_on),
        "first_month": french_month(contract.started_on),
        "is_prorata": contract.first_month_rule == "prorata",
        "payment_days": french_count(contract.payment_days, "jour"),
        "late": [penalty_rule(rule), indemnity_rule(rule)],
    }


def _allowances(ledger: Ledger, contract: Contract, day: dt.date) -> list[list[str]]:
    rates = _rates(ledger, contract, day)
    return [
        [
            group_label(
                row.destination_group, (r.category for r in rates if r.destination_group == row.destination_group)
            ),
            f"{french_count(row.minutes, 'minute')} par mois",
        ]
        for row in ledger.allowances()
        if row.contract_id == contract.contract_id
        and row.valid_from <= day
        and (row.valid_to is None or day < row.valid_to)
    ]


def _rates(ledger: Ledger, contract: Contract, day: dt.date) -> list[TariffRate]:
    """The rates of its plan, or of the plan it falls back to, on a day."""
    fallbacks = {row.plan: row.fallback_plan for row in ledger.tariff_plans()}
    for plan in (contract.tariff_plan, fallbacks.get(contract.tariff_plan)):
        for version in ledger.tariff_versions():
            in_force = version.valid_from <= day and (version.valid_to is None or day < version.valid_to)
            if version.plan == plan and in_force:
                rates = ledger.rates(version.version_id)
                return [r for r in rates if r.valid_from <= day and (r.valid_to is None or day < r.valid_to)]
    return []


def _prices(ledger: Ledger, contract: Contract, day: dt.date) -> tuple[list[Payload], str]:
    """The price of a minute by category, and what to say of what is not listed."""
    own = _rates(ledger, contract, day)
    rates = [rate for rate in own if rate.call_category != "incoming" and rate.price_per_minute_micros]
    given = f"La grille du plan « {contract.tariff_plan} » est remise avec ce bon de commande et fait foi."
    if not rates:
        return [], given
    categories: dict[tuple[bool, str], list[int]] = {}
    for rate in rates:
        key = (rate.destination_country != "FR", typographic(rate.category))
        categories.setdefault(key, []).append(rate.price_per_minute_micros)
    if len(categories) > PRICES_SHOWN:
        categories = {key: prices for key, prices in categories.items() if not key[0]}
    listed = [
        {"category": key[1], "price_micros": min(prices), "is_least": min(prices) < max(prices)}
        for key, prices in sorted(categories.items())[:PRICES_SHOWN]
    ]
    return listed, given


def portability_rows(ledger: Ledger, contract_id: str, day: dt.date) -> list[dict[str, str]]:
    """The numbers a contract has on a day, with what a request to take them elsewhere asks. Raises BadInput."""
    contract, _ = known_contract(ledger, contract_id)
    operator = ledger.operator()
    customer = next(row for row in ledger.customers() if row.customer_id == contract.customer_id)
    held: list[PhoneNumber] = [
        row
        for row in ledger.phone_numbers()
        if row.contract_id == contract_id and row.valid_from <= day and (row.valid_to is None or day < row.valid_to)
    ]
    if not held:
        raise BadInput(f"{contract_id} has no number on {day}; say --on a day it had some")
    return [
        dict(
            zip(
                COLUMNS,
                (
                    row.number, row.country, NUMBER_TYPES[row.number_type], row.valid_from.isoformat(),
                    (row.valid_to - dt.timedelta(days=1)).isoformat() if row.valid_to else "", customer.legal_name,
                    customer.siren or "", operator.legal_name, NO_RIO if row.country == "FR" else "",
                ),
                strict=True,
            )
        )
        for row in held
    ]  # fmt: skip


def portability_csv(rows: Iterable[dict[str, str]]) -> str:
    """The list for the customer's next operator: UTF-8, semicolons."""
    written = io.StringIO()
    writer = csv.DictWriter(written, COLUMNS, delimiter=";", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue()


def portability_pdf(ledger: Ledger, renderer: InvoiceRenderer, contract_id: str, day: dt.date) -> RenderedPdf:
    """The list as a paper. Raises BadInput."""
    contract, history = known_contract(ledger, contract_id)
    rows: list[dict[str, Any]] = [
        {**row, "pays": french_country(row["pays"])} for row in portability_rows(ledger, contract_id, day)
    ]
    customer = next(row for row in ledger.customers() if row.customer_id == contract.customer_id)
    ended_on = history.order.ended_on
    payload: Payload = {
        **parties(ledger.operator(), customer),
        "title": "Numéros à porter",
        "reference": contract.contract_id,
        "day": french_long_date(day),
        "iso_day": day.isoformat(),
        "ended_on": french_long_date(ended_on) if ended_on else "",
        "rows": rows,
        "count": french_count(len(rows), "numéro"),
    }
    return renderer.page("number_list.html.j2", payload, day, identifier(payload))


def _refuse_outside(history: History, day: dt.date) -> None:
    order = history.order
    if day < order.started_on or order.is_over(day):
        runs = f"from {order.started_on}" + (f" to {order.ended_on}" if order.ended_on else " on")
        raise BadInput(f"{order.contract_id} runs {runs}; {day} is outside")


def identifier(payload: Payload) -> str:
    """What a PDF is known by: its words."""
    return hashlib.sha256(canonical_json(payload).encode()).hexdigest()
