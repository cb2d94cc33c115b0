"""Plans and included minutes from files: all or nothing, every problem by row, twice is once."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from adapters.ledger.imports import (
    ImportRefused,
    ImportReport,
    import_allowances,
    import_plans,
)
from adapters.ledger.tables import TariffPlan, TariffVersion, TariffWaiver
from domain.errors import PermanentError
from tests.adapters.ledger.unchanged import unchanged

PLANS = "plan,fallback_plan\n"
ALLOWANCES = "contract_id,destination_group,minutes,valid_from,valid_to\n"
HOURS = "ctr-1001-1,france,600,2026-10-01,{to}\n"


@pytest.fixture
def files(tmp_path):
    def write(content):
        path = tmp_path / "given.csv"
        path.write_text(content)
        return path

    return write


def refusal(load, ledger, path):
    with unchanged(ledger), pytest.raises(ImportRefused) as raised:
        load(ledger, path)
    return raised.value.problems


def version(version_id="V1", **changed):
    given = {"valid_from": dt.date(2026, 1, 1), "notice_date": dt.date(2025, 11, 1)}
    return TariffVersion(version_id=version_id, plan="standard", **given | changed)


def test_plans_land_with_what_they_fall_back_to_and_twice_changes_nothing(ledger, files):
    path = files(PLANS + "gold,standard\nstandard,\n")
    assert import_plans(ledger, path) == ImportReport(accepted=2)
    assert import_plans(ledger, path) == ImportReport(already_known=2)
    assert [(row.plan, row.fallback_plan) for row in ledger.tariff_plans()] == [
        ("gold", "standard"),
        ("standard", None),
    ]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("gold,gold\n", "plan gold falls back to itself"),
        ("gold,silver\n", "fallback plan silver is neither known nor in this file"),
        ("silver,standard\ngold,silver\n", "gold falls back to silver, which falls back to standard"),
        ("standard,silver\nsilver,\n", "fallback_plan is None in the ledger, silver here"),
        ("gold,\ngold,\n", "gold is on row 2 already"),
    ],
)
def test_a_wrong_plan_is_refused(customers, files, rows, said):
    problems = refusal(import_plans, customers, files(PLANS + rows))
    assert any(said in problem.reason for problem in problems)


def test_a_plan_does_not_fall_back_twice(customers):
    with customers.session() as session:
        session.add(TariffPlan(plan="silver", fallback_plan="standard"))
    with (
        pytest.raises(PermanentError, match="gold falls back to silver, which falls back to standard"),
        customers.session() as session,
    ):
        session.add(TariffPlan(plan="gold", fallback_plan="silver"))
    assert [row.plan for row in customers.tariff_plans()] == ["silver", "standard"]


def test_a_fallback_does_not_gain_a_fallback(customers):
    with customers.session() as session:
        session.add_all([TariffPlan(plan="gold", fallback_plan="standard"), TariffPlan(plan="base")])
    with pytest.raises(PermanentError, match="gold falls back to standard"), customers.session() as session:
        session.get_one(TariffPlan, "standard").fallback_plan = "base"


def test_a_version_without_a_notice_stands_only_under_a_waiver(customers):
    with pytest.raises(PermanentError, match="V1 has no notice date"), customers.session() as session:
        session.add(version(notice_date=None))
    with customers.session() as session:
        session.add(version(notice_date=None))
        session.flush()
        who: dict[str, Any] = {"accepted_by": "A. Martin", "reason": "first tariff", "accepted_on": dt.date(2026, 1, 1)}
        session.add(TariffWaiver(version_id="V1", rule="missing_notice", **who))
    assert [(row.version_id, row.rule) for row in customers.tariff_waivers()] == [("V1", "missing_notice")]


def test_included_minutes_are_ended_and_begun_anew(customers, files):
    assert import_allowances(customers, files(ALLOWANCES + HOURS.format(to=""))) == ImportReport(accepted=1)
    ended = HOURS.format(to="2026-11-01") + "ctr-1001-1,france,900,2026-11-01,\n"
    assert import_allowances(customers, files(ALLOWANCES + ended)) == ImportReport(accepted=2)
    assert [(row.minutes, row.valid_to) for row in customers.allowances()] == [(600, dt.date(2026, 11, 1)), (900, None)]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (HOURS.format(to="").replace("1001", "9999"), "contract ctr-9999-1 is not in the ledger; import it first"),
        (HOURS.format(to="2026-10-01"), "valid_to 2026-10-01 is not after valid_from"),
        (HOURS.format(to="").replace("2026-10-01", "2025-10-01"), "the minutes begin on 2025-10-01"),
        (HOURS.format(to="") + "ctr-1001-1,france,900,2026-11-01,\n", "overlaps ctr-1001-1 allowance to france"),
        (HOURS.format(to="").replace("600", "0"), "minutes: 0 minutes; the least is 1"),
    ],
)
def test_wrong_included_minutes_are_refused(customers, files, rows, said):
    problems = refusal(import_allowances, customers, files(ALLOWANCES + rows))
    assert any(said in problem.reason for problem in problems)
