"""Writes down, leg by leg, what a month bills: from its close on, this is what it billed."""

from collections.abc import Sequence

from adapters.warehouse import Warehouse, literal
from assets.invoices.close import month_rows
from assets.invoices.closed_tables import CLOSED_CALLS
from domain.calendar import Month

REFUSED = "select customer_id from refused_drafts where month = $1 order by customer_id"
PARTS = """
    select month, boot_id, leg_id, part_number, kind, seconds, price_per_minute_micros
    from rated_call_parts where month = {month} order by boot_id, leg_id, part_number
"""
# Of a leg without a price these are known all the same.
UNRATED = frozenset({"month", "boot_id", "leg_id", "call_month", "answered_at", "customer_id", "contract_id",
                     "billed_seconds"})  # fmt: skip


def refused_customers(warehouse: Warehouse, month: Month) -> list[str]:
    """The customers whose invoice of the month may not be drawn up."""
    with warehouse.connect(("refused_drafts",)) as connection:
        return [row["customer_id"] for row in month_rows(connection, REFUSED, month)]


def keep_calls(warehouse: Warehouse, month: Month, refused: Sequence[str]) -> str:
    """Write ``closed_calls`` and ``closed_call_parts`` of a month that freezes or closes; they count once it has.

    ``refused``: the customers who are not billed; none of a month that freezes, whose drafts are still to be judged.

    Returns:
        The hash of ``closed_calls``.
    """
    with warehouse.connect(("rated_calls", "rated_call_parts", "unrated_calls")) as connection:
        parts = PARTS.format(month=literal(str(month)))
        warehouse.replace("closed_call_parts", parts, month=str(month), connection=connection)
        rows = closed_calls_sql(month, refused)
        return warehouse.replace("closed_calls", rows, month=str(month), connection=connection).sha256


def closed_calls_sql(month: Month, refused: Sequence[str]) -> str:
    """The month's billable legs, in the order of ``rated_calls`` and ``unrated_calls``: no join or sort of a month.

    Those of a customer whose draft was refused are not billed: they wait, with the calls that found no rate, for the
    next month.
    """
    this = literal(str(month))
    is_refused = f"customer_id in ({', '.join(map(literal, refused))})" if refused else "false"
    names = [column.name for column in CLOSED_CALLS.columns]
    types = {column.name: column.type for column in CLOSED_CALLS.columns}
    said = {"is_billed": f"not ({is_refused})", "unrated_reason": "cast(null as varchar)"}
    unsaid = {name: f"cast(null as {types[name]})" for name in names if name not in UNRATED}
    unsaid |= {"is_billed": "false", "unrated_reason": "reason"}
    rated, unrated = (", ".join(f"{one.get(n, n)} as {n}" for n in names) for one in (said, unsaid))
    return f"""
        select {rated} from rated_calls where month = {this}
        union all
        select {unrated} from unrated_calls where month = {this}
    """
