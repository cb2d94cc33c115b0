"""What a quote needs, gathered: the ledger's contract, tariffs and minutes, and what the month has used so far."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from adapters.ledger.store import Ledger
from adapters.ledger.tables import Contract, TariffRate
from adapters.numbering import look_up
from adapters.warehouse import Warehouse
from domain.calendar import BILLING_ZONE, Month, local_date
from domain.call import CallCategory
from domain.errors import BadInput
from domain.numbers import NumberKind, classify
from domain.quote import Quote
from domain.rating import Call, RatedCall, rate_call
from domain.tariff import Rate, TariffVersion, validity_instants
from domain.tariff_bands import Allowance, Tier, included_seconds

USED = """
    select cast(coalesce(sum(charged_seconds), 0) as bigint) from rated_calls
    where contract_id = $1 and destination_group = $2 and call_month = $3 and answered_at < $4
"""


def parse_instant(text: str) -> dt.datetime:
    """``2026-11-22T10:00`` on a Paris clock, or with an offset of its own, to an aware UTC instant."""
    try:
        instant = dt.datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(f"--at {text!r} is not an instant; write it like 2026-11-22T10:00 (Paris time)") from None
    local = instant.replace(tzinfo=BILLING_ZONE) if instant.tzinfo is None else instant
    return local.astimezone(dt.UTC)


def quote(
    ledger: Ledger,
    warehouse: Warehouse,
    caller: str,
    dialled: str,
    seconds: int,
    at: dt.datetime,
    *,
    customer_id: str | None = None,
    category: CallCategory = "direct",
) -> Quote:
    """Price a call that nobody made, by the ledger as it is now.

    Raises:
        BadInput: the customer has no such contract that day, or two rates price the call alike.
    """
    day = local_date(at)
    origin, destination = classify(caller, day, look_up), classify(dialled, day, look_up)
    contract = _contract(ledger, destination if category == "incoming" else origin, day, customer_id)
    plan = None if contract is None else contract.tariff_plan
    fallbacks = {row.plan: row.fallback_plan for row in ledger.tariff_plans()}
    call = Call(
        plan=plan,
        called_digits=destination.called_digits,
        answered_at=at,
        billed_seconds=seconds,
        origin_country=origin.country,
        origin_number_type=origin.number_type,
        call_category=category,
        fallback_plan=fallbacks.get(plan or ""),
        contract_id=None if contract is None else contract.contract_id,
    )
    versions = [
        TariffVersion(row.version_id, row.plan, row.valid_from, row.valid_to, row.notice_date)
        for row in ledger.tariff_versions()
        if row.plan in (call.plan, call.fallback_plan)
    ]
    rates = [
        rate
        for version in versions
        for row in ledger.rates_to(version.version_id, call.called_digits or "")
        if (rate := _rate(version, row))
    ]
    outcome, included, consumed, is_counted = rate_call(call, rates), 0, None, False
    if isinstance(outcome, RatedCall) and outcome.rate.destination_group is not None:
        group = outcome.rate.destination_group
        included = included_seconds(_allowances(ledger), call.contract_id, group, day)
        consumed = _used(warehouse, call, group)
        tiers, version_id = _tiers(ledger), outcome.rate.version_id
        is_counted = included > 0 or (version_id, group) in {
            (tier.version_id, tier.destination_group) for tier in tiers
        }
        outcome = rate_call(call, rates, consumed=consumed or 0, included=included, tiers=tiers)
    who = contract.customer_id if contract else customer_id
    return Quote(
        caller, dialled, who, origin, destination, call, outcome, rates, versions, included, consumed, is_counted
    )


def _contract(ledger: Ledger, number: NumberKind, day: dt.date, customer_id: str | None) -> Contract | None:
    """Who holds the number that day; for a customer named, their contract of that day if the number is nobody's."""
    month = Month.of(day)
    contracts = {row.contract_id: row for row in ledger.contracts(month)}
    for row in ledger.phone_numbers(month):
        if row.number == number.e164 and row.valid_from <= day and (row.valid_to is None or day < row.valid_to):
            holder = contracts.get(row.contract_id)
            if holder is not None and customer_id is not None and holder.customer_id != customer_id:
                raise BadInput(f"{row.number} is {holder.customer_id}'s on {day}, not {customer_id}'s; name that one")
            return holder
    if customer_id is None:
        return None
    for contract in contracts.values():
        begun = contract.started_on <= day and (contract.ended_on is None or day <= contract.ended_on)
        if contract.customer_id == customer_id and begun:
            return contract
    raise BadInput(f"{customer_id} has no contract on {day}; `seconde sql 'select * from contracts'` lists them")


def _rate(version: TariffVersion, row: TariffRate) -> Rate | None:
    instants = validity_instants(version, row.valid_from, row.valid_to)
    if instants is None:
        return None
    fields = row.model_dump(exclude={"id", "valid_from", "valid_to"})
    return Rate(rate_id=row.id or 0, plan=version.plan, valid_from_at=instants[0], valid_to_at=instants[1], **fields)


def _allowances(ledger: Ledger) -> Sequence[Allowance]:
    return [Allowance(**row.model_dump()) for row in ledger.allowances()]


def _tiers(ledger: Ledger) -> Sequence[Tier]:
    return [Tier(**row.model_dump()) for row in ledger.tariff_tiers()]


def _used(warehouse: Warehouse, call: Call, group: str) -> int | None:
    """Charged seconds of the group this month before the call; None when the month was never rated."""
    month = str(Month.of(local_date(call.answered_at)))
    if not warehouse.path("rated_calls", month).exists():
        return None
    used = warehouse.read(USED, [call.contract_id, group, month, call.answered_at.replace(tzinfo=None)])
    return int(used.column(0)[0].as_py())
