"""What of a month is not accounted for: legs nobody brought, days that do not add up."""

from typing import Any

from adapters.warehouse import Warehouse
from domain.calendar import Month
from domain.completeness import UNEXPLAINED

Row = dict[str, Any]
UNBALANCED = "hang-ups, call records and calls rated or set aside differ"


def unaccounted(warehouse: Warehouse, month: Month) -> list[Row]:
    """Everything a month may not close with, as findings."""
    return [*lost_legs(warehouse, month), *unbalanced_days(warehouse, month)]


def lost_legs(warehouse: Warehouse, month: Month) -> list[Row]:
    """Missing legs nothing explains, as findings: what a person may close a month without."""
    words = ", ".join(f"'{why}'" for why in UNEXPLAINED)
    legs = warehouse.read(
        "select boot_id || '/' || session_number as row_key, 'a leg is ' || explanation as reason, "
        "cast(earliest_start_at as varchar) as earliest_start_at, cast(latest_start_at as varchar) as latest_start_at "
        f"from missing_legs where month <= $1 and last_month >= $1 and explanation in ({words}) order by row_key",
        [str(month)],
    )
    return as_findings(legs.to_pylist())


def unbalanced_days(warehouse: Warehouse, month: Month) -> list[Row]:
    """Days that do not add up, as findings: a fault of ours."""
    days = warehouse.read(
        "select cast(record_date as varchar) as row_key, "
        f"'{UNBALANCED}' as reason, "
        "hangups, landed_legs, unbillable_legs, rated_legs, set_aside_legs, waiting_legs "
        # What came after the month was frozen waits for the next one.
        "from completeness_daily where month = $1 and not is_balanced and (hangups <> landed_legs "
        "or month not in (select month from billing_periods where state = 'frozen')) order by record_date",
        [str(month)],
    )
    return as_findings(days.to_pylist())


def as_findings(rows: list[Row]) -> list[Row]:
    return [{"row_key": row.pop("row_key"), "reason": row.pop("reason"), "details": row} for row in rows]
