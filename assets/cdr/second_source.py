"""Whether the switch's own files still come: a second source that died unnoticed is none on the day it is needed."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from adapters.warehouse import Warehouse
from assets.cdr.switch_days import switch_day_rows

Row = dict[str, Any]
FILES_COME = "cdr_files_come"


def days_without_files(warehouse: Warehouse, ended: Mapping[str, dt.date] | None = None) -> list[Row]:
    """Days on which legs have no CDR file though the switch has sent files before, and none is to be expected any more.

    From the day a switch's files ``ended`` on purpose, none is missed until it sends files on a later day. The day
    heard last is not judged: its files may be on their way. ``month`` is the local month of the day.
    """
    days: dict[tuple[str, dt.date], Counter[str]] = defaultdict(Counter)
    for row in switch_day_rows(warehouse):
        counts = {name: row[name] for name in ("hangups", "heard_only", "files_suppressed")}
        days[row["switch_name"], row["record_date"]].update(counts)
    last_date = max((date for _, date in days), default=None)
    last_files: dict[str, dt.date] = {}
    found = []
    for (switch, date), counts in sorted(days.items()):
        without = counts["heard_only"] - counts["files_suppressed"]
        given_up = (ended or {}).get(switch, dt.date.max)
        is_due = switch in last_files and (date < given_up or last_files[switch] > given_up)
        if without > 0 and is_due and date != last_date:
            found.append(finding(switch, date, without, counts["hangups"]))
        if counts["hangups"] > counts["heard_only"]:
            last_files[switch] = date
    return found


def finding(switch: str, date: dt.date, without: int, hangups: int) -> Row:
    return {
        "month": f"{date:%Y-%m}",
        "row_key": f"{switch}/{date}",
        "reason": "legs were heard of which no CDR file came: start `seconde spool --follow`, and see that "
        "mod_json_cdr writes where it reads; given up on purpose: SECONDE_CDR_FILES_ENDED",
        "details": {"legs_without_file": str(without), "hangups": str(hangups)},
    }
