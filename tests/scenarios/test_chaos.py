"""A listener that is killed again and again, cut off and told everything twice: nothing is lost, nothing double."""

from __future__ import annotations

import random

from tests.scenarios.chaos import run
from tests.scenarios.chaos_verdict import verdict


def test_kills_cuts_duplicates_and_reorders_lose_no_leg_and_double_none_and_what_is_withheld_is_named(tmp_path):
    """A small one: ``make chaos`` is the full one."""
    proved = list(verdict(run(legs=2_000, kills=6, cuts=4, seed=1, home=tmp_path), random.Random(1)))
    assert proved[-1] == "with all files: 0 lost, 0 double, and the completeness table says so"
