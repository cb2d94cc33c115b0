"""When a delivery is tried again, and whether it is queued at all."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.delivery import LONGEST_RETRY, MOST_ATTEMPTS, Earlier, delivery_id, is_to_be_queued, message_id, retry_at

NOW = dt.datetime(2026, 11, 1, 8)


def test_retries_double_from_five_minutes_to_six_hours_and_end():
    waits = [(at - NOW).seconds // 60 for n in range(1, MOST_ATTEMPTS) if (at := retry_at(NOW, n)) is not None]
    assert waits == [5, 10, 20, 40, 80, 160, 320, 360, 360, 360, 360, 360, 360]
    assert retry_at(NOW, MOST_ATTEMPTS) is None


@given(st.integers(1, 10**9))
def test_no_wait_is_longer_than_the_longest(attempts):
    at = retry_at(NOW, attempts)
    assert at is None or NOW < at <= NOW + LONGEST_RETRY


@pytest.mark.parametrize(
    ("earlier", "queued"),
    [
        ([], True),
        ([("a", "sent")], False),
        ([("b", "sent")], False),
        ([("b", "queued")], False),
        ([("b", "sending")], False),
        ([("b", "bounced")], True),
        ([("a", "bounced")], False),
        ([("a", "failed"), ("b", "bounced")], False),
        ([("b", "bounced"), ("c", "sent")], False),
    ],
)
def test_what_went_or_may_go_to_anybody_is_not_queued_and_a_corrected_address_gets_it(earlier, queued):
    assert is_to_be_queued([Earlier(recipient, state) for recipient, state in earlier], "a") is queued


def test_the_same_message_has_one_identity_in_a_round():
    one, other = delivery_id("email", "a@x.org", "FA-1"), delivery_id("email", "b@x.org", "FA-1")
    assert one != other
    assert message_id("FA-1", one, 1, "x.org") == message_id("FA-1", one, 1, "x.org")
    assert len({message_id("FA-1", i, n, "x.org") for i in (one, other) for n in (1, 2)}) == 4
