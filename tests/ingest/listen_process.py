"""A listener in a process of its own, for the tests that kill it: ``listen_process.py PORT FOLDER [SPILL]``.

Says on standard output how long the open segment is each time it was made durable. With a spill folder
its journal's disk stalls for ever.
"""

from __future__ import annotations

import os
import stat
import sys
import threading
import time
from pathlib import Path
from typing import Any

from ingest.esl_listener import EslListener, ListenerSettings, stopped_by_signals

durable = os.fsync


def tell(fd: Any) -> None:
    durable(fd)
    file = os.fstat(fd)
    if stat.S_ISREG(file.st_mode):
        print(file.st_size, flush=True)


def stall(fd: Any) -> None:
    if stat.S_ISREG(os.fstat(fd).st_mode):
        threading.Event().wait()


def main(port: str, folder: str, spill: str | None = None) -> None:
    os.fsync = stall if spill else tell
    settings = ListenerSettings(
        "127.0.0.1",
        int(port),
        "ClueCon",
        "fslab1",
        Path(folder),
        sync_seconds=0.0,
        memory_bytes=1_600_000,
        spill_folder=Path(spill) if spill else None,
    )
    listener = EslListener(settings, lambda: time.time_ns() // 1000, lambda: 0.0)
    with stopped_by_signals(listener):
        listener.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
