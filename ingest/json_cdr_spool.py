"""The switch's second, durable source: mod_json_cdr files from its spool folder into the journal.

A file is written in place under its final name: it is taken once it ends in ``}`` and a newline, and waits
until then. It leaves the spool for the archive only when its content is durable in the journal, so a kill
at any instant leaves it in the spool, journalled or not; journalled twice it is one leg, by its boot and id.
Nothing is ever deleted here.
"""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from domain.calendar import instant_from_micros, local_date
from domain.errors import PermanentError, TransientError
from ingest.event_journal import EventJournal
from ingest.listener_notes import note
from ingest.open_segment import sync_folder
from ingest.wakeup import Wakeup

log = logging.getLogger(__name__)

SUFFIX = ".json"
END = b"}\n"
# Synced, then moved, together: one fsync for many files, and little to journal again after a kill.
FILES_PER_SYNC = 500
POLL_SECONDS = 1.0


@dataclass(frozen=True)
class SpoolSettings:
    """``archive`` is on the spool's file system. A file half written for longer than
    ``half_written_seconds`` is noted in the journal, a finding once landed, and stays where it is."""

    folder: Path
    archive: Path
    half_written_seconds: int = 300


@dataclass
class Taken:
    """What passes over the spool did. ``overdue``: names of files half written for too long, as of the last one."""

    files: int = 0
    waiting: int = 0
    overdue: list[str] = field(default_factory=list)


class JsonCdrSpool:
    """Takes the files of one switch's spool into ``journal``, which is this spool's own."""

    def __init__(self, settings: SpoolSettings, journal: EventJournal) -> None:
        self.settings, self.journal = settings, journal
        self.taken = Taken()
        self._stop = Wakeup()
        self._told: set[str] = set()

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
            TransientError: a disk refuses; every file is still in the spool or in the archive.
        """
        self.taken.waiting, self.taken.overdue = 0, []
        for names in batched_names(self._names()):
            taken = [name for name in names if self._journal(name)]
            self.journal.sync()
            self._archive(taken)
            self.taken.files += len(taken)
        for name in self.taken.overdue:
            if name not in self._told:
                now_us = self.journal.clock()
                self.journal.append(
                    *note(now_us, "half_written", file=name, seconds=self.settings.half_written_seconds)
                )
                log.warning("%s is half written since more than %d s: its leg is missing until it is whole",
                            name, self.settings.half_written_seconds)  # fmt: skip
        self._told = set(self.taken.overdue)
        return self.taken

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
        now_us = self.journal.clock()
        try:
            status = path.lstat()
            if not stat.S_ISREG(status.st_mode):
                return False
            body = path.read_bytes()
        except OSError as error:
            raise TransientError(f"{path} cannot be read: {error.strerror}; let this user read the spool") from error
        if not body.endswith(END):
            self.taken.waiting += 1
            if now_us - status.st_mtime_ns // 1000 > self.settings.half_written_seconds * 1_000_000:
                self.taken.overdue.append(name)
            return False
        self.journal.append(now_us, "cdr", body)
        return True

    def _archive(self, names: Iterable[str]) -> None:
        """Move journalled files out of the spool; no file of the archive is ever overwritten."""
        today = str(local_date(instant_from_micros(self.journal.clock())))
        day = self.settings.archive / today
        try:
            for name in names:
                day.mkdir(mode=0o700, parents=True, exist_ok=True)
                os.rename(self.settings.folder / name, free_name(day / name))
            if day.is_dir():
                sync_folder(day)
            sync_folder(self.settings.folder)
        except OSError as error:
            raise TransientError(
                f"a file of {self.settings.folder} cannot be moved to {day}: {error.strerror}; it is journalled and "
                "will be again, as the same leg; keep the archive on the spool's file system and writable"
            ) from error


def batched_names(names: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(names), FILES_PER_SYNC):
        yield names[start : start + FILES_PER_SYNC]


def free_name(path: Path) -> Path:
    """The path, or with ``.2``, ``.3`` ... after it where there is a file already."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.name}.{number}")
    return free
