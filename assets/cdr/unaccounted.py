"""What of a month is not accounted for: lost legs, calls a dead switch left, time nobody counted, faulty sums."""

from typing import Any

from adapters.warehouse import Warehouse
from domain.calendar import Month
from domain.completeness import UNEXPLAINED

Row = dict[str, Any]
UNBALANCED = "hang-ups, call records and calls rated or set aside differ"


def unaccounted(warehouse: Warehouse, month: Month) -> list[Row]:
    """Everything a month may not close with, as findings."""
    return [
        *lost_legs(warehouse, month),
        *calls_left(warehouse, month),
        *uncounted_times(warehouse, month),
        *unbalanced_days(warehouse, month),
    ]


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


def calls_left(warehouse: Warehouse, month: Month) -> list[Row]:
    """Calls a dead switch left that would have been billed, as findings: a person says that the month goes without."""
    calls = warehouse.read(
        "select boot_id || '/' || session_number as row_key, "
        "'an answered call through a carrier was up when its switch died: it is not billed' as reason, "
        "cast(answered_at as varchar) as answered_at, cast(last_alive_at as varchar) as last_alive_at, gateway "
        "from unfinished_legs where month = $1 and explanation = 'left_by_dead_switch' "
        "and gateway is not null and answered_at is not null order by row_key",
        [str(month)],
    )
    return as_findings(calls.to_pylist())


def uncounted_times(warehouse: Warehouse, month: Month) -> list[Row]:
    """Time in which a switch may have had calls unheard, as findings: what a person may close a month without."""
    times = warehouse.read(
        "select switch_name || '/' || boot_id as row_key, case when counted_again_at is null then 'switch ' || "
        "switch_name || ' was last counted at ' || counted_until_at || ' UTC: nothing proves that it had no call from "
        "then to the month''s end' else 'switch ' || switch_name || ' was not counted from ' || counted_until_at || "
        "' to ' || counted_again_at || ' UTC, when it began again: nothing proves that it had no call then' end "
        "as reason, cast(counted_until_at as varchar) as counted_until_at, "
        "cast(counted_again_at as varchar) as counted_again_at "
        "from uncounted_times where month <= $1 and coalesce(last_month, $1) >= $1 order by row_key, counted_until_at",
        [str(month)],
    )
    return as_findings(times.to_pylist())


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
