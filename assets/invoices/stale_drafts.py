"""What is issued is what was checked: the drafts of ``invoices``, and the calls their usage lines charge."""

import datetime as dt
from typing import Any

from adapters.ledger.contracts import KnownContracts
from adapters.ledger.store import Ledger
from adapters.warehouse import Warehouse
from assets.invoices.charge_lines import FIXED, PENALTIES
from assets.invoices.close import month_rows
from assets.invoices.late_payment_penalties import penalty_rows
from assets.invoices.subscription_charges import subscription_rows
from assets.invoices.tables import LATE_PAYMENT_PENALTIES, SUBSCRIPTION_CHARGES
from domain.calendar import Month
from domain.errors import PermanentError
from domain.invoice import DraftDocument

CHECKED_DRAFTS = "select customer_id, document_kind, content_sha256 from invoices where month = $1 order by all"
CHARGED_OTHERWISE = """
    with rated as (
        select contract_id, cast(sum(amount_micros + surcharge_micros) as bigint) as micros
        from rated_calls where month = $1 group by contract_id
    ),
    charged as (
        select contract_id, cast(sum(amount_micros) as bigint) as micros
        from usage_charges where month = $1 group by contract_id
    )
    select contract_id from rated full join charged using (contract_id)
    where rated.micros is distinct from charged.micros
    order by contract_id
"""
CORRECTED_OTHERWISE = """
    with added as (
        select corrected_month, contract_id, charge, category, destination_country, difference_cents
        from rating_adjustments
        where month = $1 and difference_cents > 0
            and customer_id not in (select customer_id from refused_drafts where month = $1)
    ),
    lines as (
        select corrected_month, contract_id, charge, category, destination_country, amount_cents as difference_cents
        from invoice_lines
        where month = $1 and corrected_month is not null
    )
    select distinct contract_id from (
        (select * from added except all select * from lines)
        union all
        (select * from lines except all select * from added)
    )
    order by contract_id
"""


def refuse_stale(warehouse: Warehouse, month: Month, drafts: list[DraftDocument]) -> None:
    """Raises PermanentError when the ledger, the lines or the ratings moved since the step before."""
    tables = ("invoices", "rated_calls", "usage_charges", "rating_adjustments", "invoice_lines", "refused_drafts")
    with warehouse.connect(tables) as connection:
        rows = month_rows(connection, CHECKED_DRAFTS, month)
        differing = month_rows(connection, CHARGED_OTHERWISE, month)
        corrected = month_rows(connection, CORRECTED_OTHERWISE, month)
    drafted = {(draft.customer_id, draft.kind): draft.content_sha256 for draft in drafts}
    checked = {(row["customer_id"], row["document_kind"]): row["content_sha256"] for row in rows}
    changed = sorted(" ".join(key) for key in drafted.keys() | checked.keys() if drafted.get(key) != checked.get(key))
    if changed:
        raise PermanentError(
            f"{month}: the ledger or the lines changed since `invoices` was drawn up ({', '.join(changed)});"
            " run the close again from its start"
        )
    if differing:
        raise PermanentError(
            f"{month}: rated_calls changed since usage_charges was computed"
            f" ({', '.join(row['contract_id'] for row in differing)}); run the close again from its start"
        )
    if corrected:
        raise PermanentError(
            f"{month}: rating_adjustments changed since invoice_lines was drawn up"
            f" ({', '.join(row['contract_id'] for row in corrected)}); run the close again from its start"
        )


def refuse_settled(ledger: Ledger, warehouse: Warehouse, month: Month, issue_date: dt.date) -> None:
    """Raises PermanentError when what is late is not what it was: a payment or a credit note came in since."""
    with warehouse.connect((LATE_PAYMENT_PENALTIES.name,)) as connection:
        charged = {_of_penalty(row) for row in month_rows(connection, PENALTIES, month)}
    owed = {_of_penalty(row) for row in penalty_rows(ledger, warehouse, month, issue_date)}
    if different := sorted({dict(row)["invoice_number"] for row in charged ^ owed}):
        raise PermanentError(
            f"{month}: payments or credit notes changed since late_payment_penalties was computed"
            f" ({', '.join(different)}); run the close again from its start"
        )


def _of_penalty(row: dict[str, Any]) -> tuple[tuple[str, Any], ...]:
    return tuple(sorted(row.items()))


def charged_from(ledger: Ledger, warehouse: Warehouse, month: Month) -> int:
    """How many events of contracts the fixed part was charged from. Raises PermanentError if some are newer."""
    contracts = KnownContracts(ledger)
    with warehouse.connect((SUBSCRIPTION_CHARGES.name,)) as connection:
        charged = {tuple(row.items()) for row in month_rows(connection, FIXED, month)}
    due = {tuple(row.items()) for row in subscription_rows(contracts, month)}
    if different := sorted({dict(row)["contract_id"] for row in charged ^ due}):
        raise PermanentError(
            f"{month}: contracts changed since subscription_charges was computed ({', '.join(different)});"
            " run the close again from its start"
        )
    return contracts.count
