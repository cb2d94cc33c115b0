"""What the journal and the switch got wrong, as data quality findings: rows of ``row_key, reason, details``.

Asked of whole months, so that a check's findings are replaced whole and a repaired problem leaves none.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from adapters.warehouse import Warehouse, literal
from assets.cdr.day_records import event_files, sql
from assets.cdr.segment_rows import CDR_FILE
from assets.cdr.tables import CALL_DETAIL_RECORDS, REJECTED_EVENTS
from domain.calendar import Month

Finding = Mapping[str, Any]

FILES_END = "cdr_files_end"
JOURNAL_IS_READ = "journal_is_read_whole"
ACCOUNTS_AGREE = "switch_accounts_agree"
HANGUPS_AGREE = "hangups_of_a_leg_agree"
FILES_ARE_WHOLE = "cdr_files_say_all"


def rejected_event_findings(warehouse: Warehouse, month: str) -> list[Finding]:
    """Journal records of a month's segments that were set aside: each may be a call that is not billed."""
    return query(
        warehouse,
        month_files(warehouse, REJECTED_EVENTS.name, month),
        "select concat_ws('/', segment, record_number) as row_key, reason, "
        "{'event_name': event_name, 'received_at': received_at::varchar} as details from source "
        f"where event_name is distinct from '{CDR_FILE}'",
    )


def half_written_findings(warehouse: Warehouse, month: str) -> list[Finding]:
    """CDR files that were half written or unreadable for too long, once each, less those that have landed since."""
    told = query(
        warehouse,
        month_files(warehouse, REJECTED_EVENTS.name, month),
        "select body_excerpt as row_key, min_by(reason, received_at) as reason, "
        "{'first_told_at': min(received_at)::varchar, 'segment': min_by(segment, received_at)} as details "
        f"from source where event_name = '{CDR_FILE}' group by body_excerpt order by body_excerpt",
    )
    if not told:
        return []
    # The leg counts where it was answered or ended: it may be in the month before it was told, or after.
    around = Month.parse(month)
    files = [path for one in (around.previous, around, around.next) for path in month_event_files(warehouse, str(one))]
    landed = query(warehouse, files, "select leg_id from source where source = 'json_cdr'")
    legs = {row["leg_id"] for row in landed}
    return [row for row in told if leg_of_file(row["row_key"]) not in legs]


def leg_of_file(name: str) -> str:
    """The leg a CDR file is of: ``[a_]<uuid>.cdr.json``."""
    return name.removeprefix("a_").partition(".")[0]


def account_findings(warehouse: Warehouse, month: str) -> list[Finding]:
    """Carrier legs whose account, as the switch says, is not the customer who had the number that day."""
    return query(
        warehouse,
        month_files(warehouse, CALL_DETAIL_RECORDS.name, month),
        "select boot_id || '/' || leg_id as row_key, 'the switch says account ' || account_code || ', the number "
        "inventory says ' || customer_id as reason, {'origin_number': origin_number, 'direction': direction, "
        "'record_date': record_date::varchar, 'destination_number': destination_number} as details "
        "from source where is_carrier_leg and account_code <> customer_id",
    )


def hangup_findings(warehouse: Warehouse, month: str) -> list[Finding]:
    """Legs whose sources would bill differently, with what each says; the one journalled first was kept."""
    return query(warehouse, month_event_files(warehouse, month), sql("hangup_conflicts.sql"))


def file_findings(warehouse: Warehouse, month: str) -> list[Finding]:
    """CDR files whose values ``encode-values=true`` harmed, and the boots that write them so."""
    return query(warehouse, month_event_files(warehouse, month), sql("file_flaws.sql"))


def month_event_files(warehouse: Warehouse, month: str) -> list[str]:
    first = Month.parse(month).first_date
    days = [first + dt.timedelta(n) for n in range(Month.parse(month).days)]
    return [path for day in days for path in event_files(warehouse, day)]


def month_files(warehouse: Warehouse, table: str, month: str) -> list[str]:
    return sorted(map(str, warehouse.path(table, month, "any").parent.glob("[!.]*.parquet")))


def query(warehouse: Warehouse, files: list[str], select: str) -> list[Finding]:
    """Rows of a select over ``source``, the Parquet files given; none when there are no files."""
    if not files:
        return []
    with warehouse.connect(tables=()) as connection:
        listed = ", ".join(map(literal, files))
        connection.execute(
            "create temp view source as "
            f"select * from read_parquet([{listed}], union_by_name = true, hive_partitioning = false)"
        )
        rows: list[Finding] = connection.sql(select).to_arrow_table().to_pylist()
        return rows
