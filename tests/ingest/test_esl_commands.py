"""Asking a switch: answers in order, refusals by kind, the password nowhere but on the line."""

from __future__ import annotations

import pytest

from domain.errors import PermanentError, TransientError
from ingest.esl_commands import REPLY_SECONDS, connected
from tests.ingest.asked_switch import REFUSED, AskedSwitch, asked_switch

ANSWERS = {
    "status": "UP 0 years",
    "global_getvar nothing": "-ERR no reply\n",
    "nosuchapi": "-ERR nosuchapi Command not found!\n",
    "show calls count": "\n0 total.\n",
    "reloadxml": "+OK [Success]\n",
    "uuid_kill x": "-ERR No such channel!\n",
    "large": "x" * 300_000,
    "accents": "Zoé Lefèvre\n",
}


@pytest.fixture
def switch():
    with asked_switch(AskedSwitch(lambda command: ANSWERS.get(command, command))) as switch:
        yield switch


@pytest.fixture
def commands(switch):
    with connected("127.0.0.1", switch.port, "lab", 60) as commands:
        yield commands


def test_answers_come_in_the_order_of_the_questions(commands, switch):
    assert [commands.api(command) for command in ("status", "show calls count", "reloadxml", "accents")] == [
        "UP 0 years",
        "\n0 total.",
        "+OK [Success]",
        "Zoé Lefèvre",
    ]
    assert switch.said == ["auth lab", "api status", "api show calls count", "api reloadxml", "api accents"]


def test_an_answer_of_nothing_is_nothing(commands):
    assert commands.api("global_getvar nothing") == ""


@pytest.mark.parametrize("chunk", [1, 7, 1000])
def test_an_answer_may_come_in_any_pieces(switch, chunk):
    switch.chunk = chunk
    with connected("127.0.0.1", switch.port, "lab", 60) as commands:
        assert commands.api("accents") == "Zoé Lefèvre"


def test_a_large_answer_is_whole(commands):
    assert len(commands.api("large")) == 300_000


def test_a_command_that_must_succeed_raises_with_freeswitchs_words(commands):
    assert commands.run("reloadxml") == "+OK [Success]"
    with pytest.raises(PermanentError, match="refused 'uuid_kill x': -ERR No such channel!"):
        commands.run("uuid_kill x")
    assert commands.api("uuid_kill x") == "-ERR No such channel!"


def test_a_command_of_a_module_that_is_not_loaded_says_so(commands):
    with pytest.raises(PermanentError, match="has no command 'nosuchapi'; load the module"):
        commands.api("nosuchapi")


def ask(switch, password="lab", greeting_seconds=60.0):
    """Connect to a switch of its own, and ask it one thing."""
    with asked_switch(switch), connected("127.0.0.1", switch.port, password, 60.0, greeting_seconds) as commands:
        return commands.api("status")


def test_a_wrong_password_is_refused_and_not_repeated_in_the_message():
    with pytest.raises(PermanentError, match="refuses the password: -ERR invalid") as refused:
        ask(AskedSwitch(str), "my secret")
    assert "my secret" not in str(refused.value)


def test_an_address_outside_the_acl_is_told_so():
    with pytest.raises(PermanentError, match="refuses this address"):
        ask(AskedSwitch(str, greeting=REFUSED))


def test_what_is_no_event_socket_is_told_so():
    with pytest.raises(PermanentError, match="is no event socket"):
        ask(AskedSwitch(str, greeting=b"Content-Type: command/reply\nReply-Text: +OK\n\n"))


def test_nobody_there_is_for_later():
    with asked_switch(AskedSwitch(str)) as switch:
        port = switch.port
    with (
        pytest.raises(TransientError, match=f"no FreeSWITCH answers at 127.0.0.1:{port}"),
        connected("127.0.0.1", port, "x"),
    ):
        pass


@pytest.mark.parametrize("answer", ["goodbye", "silence"])
def test_a_switch_that_goes_away_in_between_is_for_later(answer):
    with pytest.raises(TransientError, match="later"):
        ask(AskedSwitch(lambda command: answer))


def test_a_switch_that_is_stuck_is_waited_for_as_long_as_a_greeting_takes_and_not_as_a_reload():
    """A real FreeSWITCH that was stopped (SIGSTOP) still takes connections: its kernel does."""
    with pytest.raises(TransientError, match="was lost"):
        ask(AskedSwitch(str, greeting=b""), greeting_seconds=0.05)


def test_an_answer_may_take_as_long_as_a_reload(switch):
    with connected("127.0.0.1", switch.port, "lab", greeting_seconds=5.0) as commands:
        assert commands.connection.gettimeout() == REPLY_SECONDS


def test_bytes_that_are_no_frame_are_for_later():
    with pytest.raises(TransientError, match="unreadably"):
        ask(AskedSwitch(str, greeting=b"HTTP/1.1 400 Bad Request\n\nContent-Type: auth/request\n\n"))


@pytest.mark.parametrize("line", ["status\n\napi shutdown", "status\r"])
def test_a_command_is_one_line(commands, switch, line):
    with pytest.raises(ValueError, match="one command is one line"):
        commands.api(line)
    assert switch.said == ["auth lab"]
