"""Contracts as closes know them: their events, which months were invoiced to whom, and what was caught up since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from sqlmodel import Session, col, func, select

from adapters.ledger.contract_journal import as_domain, order_form
from adapters.ledger.store import Ledger
from adapters.ledger.tables import BillingPeriod, CaughtUpMonth, Contract, ContractEvent, IssuedDocument
from domain import contract_event as domain
from domain.calendar import Month
from domain.contract_event import History, history
from domain.errors import PermanentError
from domain.order_form import FixedCharge
from domain.subscription import left_to_charge


@dataclass(frozen=True)
class DueCharges:
    """What a contract is charged for ``charged_month``, by the close of the same month or of a later one."""

    contract: Contract
    charged_month: Month
    charges: list[FixedCharge]


class KnownContracts:
    """Every contract with its events, from one reading of the ledger."""

    def __init__(self, ledger: Ledger, contract_id: str | None = None) -> None:
        with ledger.reading() as session:
            contracts = session.exec(select(Contract)).all()
            events = session.exec(select(ContractEvent)).all()
            periods = session.exec(select(BillingPeriod.month).where(BillingPeriod.state == "closed")).all()
            caught_up = session.exec(select(CaughtUpMonth)).all()
            self.invoiced = set(
                session.exec(
                    select(IssuedDocument.customer_id, IssuedDocument.month).where(
                        IssuedDocument.kind == "invoice", col(IssuedDocument.replaces_number).is_(None)
                    )
                )
            )
        self.contracts = sorted(
            (row for row in contracts if contract_id in (None, row.contract_id)), key=lambda row: row.contract_id
        )
        self.events: dict[str, list[domain.ContractEvent]] = {row.contract_id: [] for row in contracts}
        for event in sorted(events, key=lambda event: event.sequence):
            self.events[event.contract_id].append(as_domain(event))
        # By contract and the month charged: the closes that charged it late.
        self.caught_up: dict[tuple[str, str], list[str]] = defaultdict(list)
        for row in caught_up:
            self.caught_up[row.contract_id, row.charged_month].append(row.month)
        self.closed = [Month.parse(month) for month in sorted(periods)]
        self.count = len(events)

    def known(self, contract: Contract, known_to: Month | None = None) -> History | None:
        """The contract as the close of a month knows it, or as it is known now."""
        return history(order_form(contract), self.events[contract.contract_id], known_to)

    def due(self, month: Month) -> Iterator[DueCharges]:
        """The fixed part of a month, contract by contract: its own, then what earlier months still owe, oldest first.

        A month that is closed gives what it charged when it closed, whatever was recorded since.
        """
        for contract in self.contracts:
            known = self.known(contract, month)
            if known is None:
                continue
            yield DueCharges(contract, month, known.charges(month))
            for earlier in self._owing(contract, month):
                yield DueCharges(contract, earlier, self._left(contract, known, earlier, month))

    def _left(self, contract: Contract, known: History, earlier: Month, month: Month) -> list[FixedCharge]:
        """What a closed month owes that neither its invoice nor a later one charged. Less than a cent is nothing."""
        charged_by = self._charged_by(contract, earlier, month)
        before = None if charged_by is None else self.known(contract, charged_by)
        charged = [] if before is None else before.charges(earlier)
        return [charge for charge in left_to_charge(known.charges(earlier), charged) if charge.amount_cents]

    def _owing(self, contract: Contract, month: Month) -> Iterator[Month]:
        """Closed months that may owe something: never charged, or with events that were recorded since."""
        is_final = month in self.closed and (contract.customer_id, str(month)) in self.invoiced
        for earlier in self.closed:
            if contract.started_on > earlier.last_date or earlier >= month:
                continue
            if is_final:
                if str(month) in self.caught_up[contract.contract_id, str(earlier)]:
                    yield earlier
                continue
            charged_by = self._charged_by(contract, earlier, month)
            if charged_by is None or any(
                not event.is_known_to(charged_by) and event.effective_on <= earlier.last_date
                for event in self.events[contract.contract_id]
            ):
                yield earlier

    def _charged_by(self, contract: Contract, earlier: Month, month: Month) -> Month | None:
        """The last close before ``month`` that charged an earlier month of the contract; None: no close did."""
        late = self.caught_up[contract.contract_id, str(earlier)]
        closes = [Month.parse(close) for close in late if close < str(month)]
        if (contract.customer_id, str(earlier)) in self.invoiced:
            closes.append(earlier)
        return max(closes, default=None)


def keep_caught_up(session: Session, known: int, month: Month, charged: set[tuple[str, str, str]]) -> None:
    """Write down, in the transaction of a close, which earlier months its documents charge.

    Args:
        known: how many events the charges were computed from.
        charged: contract, charged month, document number.

    Raises:
        PermanentError: an event was recorded since.
    """
    if session.exec(select(func.count()).select_from(ContractEvent)).one() != known:
        raise PermanentError(f"{month}: a contract changed while the month was closing; run the close again")
    for contract_id, charged_month, number in sorted(charged):
        session.add(
            CaughtUpMonth(
                month=str(month), contract_id=contract_id, charged_month=charged_month, document_number=number
            )
        )
    session.flush()
