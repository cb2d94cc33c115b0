"""What a person records of a contract: each one event, held to the terms of sale, with whom and on what reference."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlmodel import Session, select

from adapters.ledger.contract_journal import Signature
from adapters.ledger.contract_recording import recorded, signed_contract
from adapters.ledger.overlaps import contract_end
from adapters.ledger.store import Ledger
from adapters.ledger.tables import Contract, ContractEvent, Customer, PhoneNumber, TariffPlan
from domain.contract_rules import earliest_after
from domain.errors import BadInput


def subscribe(ledger: Ledger, contract: Contract, signed: Signature) -> None:
    """Record an order form. The same one twice is once.

    Raises:
        BadInput: the customer or the plan is not known, or the contract is and says something else.
    """
    with ledger.session(signed) as session:
        known = session.get(Contract, contract.contract_id)
        if known is not None:
            if known.model_dump(exclude={"ended_on"}) != contract.model_dump(exclude={"ended_on"}):
                raise BadInput(f"{contract.contract_id} was signed otherwise; record what changed, or take another id")
            return
        if session.get(Customer, contract.customer_id) is None:
            raise BadInput(f"customer {contract.customer_id} is not in the ledger; import it first")
        if session.get(TariffPlan, contract.tariff_plan) is None:
            plans = ", ".join(sorted(session.exec(select(TariffPlan.plan)))) or "the ledger"
            raise BadInput(f"tariff plan {contract.tariff_plan} is not one of {plans}; import its tariffs first")
        session.add(contract)


def change(ledger: Ledger, contract_id: str, signed: Signature, **event: Any) -> ContractEvent:
    """Record users or licences more or fewer, or a price, from a day on; what was recorded so already stays one event.

    Args:
        event: the fields of ``ContractEvent`` of its kind.

    Raises:
        BadInput: the rules of ``domain.contract_rules``.
    """
    with ledger.session(signed) as session:
        contract = signed_contract(session, contract_id)
        return recorded(session, contract, signed, **event)


def terminate(
    ledger: Ledger, contract_id: str, signed: Signature, ended_on: dt.date | None, **notice: Any
) -> ContractEvent:
    """End a contract, and its numbers with it: on ``ended_on``, or as early as its notice allows.

    Raises:
        BadInput: no notice, or a late one that nobody waives; it ended already.
    """
    with ledger.session(signed) as session:
        contract = signed_contract(session, contract_id)
        if ended_on is None:
            if notice.get("notice_date") is None:
                raise BadInput(f"{contract_id}: say when notice was received (--notice-date), or the last day (--on)")
            ended_on = max(earliest_after(notice["notice_date"]), contract.started_on)
        event = recorded(session, contract, signed, kind="termination", effective_on=ended_on, **notice)
        contract.ended_on = ended_on
        end = contract_end(contract)
        for number in session.exec(select(PhoneNumber).where(PhoneNumber.contract_id == contract_id)):
            if number.valid_to is None:
                number.valid_to = end
        return event


def assign(ledger: Ledger, number: PhoneNumber, signed: Signature, first_month_rule: str | None) -> None:
    """Give a contract a number from a day on; the same number, price and day twice is once.

    Raises:
        BadInput: it has it from that day, otherwise: at another price, of another country or kind, by another rule.
        PermanentError: another contract has it.
    """
    with ledger.session(signed) as session:
        contract = signed_contract(session, number.contract_id)
        known = session.exec(
            select(PhoneNumber).where(PhoneNumber.number == number.number, PhoneNumber.valid_from == number.valid_from)
        ).first()
        if known is not None and known.contract_id == number.contract_id:
            _refuse_otherwise(session, known, number, first_month_rule)
            return
        number.valid_to = contract_end(contract)
        session.add(number)
        recorded(
            session,
            contract,
            signed,
            kind="number",
            effective_on=number.valid_from,
            number=number.number,
            country=number.country,
            unit_cents=number.monthly_cents,
            first_month_rule=first_month_rule,
        )


def _refuse_otherwise(session: Session, known: PhoneNumber, number: PhoneNumber, first_month_rule: str | None) -> None:
    events = session.exec(
        select(ContractEvent.first_month_rule).where(
            ContractEvent.contract_id == known.contract_id,
            ContractEvent.kind == "number",
            ContractEvent.number == known.number,
            ContractEvent.effective_on == known.valid_from,
        )
    )
    differing = [
        f"{name} {getattr(known, name)}, not {getattr(number, name)}"
        for name in ("country", "number_type", "monthly_cents")
        if getattr(known, name) != getattr(number, name)
    ]
    differing += [f"first_month_rule {rule}, not {first_month_rule}" for rule in events if rule != first_month_rule]
    if differing:
        raise BadInput(
            f"{known.contract_id} has {known.number} from {known.valid_from} with {', '.join(differing)}; record a new"
            " price (`seconde contract price`), or give the number back and assign it from a later day"
        )


def release(ledger: Ledger, contract_id: str, number: str, day: dt.date, signed: Signature) -> None:
    """Take a number back: ``day`` is the first one without it. Raises BadInput when the contract has not got it."""
    with ledger.session(signed) as session:
        rows = session.exec(
            select(PhoneNumber).where(PhoneNumber.contract_id == contract_id, PhoneNumber.number == number)
        ).all()
        if any(row.valid_to == day for row in rows):
            return
        held = [row for row in rows if row.valid_from < day and (row.valid_to is None or day < row.valid_to)]
        if not held:
            raise BadInput(f"{contract_id} has not got {number} on the day before {day}")
        held[0].valid_to = day
