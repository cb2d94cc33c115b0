"""SQL and oracle on a million random calls over random tariffs: ``python -m tests.dbt_like_sql.million_calls [N]``."""

from __future__ import annotations

import random
import sys
import time

from dbt_like_sql.project import Project
from tests.dbt_like_sql.memory import PROJECT, Memory
from tests.dbt_like_sql.oracle_world import outcomes_of, random_world, rate_in_sql

BATCH = 20_000


def main(calls: int) -> int:
    """Compare in batches, each with tariffs of its own. Returns how many calls differ."""
    memory, began, compared, rated, cut, differing = Memory(Project.load(PROJECT)), time.monotonic(), 0, 0, 0, 0
    for seed in range(-(-calls // BATCH)):
        dice = random.Random(seed)
        world = random_world(dice, min(BATCH, calls - seed * BATCH), dice.randrange(10, 80))
        expected, found = outcomes_of(world), rate_in_sql(memory, world)
        for leg_id in sorted(expected.keys() | found.keys()):
            if expected.get(leg_id) != found.get(leg_id):
                differing += 1
                print(f"seed {seed}, leg {leg_id}: domain {expected.get(leg_id)}, SQL {found.get(leg_id)}")
        compared += len(world.calls)
        rated += sum(len(outcome) > 1 for outcome in expected.values())
        cut += sum(len(outcome) > 1 and len(outcome[-1]) > 0 for outcome in expected.values())
    seconds = time.monotonic() - began
    print(f"{compared:,} calls over {seed + 1} tariffs: {rated:,} rated, {cut:,} of them by parts; "
          f"{differing} differ; {seconds:.0f} s")  # fmt: skip
    return differing


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000) > 0)
