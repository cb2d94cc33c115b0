"""The only place that asks what time it is; below orchestration, time is an argument."""

from __future__ import annotations

import datetime as dt
import time

from domain.calendar import local_date


def now() -> dt.datetime:
    """This instant, aware, UTC."""
    return dt.datetime.now(dt.UTC)


def today() -> dt.date:
    """Today in Europe/Paris."""
    return local_date(now())


def now_micros() -> int:
    """This instant as FreeSWITCH says it: microseconds since 1970, UTC."""
    return time.time_ns() // 1000
