"""``seconde watch``: the supervisors' table, from a journal that is still being written."""

from __future__ import annotations

import io
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from rich.console import Console

from domain.live_calls import LiveCalls
from ingest.event_journal import EventJournal
from ingest.journal_segment import Record
from ingest.journal_tail import JournalTail
from orchestration.commands.watch import follow, picture

NOW = 1_795_372_163_000_000
CREATED = b'{"Event-Name":"CHANNEL_CREATE","Core-UUID":"b","Unique-ID":"l","variable_accountcode":"acct-1001"}'


def shown(records):
    switches: dict[str, LiveCalls] = {}
    follow(switches, records)
    file = io.StringIO()
    Console(file=file, width=120).print(picture(switches))
    return [line.split() for line in file.getvalue().splitlines()]


def test_a_line_for_each_customer_of_each_switch_and_their_sum():
    lines = shown([("fs1", Record(NOW, "json", CREATED)), ("fs2", Record(NOW, "json", CREATED))])
    assert [line for line in lines if "acct-1001" in line] == [
        ["│", "acct-1001", "│", "fs1", "│", "1", "│", "0", "│", "0", "│", "│", "│"],
        ["│", "acct-1001", "│", "fs2", "│", "1", "│", "0", "│", "0", "│", "│", "│"],
    ]
    assert [line for line in lines if "all" in line] == [["│", "all", "│", "│", "2", "│", "0", "│", "0", "│", "│", "│"]]


def test_the_channels_a_listener_noted_are_what_is_up():
    channels = b'{"note":"channels","row_count":1,"rows":[{"uuid":"x","call_uuid":"x","accountcode":"acct-7"}]}'
    lines = shown([("fs1", Record(NOW, "json", CREATED)), ("fs1", Record(NOW, "note", channels))])
    assert any("acct-7" in line for line in lines)
    assert not any("acct-1001" in line for line in lines)


def test_a_record_that_is_no_event_does_not_stop_the_view():
    assert shown([("fs1", Record(NOW, "json", b"{")), ("fs1", Record(NOW, "json", CREATED))])


def test_the_switchs_own_files_beside_its_events_do_not_stop_the_view(tmp_path):
    with (
        EventJournal(tmp_path, "fs1", lambda: NOW, 1 << 20, 3600) as heard,
        EventJournal(tmp_path, "fs1.cdr", lambda: NOW, 1 << 20, 3600) as filed,
    ):
        heard.append(NOW, "json", CREATED)
        filed.append(NOW, "cdr", b'{"core-uuid":"b","variables":{"uuid":"l"}}\n')
        for journal in (heard, filed):
            journal.flush()
        with closing(JournalTail(tmp_path)) as tail:
            lines = shown(tail.read_new())
    assert any("acct-1001" in line for line in lines)
    assert not any("fs1.cdr" in line for line in lines)


@pytest.mark.parametrize("has_journal", [True, False])
def test_once_prints_a_snapshot_of_the_open_segment_and_ends(tmp_path, has_journal):
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", "from orchestration.cli import main; main()", "watch", "--once"]
    environment = {"PYTHONPATH": str(root), "SECONDE_HOME": str(tmp_path), "COLUMNS": "120"}
    if not has_journal:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert (done.returncode, "seconde listen" in done.stderr) == (4, True)
        return
    with EventJournal(tmp_path / "journal", "fs1", lambda: NOW, 1 << 20, 3600) as journal:
        journal.append(NOW, "json", CREATED)
        journal.flush()
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, "acct-1001" in done.stdout) == (0, True), done.stderr
