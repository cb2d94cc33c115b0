"""The calls behind each usage line of an invoice, as its itemised annex lists them."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from assets.invoices.charge_lines import UsageKey, usage_labels
from domain.annex import CallGroup, ListedCall, chronological, may_list, shown_number
from domain.errors import PermanentError
from domain.invoice import DraftLine
from domain.money import format_cents, micros_to_cents

Row = dict[str, Any]


def annex_groups(
    number: str, lines: Iterable[DraftLine], calls: Iterable[Row], *, in_full: bool
) -> tuple[CallGroup, ...]:
    """One group a usage line: the calls it charges, those that may be listed, in order.

    Args:
        number: the invoice's, for the message.
        calls: rows of ``rated_calls`` that the invoice charges.
        in_full: whether the customer asked in writing for unmasked numbers.

    Raises:
        PermanentError: the calls of a line do not add up to it: they were rated again since the month closed.
    """
    own_calls = _by_line(calls)
    groups = []
    for line in lines:
        if line.kind != "usage":
            continue
        behind = own_calls.get((line.contract_id, line.label), [])
        amount_micros = sum(call["amount_micros"] for call in behind)
        if micros_to_cents(amount_micros) != line.amount_cents:
            raise PermanentError(
                f"{number}, line {line.line_number} ({line.label}): its {len(behind)} calls add up to"
                f" {format_cents(micros_to_cents(amount_micros))}, not {format_cents(line.amount_cents)}: they were"
                " rated again since the month closed; restore the tariffs of that day and rate the month again"
            )
        groups.append(
            CallGroup(
                line_number=line.line_number,
                label=line.label,
                amount_micros=amount_micros,
                amount_cents=line.amount_cents,
                calls=chronological(
                    _listed(call, in_full=in_full)
                    for call in behind
                    if may_list(_number(call), call["destination_number_type"])
                ),
            )
        )
    return tuple(groups)


def _by_line(calls: Iterable[Row]) -> dict[tuple[str | None, str], list[Row]]:
    """Calls by the contract and label of the line that charges them; a surcharged call stands behind two lines."""
    by_charge: dict[UsageKey, list[Row]] = {}
    for call in calls:
        place = (call["category"], call["destination_country"])
        by_charge.setdefault((call["contract_id"], "call", *place), []).append(call)
        if call["surcharge_micros"]:
            by_charge.setdefault((call["contract_id"], "surcharge", *place), []).append(_surcharge(call))
    labels = usage_labels(by_charge)
    return {(key[0], labels[key]): own_calls for key, own_calls in by_charge.items()}


def _surcharge(call: Row) -> Row:
    """A call as the line of its service's price lists it: that price, and nothing of the call's own."""
    apart = {"price_per_minute_micros": 0, "connection_fee_micros": 0, "amount_micros": call["surcharge_micros"]}
    return {**call, **apart}


def _number(call: Row) -> str:
    """The number called: E.164, or a short number without the country it stands behind."""
    return str(call["destination_number"] or call["called_digits"][2:])


def _listed(call: Row, *, in_full: bool) -> ListedCall:
    return ListedCall(
        answered_at=call["answered_at"].replace(tzinfo=dt.UTC),
        origin_number=call["origin_number"],
        called_number=shown_number(_number(call), in_full=in_full),
        billed_seconds=call["billed_seconds"],
        charged_seconds=call["charged_seconds"],
        price_per_minute_micros=call["price_per_minute_micros"],
        connection_fee_micros=call["connection_fee_micros"],
        amount_micros=call["amount_micros"],
    )
