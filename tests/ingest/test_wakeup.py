"""Wakeup: a wait ends when it should, whoever comes first."""

from __future__ import annotations

import socket
from contextlib import closing
from threading import Thread

from ingest.wakeup import Wakeup


def test_a_wait_ends_when_it_is_set_from_another_thread():
    with closing(Wakeup()) as wakeup:
        thread = Thread(target=wakeup.set)
        thread.start()
        assert wakeup.wait(None) is False
        thread.join()
        assert wakeup.is_set


def test_set_before_the_wait_ends_it_at_once_and_every_later_one():
    with closing(Wakeup()) as wakeup:
        wakeup.set()
        wakeup.set()
        assert wakeup.wait(None) is False
        assert wakeup.wait(None) is False


def test_after_an_acknowledgement_only_the_socket_ends_a_wait():
    one, other = socket.socketpair()
    with one, other, closing(Wakeup()) as wakeup:
        wakeup.set()
        wakeup.acknowledge()
        assert wakeup.wait(0, one) is False
        other.send(b"x")
        assert wakeup.wait(None, one) is True


def test_setting_one_that_was_closed_does_nothing():
    wakeup = Wakeup()
    wakeup.wait(0)
    wakeup.close()
    wakeup.set()
    assert wakeup.is_set
