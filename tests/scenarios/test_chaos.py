"""A listener that is killed again and again: what it journalled lands once, what it missed is named."""

from __future__ import annotations

import pytest

from assets.cdr.completeness import write_completeness
from tests.scenarios import chaos


@pytest.fixture(scope="module")
def survived(tmp_path_factory):
    """A small one: ``make chaos`` runs the full one."""
    happened = chaos.run(legs=2_000, kills=6, cuts=4, seed=1, home=tmp_path_factory.mktemp("chaos"))
    happened.lab.land()
    happened.lab.rebuild()
    return happened


def test_what_was_heard_before_each_kill_has_landed_once_and_nothing_else(survived):
    heard = {event.ended for visit in survived.heard() for event in visit if event.ended}
    landed = survived.landed()
    assert len(landed) == len(set(landed))
    assert set(landed) == heard
    assert heard < survived.legs


def test_the_legs_that_did_not_land_are_named_one_by_one(survived):
    found = write_completeness(survived.lab.warehouse)
    named = {(row["boot_id"], row["session_number"], row["explanation"]) for row in found.missing}
    not_landed = survived.legs - set(survived.landed())
    assert {named_leg[:2] for named_leg in named} == {(leg.boot_id, leg.session) for leg in not_landed}
    assert {explanation for _, _, explanation in named} == {"lost", "hangup_lost"}
    assert sum(boot["expected_legs"] for boot in found.boots) == len(survived.legs)
