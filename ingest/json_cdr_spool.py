"""The switch's second, durable source: mod_json_cdr files from its spool folder into the journal.

A file is written in place under its final name: it is taken once it ends in ``}`` and a newline, and waits
until then; one that this user may not read waits too, and its neighbours do not wait for it. It leaves the
spool for the archive only when its content is durable in the journal, so a kill at any instant leaves it in
the spool, journalled or not; journalled twice it is one leg, by its boot and id. Nothing is ever deleted here.
"""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from domain.calendar import instant_from_micros, local_date
from domain.errors import PermanentError
from ingest.cdr_archive import CdrArchive
from ingest.event_journal import EventJournal
from ingest.listener_notes import note
from ingest.wakeup import Wakeup

log = logging.getLogger(__name__)

SUFFIX = ".json"
END = b"}\n"
# Why a file waits, in its note, where it is not the disk's reason for not reading it.
HALF_WRITTEN = "half written"
# Synced, then moved, together: one fsync for many files, and little to journal again after a kill.
FILES_PER_SYNC = 500
POLL_SECONDS = 1.0


@dataclass(frozen=True)
class SpoolSettings:
    """``archive`` is on the spool's file system. A file half written, or unreadable, for longer than
    ``half_written_seconds`` is noted in the journal, a finding once landed, and stays where it is."""

    folder: Path
    archive: Path
    half_written_seconds: int = 300


@dataclass
class Taken:
    """What passes over the spool did; as of the last one how many files wait, those that cannot be read with the
    reason, and the names of those half written or unreadable for too long."""

    files: int = 0
    waiting: int = 0
    unreadable: dict[str, str] = field(default_factory=dict)
    overdue: list[str] = field(default_factory=list)


class JsonCdrSpool:
    """Takes the files of one switch's spool into ``journal``, which is this spool's own."""

    def __init__(self, settings: SpoolSettings, journal: EventJournal) -> None:
        self.settings, self.journal = settings, journal
        self.archive = CdrArchive(settings.folder, settings.archive)
        self.taken = Taken()
        self._stop = Wakeup()
        self._told: set[str] = set()
        self._told_unreadable: set[str] = set()

    def stop(self) -> None:
        """Return from ``follow`` after the files in hand. Safe in a signal handler."""
        self._stop.set()

    def follow(self) -> Taken:
        """Take files as they come, until stopped."""
        try:
            while not self._stop.is_set:
                self.take()
                self.journal.seal_if_due()
                self._stop.wait(POLL_SECONDS)
        finally:
            self._stop.close()
        return self.taken

    def take(self) -> Taken:
        """One pass: every whole file journalled, then archived.

        Raises:
            PermanentError: the spool is not there, or the archive is on another file system.
            TransientError: a disk refuses; every file is still in the spool or in the archive. A new process then
                journals nothing before the archive takes files again.
        """
        self.taken.waiting, self.taken.unreadable, self.taken.overdue = 0, {}, []
        names_there = self._names()
        self.archive.prove()
        for names in batched_names(names_there):
            taken = [name for name in names if self._journal(name)]
            self.journal.sync()
            self.archive.take(taken, str(local_date(instant_from_micros(self.journal.clock()))))
            self.taken.files += len(taken)
        self._tell()
        return self.taken

    def _tell(self) -> None:
        """Once for each file: that it cannot be read, that it waits too long."""
        for name, reason in self.taken.unreadable.items():
            if name not in self._told_unreadable:
                log.error("%s cannot be read: %s; it waits. Let this user read the spool's files", name, reason)
        self._told_unreadable = set(self.taken.unreadable)
        seconds = self.settings.half_written_seconds
        for name in self.taken.overdue:
            if name not in self._told:
                reason = self.taken.unreadable.get(name, HALF_WRITTEN)
                said = note(self.journal.clock(), "half_written", file=name, seconds=seconds, reason=reason)
                self.journal.append(said.received_us, said.kind, said.body)
                log.warning("%s waits since more than %d s (%s): its leg is missing", name, seconds, reason)
        self._told = set(self.taken.overdue)

    def _names(self) -> list[str]:
        try:
            return sorted(entry.name for entry in os.scandir(self.settings.folder) if entry.name.endswith(SUFFIX))
        except OSError as error:
            raise PermanentError(
                f"the spool {self.settings.folder} cannot be read ({error.strerror}); "
                "it is log-dir in json_cdr.conf.xml, and a folder that is missing loses CDRs silently"
            ) from error

    def _journal(self, name: str) -> bool:
        """Append a file that is whole; False for one that waits."""
        path = self.settings.folder / name
        try:
            status = path.lstat()
        except OSError:
            return False  # gone since the folder was listed, or a folder we may not look into: ``prove`` says that
        if not stat.S_ISREG(status.st_mode):
            return False
        try:
            body = path.read_bytes()
        except OSError as error:
            self.taken.unreadable[name] = error.strerror or str(error)
            body = b""
        now_us = self.journal.clock()
        if not body.endswith(END):
            self.taken.waiting += 1
            if now_us - status.st_mtime_ns // 1000 > self.settings.half_written_seconds * 1_000_000:
                self.taken.overdue.append(name)
            return False
        self.journal.append(now_us, "cdr", body)
        return True


def batched_names(names: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(names), FILES_PER_SYNC):
        yield names[start : start + FILES_PER_SYNC]
