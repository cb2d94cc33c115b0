"""The rating models price any calls on any tariffs exactly as ``domain.rating`` does, call by call.

``PYTHONPATH=. python -m tests.dbt_like_sql.million_calls`` asks the same of a million calls.
"""

from __future__ import annotations

import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.dbt_like_sql.memory import Memory
from tests.dbt_like_sql.oracle_world import Outcome, outcomes_of, random_world, rate_in_sql


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
