"""The replay as a client sees it: it waits for commands, keeps the pace, hangs up in good order."""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack

import pytest

from domain.errors import BadInput, TransientError
from ingest.replay import BYE, Recording, Replay

GREETING = b"Content-Type: auth/request\n\n"
ACCEPTED = b"Content-Type: command/reply\nReply-Text: +OK accepted\n\n"
EVENT = b'Content-Length: 24\nContent-Type: text/event-json\n\n{"Event-Name":"SHUTDOWN"}'[:-1] + b"}"


class Client:
    """A raw client: reads exactly what it expects."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), 10)

    def expect(self, data):
        got = b""
        while len(got) < len(data) and (more := self.socket.recv(len(data) - len(got))):
            got += more
        assert got == data

    def say(self, command):
        self.socket.sendall(command + b"\n\n")

    def rest(self):
        return b"".join(iter(lambda: self.socket.recv(65536), b""))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


def test_each_answer_waits_for_its_command(captures):
    data = (captures / "misc/bad-commands.esl").read_bytes()
    answers = data.count(b"Content-Type: command/reply") + data.count(b"Content-Type: api/response")
    with Replay([Recording(data)]) as replay, Client(replay.port) as client:
        client.expect(GREETING)
        client.socket.settimeout(0.05)
        with pytest.raises(TimeoutError):
            client.socket.recv(1)
        client.socket.settimeout(10)
        client.say(b"auth ClueCon")
        client.expect(ACCEPTED)
        for number in range(answers - 1):
            client.say(b"command %d" % number)
        assert client.rest() == data[len(GREETING + ACCEPTED) :]
    assert replay.commands == ["auth ClueCon", *(f"command {number}" for number in range(answers - 1))]


@pytest.mark.parametrize("name", ["background-job-json", "exit", "linger-inbound", "wrong-password", "no-auth-idle"])
def test_a_client_gets_the_recorded_bytes(captures, name):
    data = (captures / f"misc/{name}.esl").read_bytes()
    with Replay([Recording(data)]) as replay, Client(replay.port) as client:
        for _ in range(data.count(b"Content-Type: command/reply")):
            client.say(b"anything")
        assert client.rest() == data


def test_commands_may_come_in_pieces_and_together():
    with Replay([Recording(GREETING + ACCEPTED + ACCEPTED + EVENT)]) as replay, Client(replay.port) as client:
        client.expect(GREETING)
        client.socket.sendall(b"auth Clue")
        client.socket.sendall(b"Con\n\nevent js")
        client.expect(ACCEPTED)
        client.socket.sendall(b"on ALL\n\n")
        assert client.rest() == ACCEPTED + EVENT
    assert replay.commands == ["auth ClueCon", "event json ALL"]


def test_each_client_gets_the_next_recording_then_the_port_is_free():
    with Replay([Recording(GREETING), Recording(EVENT)]) as replay:
        with Client(replay.port) as client:
            assert client.rest() == GREETING
        with Client(replay.port) as client:
            assert client.rest() == EVENT
        replay.wait()
        with pytest.raises(ConnectionRefusedError):
            Client(replay.port)


def test_a_client_that_leaves_early_leaves_the_next_one_served():
    with Replay([Recording(GREETING + ACCEPTED), Recording(GREETING)]) as replay:
        with Client(replay.port):
            pass
        with Client(replay.port) as client:
            assert client.rest() == GREETING


def test_exit_is_answered_as_freeswitch_does_whatever_is_left_to_say(held_open):
    with Replay([held_open(GREETING)], at_recorded_pace=True) as replay, Client(replay.port) as client:
        client.expect(GREETING)
        client.say(b"exit")
        assert client.rest() == BYE


def test_the_bye_is_the_recorded_one(captures):
    assert (captures / "misc/exit.esl").read_bytes().endswith(BYE)


def test_the_recorded_pace_is_kept():
    recording = Recording(GREETING + EVENT, ((100.0, len(GREETING)), (100.05, len(GREETING + EVENT))))
    with Replay([recording], at_recorded_pace=True) as replay, Client(replay.port) as client:
        client.expect(GREETING)
        before = time.monotonic()
        assert client.rest() == EVENT
        assert time.monotonic() - before > 0.04


def test_the_index_of_a_capture_says_when_each_frame_came(captures):
    steps = list(Recording.load(captures / "short/json-subset.esl").steps())
    assert b"".join(step.data for step in steps) == (captures / "short/json-subset.esl").read_bytes()
    assert [step.at for step in steps] == sorted(step.at for step in steps)
    assert [step.is_answer for step in steps[:4]] == [False, True, True, False]
    assert steps[-1].at == pytest.approx(9.77, abs=0.01)


def test_stopping_ends_a_client_that_does_not_read(captures):
    data = (captures / "mini/json-all.esl").read_bytes() * 20
    with ExitStack() as stack, Replay([Recording(GREETING + data[data.index(b"Content-Length") :])]) as replay:
        client = stack.enter_context(Client(replay.port))
        client.expect(GREETING)


def test_the_recorded_pace_needs_an_index():
    with pytest.raises(BadInput, match=r"needs the \.idx file"):
        Replay([Recording(GREETING)], at_recorded_pace=True)


def test_an_index_that_is_none_is_bad_input(tmp_path):
    (tmp_path / "x.esl").write_bytes(GREETING)
    (tmp_path / "x.esl.idx").write_text("soon 0 28\n")
    with pytest.raises(BadInput, match="unix_time offset length"):
        Recording.load(tmp_path / "x.esl")


def test_a_port_that_is_taken_is_said():
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(TransientError, match="choose another"):
        Replay([], port=taken.getsockname()[1])
