"""Two closes at once and a close that is killed: real processes on a real ledger."""

from __future__ import annotations

import datetime as dt
import json
import os
import pickle
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.ledger.documents import issue
from domain.calendar import Month
from tests.closings import CLOSING

ON = dt.date(2026, 11, 1)

# Closes October with the drafts it is given. Says when it asks for the ledger; one that "waits" also says when
# only its commit is left, and holds there until it is let go.
CLOSE = """
import datetime as dt, json, pickle, sys
from sqlalchemy import Engine, event
from sqlmodel import Session
from adapters.ledger.documents import issue
from adapters.ledger.store import Ledger
from domain.calendar import Month
from tests.closings import CLOSING

url, waits = sys.argv[1], sys.argv[2] == "waits"
drafts = pickle.load(sys.stdin.buffer)

def hold(session):
    print("about to commit", flush=True)
    sys.stdin.buffer.readline()

if waits:
    event.listen(Session, "before_commit", hold)
# Listeners of the class speak before the ledger's own, which takes the lock.
event.listen(Engine, "begin", lambda _: print("asks", flush=True))
issued = issue(Ledger(url), Month(2026, 10), dt.date(2026, 11, 1), drafts, CLOSING)
print(json.dumps([document.number for document in issued]))
"""


@pytest.fixture
def close(ledger_url, customers, draft):
    """Starts a process that closes October; returns it when it is about to ask for the ledger."""
    repository = Path(__file__).resolve().parents[3]
    started = []

    def start(mode):
        process = subprocess.Popen(
            [sys.executable, "-c", CLOSE, ledger_url, mode],
            cwd=repository,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        started.append(process)
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(pickle.dumps([draft("acct-1001"), draft("acct-1002")]))
        process.stdin.flush()
        assert process.stdout.readline() == b"asks\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_of_two_closes_at_once_one_issues_and_the_other_returns_the_same(close, customers):
    first = close("waits")
    assert first.stdout.readline() == b"about to commit\n"
    # The second asks while the first holds its numbers, uncommitted.
    second = close("runs")
    out, _ = first.communicate(b"go\n")
    again, _ = second.communicate()
    assert json.loads(out) == json.loads(again) == ["FA-2026-000001", "FA-2026-000002"]
    assert len(customers.documents()) == 2


def test_a_race_of_closes_issues_once(close, customers):
    outs = {process.communicate()[0] for process in [close("runs") for _ in range(2)]}
    assert [json.loads(out) for out in outs] == [["FA-2026-000001", "FA-2026-000002"]]
    assert len(customers.documents()) == 2


def test_a_close_killed_before_its_commit_leaves_nothing_and_the_next_one_has_no_gap(close, customers, draft):
    process = close("waits")
    assert process.stdout.readline() == b"about to commit\n"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert (customers.documents(), customers.periods()) == ([], [])
    (document,) = issue(customers, Month(2026, 10), ON, [draft()], CLOSING)
    assert document.number == "FA-2026-000001"
