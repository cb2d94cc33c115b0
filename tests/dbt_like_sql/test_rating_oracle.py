"""The rating models price any calls on any tariffs exactly as ``domain.rating`` does, call by call.

``PYTHONPATH=. python -m tests.dbt_like_sql.million_calls`` asks the same of a million calls.
"""

from __future__ import annotations

import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.calendar import midnight_utc
from domain.monthly_rating import Tariffs
from domain.rating import Call
from domain.tariff import Rate
from tests.dbt_like_sql.memory import Memory
from tests.dbt_like_sql.oracle_world import (
    DAYS,
    FALLBACKS,
    LONG,
    Outcome,
    World,
    outcomes_of,
    random_world,
    rate_in_sql,
)  # fmt: skip


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(dice=st.randoms(use_true_random=False), calls=st.integers(1, 40), rates=st.integers(0, 30))
def test_sql_and_domain_agree_on_every_call(memory: Memory, dice: random.Random, calls: int, rates: int) -> None:
    world = random_world(dice, calls, rates)
    assert rate_in_sql(memory, world) == outcomes_of(world)


def test_sql_and_domain_agree_on_months_of_many_calls(memory: Memory) -> None:
    outcomes = list[Outcome]()
    for seed in range(3):
        world = random_world(random.Random(seed), 1_500, 60)
        expected = outcomes_of(world)
        assert rate_in_sql(memory, world) == expected
        outcomes += expected.values()
    kinds = {kind for outcome in outcomes if len(outcome) > 1 for kind, _, _ in outcome[-1]}
    assert kinds == {"included", "rate", "tier"}
    reasons = {outcome[0] for outcome in outcomes if len(outcome) == 1}
    assert reasons == {"NO_CUSTOMER", "INVALID_NUMBER", "EXPIRED_RATE", "NO_RATE"}
    assert any(len(outcome[-1]) > 3 for outcome in outcomes if len(outcome) > 1), "no call crosses three boundaries"


def test_the_longest_prefix_is_found_whatever_its_length(memory: Memory) -> None:
    deck = [one_rate(length, LONG[:length]) for length in range(1, len(LONG) + 1)]
    numbers = {f"{length:07}": LONG[:length] + other(LONG[length : length + 1]) for length in range(1, len(LONG) + 1)}
    calls = [one_call(leg_id, digits) for leg_id, digits in numbers.items()]
    world = World(Tariffs(tuple(deck), FALLBACKS), {"contract-0": "standard"}, calls, {})
    found = {leg_id: outcome[0] for leg_id, outcome in rate_in_sql(memory, world).items()}
    assert found == {leg_id: int(leg_id) for leg_id in numbers}
    assert found == {leg_id: outcome[0] for leg_id, outcome in outcomes_of(world).items()}


def other(digit: str) -> str:
    """A digit that is not the one that would follow; nothing after the last."""
    return "" if not digit else "8" if digit != "8" else "7"


def one_rate(rate_id: int, prefix: str) -> Rate:
    since = midnight_utc(DAYS[0])
    return Rate(rate_id, "v1", "standard", prefix, "FR", "France", 1_000, since)


def one_call(leg_id: str, digits: str) -> Call:
    return Call("standard", digits, midnight_utc(DAYS[1]), 60, contract_id="contract-0", boot_id="boot", leg_id=leg_id)
