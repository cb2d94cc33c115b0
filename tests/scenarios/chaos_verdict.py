"""The proof after the chaos: what was heard landed once, what was not is named, the files bring it back.

``python -m tests.scenarios.chaos_verdict [--legs 100000] [--kills 50] [--cuts 20] [--seed 1]`` (``make chaos``).
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Collection, Iterator
from pathlib import Path

from tests.scenarios.chaos import Chaos, run
from tests.scenarios.switch_boots import Leg


def main() -> None:
    """The full one: what happened, what was lost by design, and the proof that the files brought it back."""
    parser = argparse.ArgumentParser(prog="python -m tests.scenarios.chaos", description=__doc__)
    parser.add_argument("--legs", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--cuts", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="chaos-") as home:
        happened = run(asked.legs, asked.kills, asked.cuts, asked.seed, Path(home))
        for line in verdict(happened, random.Random(asked.seed)):
            print(f"{time.monotonic() - started:7.1f} s  {line}", flush=True)


def verdict(happened: Chaos, rng: random.Random) -> Iterator[str]:
    """Each thing that is proved, as it is proved. Raises AssertionError at the first that is not so."""
    heard = {event.ended for visit in happened.heard() for event in visit if event.ended}
    unheard = happened.legs - heard
    visits = len(happened.visits)
    yield f"{len(happened.legs):,} legs ended on two boots; {visits} connections heard {len(heard):,} of them"
    check(happened, landed=heard)
    yield f"from events alone: {len(heard):,} landed once each, the {len(unheard):,} others named one by one"
    withheld = {leg for leg in sorted(happened.legs, key=str) if rng.randrange(10) == 0}
    happened.take_files(withheld)
    check(happened, landed=happened.legs - (withheld - heard))
    yield f"with {len(withheld):,} files withheld: exactly the {len(withheld - heard):,} nobody heard are named"
    happened.take_files()
    check(happened, landed=happened.legs)
    yield "with all files: 0 lost, 0 double, and the completeness table says so"


def check(happened: Chaos, landed: Collection[Leg]) -> None:
    """These legs have landed, once each, and the completeness table names exactly the others."""
    missing = happened.missing()
    records = happened.landed()
    assert len(records) == len(set(records)), "a leg has two call records"
    assert set(records) == set(landed), "other legs landed than those heard of"
    assert set(missing) == {(leg.boot_id, leg.session) for leg in happened.legs - set(landed)}
    assert set(missing.values()) <= {"lost", "hangup_lost"}


if __name__ == "__main__":
    main()
