"""The spools of one installation: each switch's CDR files, their journal, the archive beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from domain.errors import PermanentError
from ingest.event_journal import EventJournal
from ingest.json_cdr_spool import JsonCdrSpool, SpoolSettings, Taken
from orchestration.clock import now_micros
from orchestration.settings import Settings
from orchestration.side_by_side import run_side_by_side
from orchestration.switches import switches_named


@contextmanager
def open_spools(settings: Settings, only: str | None = None) -> Iterator[list[JsonCdrSpool]]:
    """The spool of each switch, or of one of them, each with a journal of its own: a journal has one writer.

    Raises:
        PermanentError: no spool is set, no switch has that name, two share a folder, or another process takes
            the files.
    """
    switches = switches_named(settings.all_switches, only)
    with ExitStack() as stack:
        spools = []
        for switch in switches:
            folders = settings.spool_of(switch)
            if folders is None:
                raise PermanentError(
                    "no spool is set; name the folder, or set SECONDE_CDR_SPOOL to log-dir of json_cdr.conf.xml"
                )
            journal = EventJournal(
                settings.home / "journal",
                f"{switch.name}.cdr",
                now_micros,
                settings.segment_bytes,
                settings.segment_seconds,
            )
            stack.enter_context(journal)
            spools.append(JsonCdrSpool(SpoolSettings(*folders, settings.cdr_half_written_seconds), journal))
        yield spools


def follow_spools(spools: Sequence[JsonCdrSpool]) -> list[Taken]:
    """Follow all until all are stopped; one that fails stops the others, and its error is raised."""
    return run_side_by_side([spool.follow for spool in spools], spools)
