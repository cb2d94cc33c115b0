"""No two truths at once, by the check on both databases and by constraint on PostgreSQL."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from adapters.ledger.overlaps import Validity, overlapping
from adapters.ledger.tables import Contract, ContractAllowance, PhoneNumber, TariffPlan, TariffRate, TariffVersion
from domain.errors import PermanentError

JANUARY = dt.date(2026, 1, 1)
OCTOBER = dt.date(2026, 10, 1)
NOVEMBER = dt.date(2026, 11, 1)

DAYS = st.integers(min_value=0, max_value=12).map(lambda n: JANUARY + dt.timedelta(days=n))


@st.composite
def validities(draw):
    start = draw(DAYS)
    end = draw(st.none() | st.integers(min_value=1, max_value=6).map(lambda n: start + dt.timedelta(days=n)))
    return Validity(draw(st.sampled_from("ab")), "x", start, end)


def share_a_day(one, other):
    days = [JANUARY + dt.timedelta(days=n) for n in range(30)]
    return any(all(v.valid_from <= d and (v.valid_to is None or d < v.valid_to) for v in (one, other)) for d in days)


@given(st.lists(validities(), max_size=6))
def test_an_overlap_is_found_whenever_two_of_a_key_share_a_day(rows):
    expected = any(
        rows[i].key == rows[j].key and share_a_day(rows[i], rows[j]) for i in range(len(rows)) for j in range(i)
    )
    found = list(overlapping(rows))
    assert bool(found) == expected
    assert all(one.key == other.key and share_a_day(one, other) for one, other in found)


def number(contract_id="ctr-1001-1", valid_from=OCTOBER, valid_to=None):
    return PhoneNumber(
        number="+33170181001", contract_id=contract_id, country="FR", number_type="fixed", monthly_cents=100,
        valid_from=valid_from, valid_to=valid_to,
    )  # fmt: skip


def version(version_id, valid_from, valid_to=None, plan="standard"):
    notice = valid_from - dt.timedelta(days=40)
    return TariffVersion(version_id=version_id, plan=plan, valid_from=valid_from, valid_to=valid_to, notice_date=notice)


def rate(valid_from, valid_to=None, **changed):
    given: dict[str, Any] = {"version_id": "V1", "destination_prefix": "33", "destination_country": "FR"}
    given |= {"category": "France - fixes", "price_per_minute_micros": 8000}
    return TariffRate(**given | {"valid_from": valid_from, "valid_to": valid_to} | changed)


def allowance(valid_from, valid_to=None, **changed):
    given: dict[str, Any] = {"contract_id": "ctr-1001-1", "destination_group": "france", "minutes": 600}
    return ContractAllowance(**given | {"valid_from": valid_from, "valid_to": valid_to} | changed)


def keep(ledger, *rows):
    with ledger.session() as session:
        for row in rows:
            if isinstance(row, TariffVersion):
                session.merge(TariffPlan(plan=row.plan))
                session.flush()
            session.add(row)
            session.flush()


def test_a_number_is_on_one_contract_at_a_time(customers):
    keep(customers, number())
    with pytest.raises(PermanentError, match=r"\+33170181001 on ctr-1001-1 .* overlaps .* on ctr-1002-1"):
        keep(customers, number("ctr-1002-1", valid_from=NOVEMBER))
    assert [row.contract_id for row in customers.phone_numbers()] == ["ctr-1001-1"]


def test_a_number_moves_to_another_contract_on_the_day_it_leaves_the_first(customers):
    keep(customers, number(valid_to=NOVEMBER), number("ctr-1002-1", valid_from=NOVEMBER))
    assert len(customers.phone_numbers()) == 2


def test_ending_one_assignment_and_beginning_the_next_is_one_change(customers):
    keep(customers, number())
    with customers.session() as session:
        session.add(number("ctr-1002-1", valid_from=NOVEMBER))
        session.flush()
        session.get_one(PhoneNumber, customers.phone_numbers()[0].id).valid_to = NOVEMBER
    assert [row.valid_to for row in customers.phone_numbers()] == [NOVEMBER, None]


def test_a_number_is_not_assigned_before_its_contract_begins(customers):
    with pytest.raises(PermanentError, match="not inside its contract"):
        keep(customers, number(valid_from=dt.date(2025, 12, 31)))


@pytest.mark.parametrize("valid_to", [None, dt.date(2026, 11, 2)])
def test_a_number_does_not_outlive_its_contract(customers, contract, valid_to):
    keep(customers, contract("ctr-1001-2", ended_on=dt.date(2026, 10, 31)))
    with pytest.raises(PermanentError, match="not inside its contract"):
        keep(customers, number("ctr-1001-2", valid_to=valid_to))


def test_a_number_may_serve_until_the_last_day_of_its_contract(customers, contract):
    keep(customers, contract("ctr-1001-2", ended_on=dt.date(2026, 10, 31)), number("ctr-1001-2", valid_to=NOVEMBER))
    assert [row.valid_to for row in customers.phone_numbers()] == [NOVEMBER]


def test_a_contract_does_not_end_under_its_numbers(customers):
    keep(customers, number())
    with pytest.raises(PermanentError, match="not inside its contract"), customers.session() as session:
        session.get_one(Contract, "ctr-1001-1").ended_on = dt.date(2026, 10, 31)
    assert customers.contracts()[0].ended_on is None


def test_a_plan_has_one_version_in_force(ledger):
    keep(ledger, version("V1", JANUARY))
    with pytest.raises(PermanentError, match=r"V1 \[2026-01-01, no end\) overlaps .* V2"):
        keep(ledger, version("V2", OCTOBER))


def test_two_plans_have_their_own_versions(ledger):
    keep(ledger, version("V1", JANUARY), version("W1", JANUARY, plan="wholesale"))
    assert len(ledger.tariff_versions()) == 2


def test_a_version_has_one_price_for_a_kind_of_call(ledger):
    keep(ledger, version("V1", JANUARY), rate(JANUARY, NOVEMBER))
    with pytest.raises(PermanentError, match=r"V1 rate \*/\* to 33 .* overlaps"):
        keep(ledger, rate(OCTOBER))


def test_rates_to_other_prefixes_or_from_other_origins_do_not_compete(ledger):
    keep(ledger, version("V1", JANUARY), rate(JANUARY), rate(JANUARY, destination_prefix="336"))
    keep(ledger, rate(JANUARY, origin_country="FR"), rate(JANUARY, origin_number_type="mobile"))
    keep(ledger, rate(JANUARY, call_category="campaign"), rate(JANUARY, call_category="incoming"))
    assert len(ledger.rates("V1")) == 6


def test_a_contract_includes_one_number_of_minutes_to_a_group(customers):
    keep(customers, allowance(JANUARY), allowance(JANUARY, destination_group="mobiles"))
    with pytest.raises(PermanentError, match=r"ctr-1001-1 allowance to france .* overlaps"):
        keep(customers, allowance(OCTOBER))
    keep(customers, allowance(JANUARY, contract_id="ctr-1002-1"))
    assert len(customers.allowances()) == 3


RAW = {
    "phone_number": (
        number(),
        "insert into phone_number values (99, '+33170181001', 'ctr-1002-1', 'FR', 'fixed', 100, '2026-11-01')",
    ),
    "tariff_version": (
        version("V1", JANUARY),
        "insert into tariff_version values ('V2', 'standard', '2026-10-01', null, '2026-08-01')",
    ),
    "tariff_rate": (
        rate(JANUARY, version_id="V0"),
        "insert into tariff_rate values (99, 'V0', '*', '*', '33', 'FR', 'X', 0, 0, 1, 1, '2026-10-01')",
    ),
    "contract_allowance": (
        allowance(JANUARY),
        "insert into contract_allowance values ('ctr-1001-1', 'france', '2026-10-01', null, 60)",
    ),
}


@pytest.mark.parametrize("ledger_url", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
@pytest.mark.parametrize("table", RAW)
def test_postgresql_excludes_an_overlap_written_past_the_check(customers, table):
    with customers.reading() as session:
        if (
            not session.connection()
            .execute(text("select count(*) from pg_extension where extname = 'btree_gist'"))
            .scalar()
        ):
            pytest.skip("this PostgreSQL has no btree_gist: apt-get install postgresql-contrib")
    row, statement = RAW[table]
    keep(customers, version("V0", dt.date(2025, 1, 1), JANUARY), row.model_copy())
    with pytest.raises(PermanentError, match=f"ex_{table}_validity"), customers.session() as session:
        session.connection().execute(text(statement))
