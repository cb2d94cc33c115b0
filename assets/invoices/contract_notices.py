"""The letter that tells a customer of a new price of his contract: what changes, from when, and that he may leave."""

from __future__ import annotations

import datetime as dt

from adapters.invoice_renderer import InvoiceRenderer, RenderedPdf
from adapters.ledger.contract_journal import order_form
from adapters.ledger.contracts import KnownContracts
from adapters.ledger.store import Ledger
from assets.invoices.charge_lines import UNITS
from assets.invoices.contract_papers import identifier
from assets.invoices.parties import Payload, parties
from domain.contract_event import ContractEvent, History, history
from domain.errors import BadInput
from domain.french import french_long_date, french_month
from domain.price_notice import first_charged_on, is_in_force, is_in_time, last_day_to_leave, repricings


class NothingToTell(BadInput):
    """The event is no price, or says none any more."""


class ContractNotices:
    """The letters of contracts' prices, from one reading of the ledger, however many are written."""

    def __init__(self, ledger: Ledger) -> None:
        self.known = KnownContracts(ledger)
        self.contracts = {contract.contract_id: contract for contract in self.known.contracts}
        self.customers = {customer.customer_id: customer for customer in ledger.customers()}
        self.operator = ledger.operator()

    def payload(self, contract_id: str, sequence: int, day: dt.date) -> Payload:
        """What the letter of a price event says on the day it is written: JSON values and dates' texts.

        Raises:
            NothingToTell: no such price, one recorded since for the same day, or a contract that ends before it.
        """
        event, before = self._event(contract_id, sequence)
        customer = self.customers[self.contracts[contract_id].customer_id]
        rows = repricings(before, event)
        since, leave_by = first_charged_on(event.effective_on), last_day_to_leave(event.effective_on)
        return {
            **parties(self.operator, customer),
            "title": "Évolution de prix",
            "reference": contract_id,
            "day": french_long_date(day),
            "iso_day": day.isoformat(),
            "effective": french_long_date(event.effective_on),
            "since": french_long_date(since) if since != event.effective_on else "",
            "old_until": french_month(event.effective_on),
            # A number added later has the price it is assigned at.
            "is_counted": event.item in ("users", "licences"),
            "is_in_time": is_in_time(day, event.effective_on),
            "leave_by": french_long_date(leave_by) if leave_by >= day else "",
            "difference_cents": sum(row.difference_cents for row in rows),
            "rows": [
                {
                    "label": row.label, "quantity": str(row.quantity), "unit": UNITS[row.item],
                    "before_cents": row.before_cents, "after_cents": row.after_cents,
                    "difference_cents": row.difference_cents,
                }
                for row in rows
            ],
        }  # fmt: skip

    def _event(self, contract_id: str, sequence: int) -> tuple[ContractEvent, History]:
        """The price, and the contract as it was known before it."""
        events = self.known.events.get(contract_id, [])
        event = next((one for one in events if one.sequence == sequence and one.kind == "price"), None)
        if event is None:
            raise NothingToTell(
                f"{contract_id}#{sequence} is no price; `seconde contract show {contract_id}` lists them"
            )
        if not is_in_force(event, events):
            raise NothingToTell(
                f"{contract_id}#{sequence} says no price any more: another one was recorded for {event.effective_on},"
                " or the contract ends before it; there is nothing to tell"
            )
        before = history(order_form(self.contracts[contract_id]), (one for one in events if one.sequence < sequence))
        assert before is not None  # noqa: S101 the first event of a contract is its subscription
        return event, before


def notice_pdf(renderer: InvoiceRenderer, payload: Payload) -> RenderedPdf:
    """The letter as a paper: the same words, the same bytes."""
    day = dt.date.fromisoformat(payload["iso_day"])
    return renderer.page("price_notice.html.j2", payload, day, identifier(payload))


def notice_file_name(payload: Payload) -> str:
    """``avis-ctr-1001-1-2026-11-23.pdf``: the contract, and the day the letter was written."""
    return f"avis-{payload['reference']}-{payload['iso_day']}.pdf"
