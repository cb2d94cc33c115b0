"""Closes killed at random steps, and closes at once: numbers without a gap, no document twice, none missing."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from adapters.files import file_sha256
from adapters.ledger.periods import events
from domain.calendar import Month
from tests.adapters.ledger.closers import CUSTOMERS, REFUSED

REPOSITORY = Path(__file__).resolve().parents[3]
SEED = 20261122
KILLS = 20


@pytest.fixture
def closers(ledger_url, customers, tmp_path):
    """Runs closes at once, each in a process of its own: (exit code, steps) of each."""
    folder = tmp_path / "documents"
    folder.mkdir()
    command = [sys.executable, "-m", "tests.adapters.ledger.closers", ledger_url, str(folder)]
    with subprocess.Popen(command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        answers = process.stdout

        def run(*closes: tuple[Month, int | None]) -> list[tuple[int, int]]:
            asked = [{"month": str(month), "kill_at": kill_at} for month, kill_at in closes]
            print(json.dumps(asked), file=process.stdin, flush=True)
            return [tuple(one) for one in json.loads(answers.readline())]

        yield run
        process.stdin.close()


def months(count: int) -> list[Month]:
    found = [Month(2026, 1)]
    while len(found) < count:
        found.append(found[-1].next)
    return found


def assert_whole(ledger, closed: list[Month], folder: Path) -> None:
    """Each customer's document of each month once, numbered 1, 2, 3 ... each year, with the file it was written as."""
    documents = ledger.documents()
    assert sorted((d.month, d.customer_id) for d in documents) == [(str(m), c) for m in closed for c in CUSTOMERS]
    sequences = defaultdict(list)
    for document in documents:
        sequences[document.series, document.year].append(document.sequence)
    for found in sequences.values():
        assert sorted(found) == list(range(1, len(found) + 1))
    files = ledger.document_files()
    assert {number: file.sha256 for number, file in files.items()} == {
        document.number: file_sha256(folder / f"{document.number}.pdf") for document in documents
    }
    assert [(event.month, event.event) for event in events(ledger)] == [
        (str(month), event) for month in closed for event in ("frozen", "closed")
    ]


def test_of_closes_killed_at_twenty_random_steps_nothing_is_lost_doubled_or_skipped(closers, customers, tmp_path):
    chance = random.Random(SEED)
    first, *others = months(KILLS + 1)
    [(code, steps)] = closers((first, None))
    assert code == 0
    for rank, month in enumerate(others):
        kill_at = chance.randint(1, steps)
        if rank % 2:
            # Beside another close of the same month, which goes on.
            (killed, _), (survived, _) = closers((month, kill_at), (month, None))
            assert survived == 0
        else:
            [(killed, _)] = closers((month, kill_at))
        # The killed one may have found everything done before its step came.
        assert killed in ((-signal.SIGKILL, 0) if rank % 2 else (-signal.SIGKILL,))
        assert closers((month, None))[0][0] == 0
    assert_whole(customers, [first, *others], tmp_path / "documents")


def test_of_two_months_closed_at_once_the_later_waits_for_the_earlier_or_is_refused(closers, customers, tmp_path):
    every = months(6)
    closers((every[0], None))
    for month in every[1:]:
        (earlier, _), (later, _) = closers((month, None), (month.next, None))
        assert earlier == 0
        assert later in (0, REFUSED)
        closers((month.next, None))
    assert_whole(customers, [*every, every[-1].next], tmp_path / "documents")
