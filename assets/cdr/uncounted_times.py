"""The time in which a switch may have had calls that nobody counted, as a table: no month closes over it unsaid."""

from __future__ import annotations

from collections.abc import Collection

import pyarrow as pa

from adapters.warehouse import Warehouse
from assets.cdr.completeness import Row, local_month
from assets.cdr.completeness_tables import UNCOUNTED_TIMES
from assets.cdr.switch_days import boot_days, switch_day_rows
from domain.silence import USUAL_SILENCE, Silence, silences


def write_uncounted_times(warehouse: Warehouse, in_service: Collection[str]) -> list[Row]:
    """Replace ``uncounted_times`` whole, from ``switch_days``. ``in_service``: the switches we listen to now."""
    found = silences(boot_days(switch_day_rows(warehouse)))
    rows = [row for silence in found if (row := uncounted_row(silence, in_service))]
    warehouse.replace(UNCOUNTED_TIMES.name, pa.Table.from_pylist(rows, schema=UNCOUNTED_TIMES.arrow_schema))
    return rows


def uncounted_row(silence: Silence, in_service: Collection[str]) -> Row | None:
    """A row of ``uncounted_times``; None where nothing is owed.

    A switch out of service owes no count after the month it was last counted in, and none after its SHUTDOWN: it is
    retired. One we listen to owes them until it is heard again.
    """
    is_in_service = silence.switch_name in in_service
    if silence.until is None and silence.is_shut_down and not is_in_service:
        return None
    # The two minutes up to a month's end leave it whole: they are as long as between two boots.
    month = local_month(silence.since + USUAL_SILENCE)
    last_month = None if is_in_service else month
    if silence.until is not None:
        last_month = max(month, local_month(silence.until - USUAL_SILENCE))
    return {
        "month": month,
        "last_month": last_month,
        "switch_name": silence.switch_name,
        "boot_id": silence.boot_id,
        "counted_until_at": silence.since,
        "counted_again_at": silence.until,
    }
