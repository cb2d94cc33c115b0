"""Alerts: what a person must look at, told once, by every channel that is set, and kept as a table.

An alert is written down before it is sent, and its id is a hash of what it says: a second run raises
nothing new, and a process killed between the two sends it again (at least once, never lost). A channel
that fails neither loses the alert nor keeps the others from sending; it is tried again at the next
evaluation of any check (``retry_undelivered``). A problem that was resolved and comes back is told again.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Protocol

import pyarrow as pa
from pyarrow.parquet import ParquetFile

from adapters.expectations import Severity
from adapters.masking import mask_numbers
from adapters.warehouse import Warehouse
from domain.errors import TransientError

ALERTS_TABLE = "data_quality_alerts"
LOGGER = logging.getLogger("seconde.alerts")
LOG_LEVELS: dict[Severity, int] = {"error": logging.ERROR, "warning": logging.WARNING}
NOT_SENT_YET = "not sent yet"


@dataclass(frozen=True)
class Alert:
    """One row of ``data_quality_alerts``. Instants are naive UTC, as in the warehouse."""

    month: str
    alert_id: str
    check_name: str
    severity: Severity
    message: str
    failing_rows: int
    raised_at: dt.datetime
    delivered_by: str = "log"
    # "smtp: ConnectionRefusedError; webhook: HTTP 503": the channels that still have to send it, and why.
    delivery_error: str | None = None
    resolved_at: dt.datetime | None = None

    @property
    def text(self) -> str:
        """What a person reads: the problem, and where its rows are."""
        return (
            f"{self.check_name} found in {self.month} ({self.severity}): {self.message}\n"
            "See: select * from data_quality_findings "
            f"where check_name = '{self.check_name}' and month = '{self.month}'"
        )

    @property
    def pending(self) -> dict[str, str]:
        """The channels that still have to send it, and why they have not."""
        return dict(part.split(": ", 1) for part in (self.delivery_error or "").split("; ") if part)


class Channel(Protocol):
    """One way to reach a person (``adapters.alert_channels``)."""

    @property
    def name(self) -> str: ...

    def send(self, alert: Alert) -> None:
        """Send it, or raise TransientError with a cause that holds no secret: it is kept in the table."""


class Alerts:
    """Raises, records and delivers. The log always tells; ``channels`` come on top."""

    def __init__(self, channels: Sequence[Channel], warehouse: Warehouse) -> None:
        self.channels = tuple(channels)
        self.warehouse = warehouse

    def raise_alert(
        self,
        *,
        check_name: str,
        month: str,
        severity: Severity,
        message: str,
        failing_rows: int,
        raised_at: dt.datetime,
        fingerprint: str = "",
        identity: str | None = None,
    ) -> Alert:
        """Tell people once; the alert as it now stands in the table.

        ``raised_at`` is an aware instant. ``fingerprint`` says which rows fail: the same words about other
        rows are another alert. ``identity`` instead names the problem ("acct-1001 2026-11-22"): told once whatever
        its figures become. Phone numbers in the message are masked.
        """
        message = mask_numbers(message)
        said = [severity, message, failing_rows, fingerprint] if identity is None else [identity]
        content = json.dumps([check_name, month, *said])
        alert_id = hashlib.sha256(content.encode()).hexdigest()[:20]
        known = next((a for a in self.open_alerts(month) if a.alert_id == alert_id), None)
        if known is not None:
            return known
        alert = Alert(month, alert_id, check_name, severity, message, failing_rows, _naive_utc(raised_at))
        LOGGER.log(LOG_LEVELS[severity], "%s", alert.text)
        unsent = "; ".join(f"{channel.name}: {NOT_SENT_YET}" for channel in self.channels)
        return self._deliver(self._record(replace(alert, delivery_error=unsent or None)))

    def resolve(self, check_name: str, month: str, resolved_at: dt.datetime, keep: Collection[str] = ()) -> None:
        """Close the open alerts of a check in a month: it passes now, or says something else (alerts ``keep``)."""
        for alert in self.open_alerts(month):
            if alert.check_name == check_name and alert.alert_id not in keep:
                self._record(replace(alert, resolved_at=_naive_utc(resolved_at)))

    def retry_undelivered(self) -> None:
        """Send again what a channel did not take. A channel that fails once is left alone for this pass."""
        failing: set[str] = set()
        for alert in self.open_alerts():
            if alert.pending:
                tried = alert.pending.keys() - failing
                failing |= tried & self._deliver(alert, skipped=failing).pending.keys()

    def open_alerts(self, month: str | None = None) -> list[Alert]:
        """Alerts not resolved, oldest first; of one month, or of all."""
        # Straight from the files, a few rows each: a close asks a hundred times, and DuckDB takes 30 ms to begin.
        files = [
            path for path in self.warehouse.files(ALERTS_TABLE) if month is None or path.parent.name == f"month={month}"
        ]
        names = list(Alert.__dataclass_fields__)
        rows = (row for path in files for row in ParquetFile(path).read(columns=names).to_pylist())
        found = [Alert(**row) for row in rows if row["resolved_at"] is None]
        return sorted(found, key=lambda alert: (alert.raised_at, alert.alert_id))

    def _deliver(self, alert: Alert, skipped: Collection[str] = ()) -> Alert:
        """Send by each pending channel and write down what came of it."""
        sent, pending = [alert.delivered_by], dict(alert.pending)
        for channel in self.channels:
            if channel.name not in pending or channel.name in skipped:
                continue
            try:
                channel.send(alert)
            except TransientError as error:
                pending[channel.name] = str(error)
                LOGGER.warning("alert %s was not delivered by %s (%s)", alert.alert_id, channel.name, error)
            else:
                del pending[channel.name]
                sent.append(channel.name)
        errors = "; ".join(f"{name}: {cause}" for name, cause in pending.items())
        delivered = replace(alert, delivered_by=",".join(sent), delivery_error=errors or None)
        return delivered if delivered == alert else self._record(delivered)

    def _record(self, alert: Alert) -> Alert:
        schema = self.warehouse.tables[ALERTS_TABLE].arrow_schema
        row = pa.Table.from_pylist([asdict(alert)], schema)
        self.warehouse.replace(ALERTS_TABLE, row, month=alert.month, part=alert.alert_id)
        return alert


def _naive_utc(instant: dt.datetime) -> dt.datetime:
    if instant.tzinfo is None:
        raise ValueError("raised_at and resolved_at are aware instants")
    return instant.astimezone(dt.UTC).replace(tzinfo=None)
