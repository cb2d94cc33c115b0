"""Closes in processes of their own, killed at a chosen step: ``python -m tests.adapters.ledger.closers URL FOLDER``.

Everything is imported once, then each close is a fork: real processes and real SIGKILLs for some milliseconds each.
Reads a JSON list of closes a line, runs them at once, answers with how each ended: its exit code and its steps.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from adapters.files import file_sha256, publish
from adapters.ledger.documents import Closing, issue
from adapters.ledger.periods import Signature
from adapters.ledger.store import Ledger
from domain.calendar import Month
from domain.errors import PermanentError
from domain.invoice import DraftDocument, DraftLine

CUSTOMERS = ("acct-1001", "acct-1002", "acct-1003")
SHA = "0" * 64
REFUSED = 4


class Steps:
    """Counts what a close does, and dies at one of them."""

    def __init__(self, kill_at: int | None) -> None:
        self.done = 0
        self.kill_at = kill_at

    def step(self, *_: Any, **__: Any) -> None:
        self.done += 1
        if self.done == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)


def drafts(month: Month) -> list[DraftDocument]:
    line = DraftLine(1, "subscription", "Abonnement", "1", "mois", 49_000_000, 4900, "S", 2000)
    on = month.next.first_date
    due = on + dt.timedelta(days=30)
    return [
        DraftDocument(customer_id, "invoice", str(month), on, due, (line,), 4900, 980, 5880, {"buyer": customer_id})
        for customer_id in CUSTOMERS
    ]


def close(url: str, folder: Path, month: Month, steps: Steps) -> None:
    """Issue the month's documents, then write a file of each that is not there, and record it: as a close does."""
    for name in ("begin", "commit", "before_cursor_execute", "after_cursor_execute"):
        event.listen(Engine, name, steps.step)
    ledger = Ledger(url)
    signature = Signature("A. Martin", dt.datetime(2026, 11, 1, 8, tzinfo=dt.UTC))
    for document in issue(ledger, month, month.next.first_date, drafts(month), Closing(SHA, SHA, signature)):
        target = folder / f"{document.number}.pdf"
        if not target.exists():
            temporary = folder / f".{document.number}.{os.getpid()}"
            temporary.write_text(document.sha256)
            steps.step()
            publish(temporary, target)
            steps.step()
        ledger.keep_file(document.number, file_sha256(target), 1)
        steps.step()


def run(url: str, folder: Path, closes: list[dict[str, Any]]) -> list[list[int]]:
    """Each close in a fork, all at once."""
    children = []
    for one in closes:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            steps, code = Steps(one["kill_at"]), 0
            try:
                close(url, folder, Month.parse(one["month"]), steps)
            except PermanentError:
                code = REFUSED
            os.write(writing, str(steps.done).encode())
            os._exit(code)
        os.close(writing)
        children.append((child, reading))
    ended = []
    for child, reading in children:
        _, status = os.waitpid(child, 0)
        with os.fdopen(reading) as said:
            ended.append([os.waitstatus_to_exitcode(status), int(said.read() or 0)])
    return ended


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(run(sys.argv[1], Path(sys.argv[2]), json.loads(line))), flush=True)
