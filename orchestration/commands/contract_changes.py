"""``seconde contract subscribe``, ``change``, ``price``, ``terminate``: events a person records, and signs."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from adapters.ledger.csv_values import as_cents
from domain.errors import BadInput
from orchestration.clock import now, today
from orchestration.commands.console import stderr
from orchestration.commands.flow import parse_date
from orchestration.settings import load_settings

if TYPE_CHECKING:
    from adapters.ledger.contract_journal import Signature
    from adapters.ledger.store import Ledger


class FirstMonth(StrEnum):
    """How a month is charged in which something begins."""

    PRORATA = "prorata"
    FULL = "full"


class PricedItem(StrEnum):
    """What has a price a month."""

    SUBSCRIPTION = "subscription"
    USERS = "users"
    LICENCES = "licences"
    NUMBERS = "numbers"


ContractId = Annotated[str, typer.Argument(help="Like ctr-1001-1")]
By = Annotated[str, typer.Option(help="Who records it; kept in the ledger")]
Reference = Annotated[str, typer.Option(help="On what: the letter, e-mail or order form. Recorded again on it: once")]
OnDay = Annotated[str, typer.Option("--on", help="YYYY-MM-DD: the day it takes effect")]
NoticeDate = Annotated[str | None, typer.Option(help="YYYY-MM-DD: the day notice was given")]
AcceptedBy = Annotated[str | None, typer.Option(help="Who waives the month's notice")]
Because = Annotated[str | None, typer.Option(help="Why the notice is waived")]
FirstMonthOption = Annotated[
    FirstMonth | None, typer.Option("--first-month", help="What is added: its own rule; default the contract's")
]


def subscribe(
    contract_id: ContractId,
    customer: Annotated[str, typer.Option(help="Who pays, like acct-1001")],
    subscription: Annotated[str, typer.Option(help="Its name, in French, as printed")],
    subscription_eur: Annotated[str, typer.Option(help="Euros a month, without VAT")],
    plan: Annotated[str, typer.Option(help="Tariff plan of its calls")],
    on: OnDay,
    by: By,
    reference: Reference,
    users: Annotated[int, typer.Option(min=0)] = 0,
    user_eur: Annotated[str, typer.Option(help="Euros a user and month")] = "0",
    licences: Annotated[int, typer.Option(min=0)] = 0,
    licence_eur: Annotated[str, typer.Option(help="Euros a licence and month")] = "0",
    first_month: Annotated[FirstMonth, typer.Option(help="The first, partial month")] = FirstMonth.PRORATA,
    payment_days: Annotated[int, typer.Option(min=0, max=60, help="Days from invoice to due date")] = 30,
) -> None:
    """Record an order form. Print it with ``seconde contract order-form``."""
    from adapters.ledger import contract_changes
    from adapters.ledger.tables import Contract

    contract = Contract(
        contract_id=contract_id,
        customer_id=customer,
        subscription_type=subscription,
        subscription_cents=as_cents(subscription_eur, "--subscription-eur"),
        users=users,
        user_cents=as_cents(user_eur, "--user-eur"),
        licences=licences,
        licence_cents=as_cents(licence_eur, "--licence-eur"),
        tariff_plan=plan,
        first_month_rule=first_month.value,
        payment_days=payment_days,
        started_on=_day(on),
    )
    contract_changes.subscribe(_ledger(), contract, _signature(by, reference))
    stderr().print(f"{contract_id} begins on {on}; print it: seconde contract order-form {contract_id}")


def change(
    contract_id: ContractId,
    on: OnDay,
    by: By,
    reference: Reference,
    users: Annotated[int, typer.Option(help="How many more, or fewer: 2, -1")] = 0,
    licences: Annotated[int, typer.Option(help="How many more, or fewer")] = 0,
    add_number: Annotated[str | None, typer.Option(help="A number to assign, +33170181001")] = None,
    end_number: Annotated[str | None, typer.Option(help="A number given back: --on is its first day without")] = None,
    country: Annotated[str, typer.Option(help="Of the number")] = "FR",
    number_type: Annotated[
        str, typer.Option(help="fixed, mobile, free, shared, surcharged, special, satellite")
    ] = "fixed",
    number_eur: Annotated[str | None, typer.Option(help="Euros a month for the number")] = None,
    first_month: FirstMonthOption = None,
) -> None:
    """Users, licences and numbers more or fewer, from a day on. What is given back is due to the month's end."""
    from adapters.ledger import contract_changes
    from adapters.ledger.tables import PhoneNumber

    if not (users or licences or add_number or end_number):
        raise BadInput("nothing changes: say --users, --licences, --add-number or --end-number")
    if add_number is not None and number_eur is None:
        raise BadInput(f"{add_number}: say its price a month, --number-eur 1.00")
    ledger, day, signed = _ledger(), _day(on), _signature(by, reference)
    rule = None if first_month is None else first_month.value
    for item, quantity in (("users", users), ("licences", licences)):
        if quantity:
            event: dict[str, Any] = {"kind": "quantity", "item": item, "quantity": quantity, "effective_on": day}
            contract_changes.change(ledger, contract_id, signed, **event, first_month_rule=rule)
    if end_number is not None:
        contract_changes.release(ledger, contract_id, end_number, day, signed)
    if add_number is not None:
        number = PhoneNumber(
            number=add_number,
            contract_id=contract_id,
            country=country,
            number_type=number_type,
            monthly_cents=as_cents(number_eur or "", "--number-eur"),
            valid_from=day,
        )
        contract_changes.assign(ledger, number, signed, rule)
    stderr().print(f"{contract_id} changes on {day}; see it: seconde contract show {contract_id} --month {day:%Y-%m}")


