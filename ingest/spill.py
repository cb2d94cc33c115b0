"""Records that wait on another disk while the journal stalls: one file a chunk, read once, then deleted.

A spill file is written like a segment but never fsynced: nothing in it was acknowledged. A killed
process leaves its files, and the next one puts them in the journal first; what had already reached the
journal then stands there twice, byte for byte, and landing takes it once.
"""

from __future__ import annotations

import logging
import os
import re
import threading
from pathlib import Path

from ingest.journal_segment import Scan, magic_line, scan_segment
from ingest.listener_status import ListenerStatus
from ingest.open_segment import create_private
from ingest.record_batch import Batch
from ingest.record_queue import RecordQueue

log = logging.getLogger(__name__)

SUFFIX = ".spill"
RETRY_SECONDS = 1.0


def left_by_another(folder: Path, switch: str) -> list[Path]:
    """The spill files of a switch, oldest first."""
    pattern = re.compile(rf"{re.escape(switch)}-(\d{{6,}})\{SUFFIX}")
    return [path for path in sorted(folder.glob(f"*{SUFFIX}")) if pattern.fullmatch(path.name)]


def read_spill(path: Path) -> Scan:
    """The records of a spill file, and the damage of one a crash cut short."""
    return scan_segment(path.read_bytes())


class SpillFolder:
    """Where one switch's records wait; makes the folder and each file for its owner only."""

    def __init__(self, folder: Path, switch: str) -> None:
        self.folder, self.switch = folder, switch
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.left = left_by_another(folder, switch)
        self._number = max((int(path.stem.rpartition("-")[2]) for path in self.left), default=0)
        self._lock = threading.Lock()

    def write(self, chunk: list[Batch]) -> Path:
        """A new file with the records of the chunk. Raises OSError, and then leaves no file."""
        handle, path = self._create()
        try:
            data = memoryview(b"".join([magic_line(self.switch), *(batch.data for batch in chunk)]))
            while data:
                data = data[os.write(handle, data) :]
        except OSError:
            path.unlink()
            raise
        finally:
            os.close(handle)
        return path

    def _create(self) -> tuple[int, Path]:
        while True:
            with self._lock:
                self._number += 1
                path = self.folder / f"{self.switch}-{self._number:06d}{SUFFIX}"
            try:
                return create_private(path), path
            except FileExistsError:  # of the process that took the journal over
                continue


def keep_spilling(queue: RecordQueue, spill: SpillFolder, status: ListenerStatus) -> None:
    """Move what does not fit in memory to the spill folder until the queue is closed: a thread's whole life."""
    pause = threading.Event()
    while (overflow := queue.overflow()) is not None:
        turn, chunk = overflow
        try:
            path = spill.write(chunk)
        except OSError as error:
            status.spill_failures += 1
            if "spill" not in status.unwell:
                log.error("%s: the journal stalls and cannot be spilled to %s: %s", spill.switch, spill.folder, error)
            status.unwell["spill"] = f"{spill.folder} cannot be written: {error}"
            pause.wait(RETRY_SECONDS)
            continue
        status.unwell.pop("spill", None)
        if not queue.spilled(turn, chunk, path):
            path.unlink()
            continue
        if not status.spilled_bytes or status.spill_files <= 1:
            log.warning("%s: the journal stalls; events wait in %s", spill.switch, spill.folder)
        status.spilled_bytes += sum(batch.bytes for batch in chunk)


def open_spill(folder: Path | None, switch: str, status: ListenerStatus) -> SpillFolder | None:
    """The switch's spill folder, if one is set and there; without it the listener still listens."""
    if folder is None:
        return None
    try:
        return SpillFolder(folder, switch)
    except OSError as error:
        status.unwell["spill"] = f"{folder} cannot be used: {error}"
        log.error("%s: the spill folder %s cannot be used: %s", switch, folder, error)
        return None
