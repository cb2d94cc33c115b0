"""The spool of one installation: the switch's CDR files, their journal, the archive beside them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from domain.errors import PermanentError
from ingest.event_journal import EventJournal
from ingest.json_cdr_spool import JsonCdrSpool, SpoolSettings
from orchestration.clock import now_micros
from orchestration.settings import Settings


@contextmanager
def open_spool(settings: Settings) -> Iterator[JsonCdrSpool]:
    """The spool the settings name, with a journal of its own: a journal has one writer, and the listener has its.

    Raises:
        PermanentError: no spool is set, or another process takes its files.
    """
    archive = settings.archive_of_spool
    if settings.cdr_spool is None or archive is None:
        raise PermanentError(
            "no spool is set; name the folder, or set SECONDE_CDR_SPOOL to log-dir of json_cdr.conf.xml"
        )
    folder = settings.cdr_spool.expanduser().absolute()
    with EventJournal(
        settings.home / "journal",
        f"{settings.switch_name}.cdr",
        now_micros,
        settings.segment_bytes,
        settings.segment_seconds,
    ) as journal:
        yield JsonCdrSpool(SpoolSettings(folder, archive, settings.cdr_half_written_seconds), journal)
