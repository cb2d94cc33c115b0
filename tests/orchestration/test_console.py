"""Tables people read: whole columns, whatever the width of what they are printed on."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from orchestration.commands import console

NAMES = [f"a_column_with_a_name_{number}" for number in range(8)]
ROW = [f"value {number}" for number in range(8)]


@pytest.fixture
def printed(monkeypatch):
    def to(*, is_terminal: bool) -> io.StringIO:
        file = io.StringIO()
        target = Console(file=file, width=80, force_terminal=is_terminal, color_system=None)
        monkeypatch.setattr(console, "stdout", lambda: target)
        console.print_rows(NAMES, [ROW], as_csv=False)
        return file

    return to


def test_a_pipe_gets_every_column_on_one_line(printed):
    lines = printed(is_terminal=False).getvalue().splitlines()
    assert [value for value in ROW if value not in lines[3]] == []


def test_a_terminal_narrower_than_the_table_gets_a_record_per_block(printed):
    lines = printed(is_terminal=True).getvalue().splitlines()
    assert lines[0].startswith("row 1 of 1")
    assert [line.split(maxsplit=1)[0] for line in lines[1:]] == NAMES


def test_a_value_is_never_read_as_colour(monkeypatch):
    file = io.StringIO()
    monkeypatch.setattr(console, "stdout", lambda: Console(file=file, width=80))
    console.print_rows(["name"], [["[red]x"]], as_csv=False)
    assert "[red]x" in file.getvalue()
