"""Where a switch's CDR files go once journalled: a folder for each day, for its owner alone, nothing overwritten.

A file is moved by one rename: it keeps the owner and the mode FreeSWITCH gave it where we may not change them, and the
folders above it let nobody else in.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from domain.errors import PermanentError, TransientError
from ingest.open_segment import sync_folder

OWNER_ONLY, OWNER_ONLY_FOLDER = 0o600, 0o700
# Begins with a point and does not end in .json: neither FreeSWITCH nor the spool takes it for a call.
PROBE = ".seconde-probe"


class CdrArchive:
    """The archive of one spool."""

    def __init__(self, spool: Path, folder: Path) -> None:
        self.spool, self.folder = spool, folder
        self._is_proved = False

    def prove(self) -> None:
        """Move a file of our own there, once a process: before anything is journalled that could not be moved.

        Raises:
            PermanentError: it is on another file system than the spool.
            TransientError: it refuses, or the spool does.
        """
        if self._is_proved:
            return
        probe = self.spool / PROBE
        try:
            make_own_folder(self.folder)
            probe.touch(OWNER_ONLY)
            os.rename(probe, self.folder / PROBE)
            (self.folder / PROBE).unlink()
        except OSError as error:
            with suppress(OSError):
                probe.unlink(missing_ok=True)
            raise self._refused(error, self.folder, "nothing was journalled") from error
        self._is_proved = True

    def take(self, names: Iterable[str], date: str) -> None:
        """Move journalled files into a day's folder. Raises as ``prove``."""
        day = self.folder / date
        try:
            for name in names:
                make_own_folder(day)
                path = free_name(day / name)
                os.rename(self.spool / name, path)
                # FreeSWITCH's own file, unless we are FreeSWITCH's user: then its mode stays, behind the folder's.
                with suppress(PermissionError):
                    path.chmod(OWNER_ONLY)
            if day.is_dir():
                sync_folder(day)
            sync_folder(self.spool)
        except OSError as error:
            self._is_proved = False
            raise self._refused(error, day, "it is journalled and will be again, as the same leg") from error

    def _refused(self, error: OSError, where: Path, meanwhile: str) -> PermanentError | TransientError:
        said = f"a file of {self.spool} cannot be moved to {where}: {error.strerror}; {meanwhile}"
        if error.errno == errno.EXDEV:
            return PermanentError(
                f"{said}. The archive is on another file system: set SECONDE_CDR_ARCHIVE to a folder on the spool's"
            )
        return TransientError(f"{said}; keep the archive writable, and let this user move files out of the spool")


def make_own_folder(folder: Path) -> None:
    """A folder for its owner alone, and those missing above it: ``parents=True`` would leave them to the umask."""
    if not folder.exists():
        make_own_folder(folder.parent)
        folder.mkdir(OWNER_ONLY_FOLDER, exist_ok=True)


def free_name(path: Path) -> Path:
    """The path, or with ``.2``, ``.3`` ... after it where there is a file already."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.name}.{number}")
    return free