def price(
    contract_id: ContractId,
    item: Annotated[PricedItem, typer.Argument(help="What changes its price")],
    eur: Annotated[str, typer.Argument(help="The new price a month, euros without VAT")],
    on: OnDay,
    by: By,
    reference: Reference,
    notice_date: NoticeDate = None,
    accepted_by: AcceptedBy = None,
    because: Because = None,
    country: Annotated[str | None, typer.Option(help="For numbers: those of which country")] = None,
    tell: Annotated[bool, typer.Option("--tell", help="Queue the notice now: today is the day it is given")] = False,
) -> None:
    """Another price from a day on, one month after the customer was told of it (art. 6.1): by --tell, or a letter
    of yours (--notice-date). Run again with --tell, the same price is told once."""
    from adapters.ledger import contract_changes

    if (item is PricedItem.NUMBERS) != (country is not None):
        raise BadInput("numbers have a price by country (--country FR); nothing else has")
    event: dict[str, Any] = {
        "item": item.value,
        "unit_cents": as_cents(eur, "EUR"),
        "country": country,
        "effective_on": _day(on),
        **_notice(notice_date, accepted_by, because),
    }
    signed = _signature(by, reference)
    if tell:
        told = _tell(contract_id, signed, event)
    else:
        contract_changes.change(_ledger(), contract_id, signed, kind="price", **event)
        told = ""
    stderr().print(f"{contract_id}: {item.value} at {eur} EUR from {on}{told}", highlight=False, soft_wrap=True)


def _tell(contract_id: str, signed: Signature, event: dict[str, Any]) -> str:
    """Record a price and queue its notice; what to say of it."""
    from adapters.ledger.contract_notices import announce
    from adapters.ledger.delivery_tables import event_subject
    from assets.invoices.courier import naive
    from assets.invoices.deliveries import refuse_without_mail, show_deliveries
    from orchestration.build import build_platform

    if event["notice_date"] is not None:
        raise BadInput("--tell gives the notice today, --notice-date says that a letter of yours gave it: choose one")
    if event["waived_by"] is None:
        event["notice_date"] = signed.recorded_on
    platform = build_platform(load_settings())
    refuse_without_mail(platform)
    row, queued = announce(platform.ledger, contract_id, signed, naive(now()), **event)
    show_deliveries(platform)
    subject = event_subject(contract_id, row.sequence)
    if not queued:
        return f"; its notice {subject} is on its way already, or is over: seconde contract show {contract_id}"
    return f"; its notice {subject} to {queued[0].recipient} is queued: seconde deliver sends it"


def terminate(
    contract_id: ContractId,
    by: By,
    reference: Reference,
    on: Annotated[str | None, typer.Option(help="YYYY-MM-DD: the last day; default as early as notice allows")] = None,
    notice_date: NoticeDate = None,
    accepted_by: AcceptedBy = None,
    because: Because = None,
) -> None:
    """End a contract and its numbers, one month after notice (art. 4.2); its last month is due in full."""
    from adapters.ledger import contract_changes

    notice = _notice(notice_date, accepted_by, because)
    event = contract_changes.terminate(_ledger(), contract_id, _signature(by, reference), parse_date(on), **notice)
    stderr().print(
        f"{contract_id} ends on {event.effective_on}, its month is due in full; what the customer takes away:"
        f" seconde contract numbers {contract_id} --on {event.effective_on}"
    )


def _notice(notice_date: str | None, accepted_by: str | None, because: str | None) -> dict[str, Any]:
    if (accepted_by is None) != (because is None):
        raise BadInput("a notice is waived by name and with a reason: say --accepted-by and --because")
    return {"notice_date": parse_date(notice_date), "waived_by": accepted_by, "waived_because": because}


def _signature(by: str, reference: str) -> Signature:
    from adapters.ledger.contract_journal import Signature

    if not by.strip() or not reference.strip():
        raise BadInput("a change of a contract is signed: say who (--by) and on what (--reference)")
    return Signature(by, today(), reference)


def _day(text: str) -> dt.date:
    day = parse_date(text)
    assert day is not None  # noqa: S101 only an absent option has no date
    return day


def _ledger() -> Ledger:
    from adapters.ledger.store import Ledger

    return Ledger(load_settings().ledger)
