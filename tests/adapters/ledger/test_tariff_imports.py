"""Tariffs from a file: whole versions, told in time, without overlap, or nothing."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from adapters.ledger.announcements import Waiver
from adapters.ledger.imports import ImportRefused, ImportReport, import_tariffs
from adapters.ledger.tariff_files import read_versions
from adapters.ledger.tariff_imports import plan_tariffs, write_tariffs
from tests.adapters.ledger.unchanged import unchanged

HEADER = (
    "version_id,plan,version_valid_from,version_valid_to,notice_date,origin_country,origin_number_type,"
    "destination_prefix,destination_country,category,price_eur,unit,connection_fee_eur,initial_seconds,"
    "increment_seconds,valid_from,valid_to\n"
)

V1 = "V1,standard,2026-01-01,{to},2025-11-28,*,*,{prefix},FR,France,{price},EUR/min,,,,,\n"
V2 = "V2,standard,2026-10-16,,2026-09-10,*,*,33,FR,France,0.0090,EUR/min,0.05,30,6,,\n"
FIXED = V1.format(to="", prefix="33", price="0.0080")
MOBILE = V1.format(to="", prefix="336", price='"0,0190"')


@pytest.fixture
def load(ledger, tmp_path):
    def load(*rows):
        path = tmp_path / "tariffs.csv"
        path.write_text(HEADER + "".join(rows))
        return import_tariffs(ledger, path)

    return load


@pytest.fixture
def refusal(load, ledger):
    def refusal(*rows):
        with unchanged(ledger), pytest.raises(ImportRefused) as raised:
            load(*rows)
        return [(problem.row, problem.reason) for problem in raised.value.problems]

    return refusal


def test_a_version_lands_with_its_rates_and_twice_changes_nothing(load, ledger):
    assert load(FIXED, MOBILE) == ImportReport(accepted=2)
    before = (ledger.tariff_versions(), ledger.rates())
    assert load(MOBILE, FIXED) == ImportReport(already_known=2)
    assert (ledger.tariff_versions(), ledger.rates()) == before
    fixed, mobile = ledger.rates("V1")
    assert (fixed.price_per_minute_micros, mobile.price_per_minute_micros) == (8000, 19000)
    assert (fixed.initial_seconds, fixed.increment_seconds, fixed.connection_fee_micros) == (1, 1, 0)
    assert (fixed.valid_from, fixed.valid_to) == (dt.date(2026, 1, 1), None)


def test_a_version_is_ended_and_the_next_begins_in_one_file(load, ledger):
    load(FIXED)
    ended = V1.format(to="2026-10-16", prefix="33", price="0.0080")
    assert load(ended, V2) == ImportReport(accepted=2)
    assert [(row.version_id, row.valid_to) for row in ledger.tariff_versions()] == [
        ("V1", dt.date(2026, 10, 16)),
        ("V2", None),
    ]
    (rate,) = ledger.rates("V2")
    assert (rate.connection_fee_micros, rate.initial_seconds, rate.increment_seconds) == (50_000, 30, 6)


AT_END = V1.format(to="2026-10-16", prefix="33", price="0.0080")
LATER = V1.format(to="2026-12-01", prefix="33", price="0.0080")
EARLIER = V1.format(to="2026-10-01", prefix="33", price="0.0080")


@pytest.mark.parametrize(
    ("first", "then", "said", "rule"),
    [
        ((FIXED,), AT_END, "no version of standard is in force from 2026-10-16, the end of V1: its calls", "gap"),
        ((AT_END, V2), EARLIER, "from 2026-10-01, the end of V1, to 2026-10-16, the start of V2", "gap"),
        (
            (AT_END,),
            LATER,
            "V1 ends on 2026-10-16 in the ledger, and 2026-12-01 here: nobody was",
            "missing_notice",
        ),
        ((AT_END,), FIXED, "V1 ends on 2026-10-16 in the ledger, and never here", "missing_notice"),
    ],
)
def test_an_end_that_moves_is_refused_where_days_lose_their_price_or_win_one_untold(
    load, refusal, ledger, tmp_path, first, then, said, rule
):
    load(*first)
    ((row, reason),) = refusal(then)
    assert row == 2
    assert said in reason
    path = tmp_path / "moved.csv"
    path.write_text(HEADER + then)
    announced, _ = read_versions(path)
    for by in ("A. Martin", "B. Petit"):
        waiver = Waiver(frozenset((rule,)), by, "agreed by telephone", dt.date(2026, 10, 30))
        write_tariffs(ledger, plan_tariffs(ledger, path, announced, [], waiver), waiver)
    assert next(v.valid_to for v in ledger.tariff_versions()) == announced[0].version.valid_to
    assert [(w.version_id, w.rule, w.accepted_by) for w in ledger.tariff_waivers()] == [("V1", rule, "A. Martin")]


def test_a_rule_waived_twice_for_a_version_keeps_both_who_answered(load, ledger, tmp_path):
    load(AT_END)
    path = tmp_path / "moved.csv"
    for rows, by in ((LATER, "A. Martin"), (FIXED, "B. Petit")):
        path.write_text(HEADER + rows)
        waiver = Waiver(frozenset(("missing_notice",)), by, "agreed", dt.date(2026, 10, 30))
        write_tariffs(ledger, plan_tariffs(ledger, path, read_versions(path)[0], [], waiver), waiver)
    (kept,) = ledger.tariff_waivers()
    assert (kept.accepted_by, kept.reason) == ("A. Martin", "agreed; 2026-10-30, B. Petit: agreed")


def test_a_price_may_change_inside_a_version_on_its_own_dates(load, ledger):
    until = FIXED.replace("EUR/min,,,,,\n", "EUR/min,,,,,2026-06-01\n")
    since = FIXED.replace("0.0080,EUR/min,,,,,\n", "0.0070,EUR/min,,,,2026-06-01,\n")
    assert load(until, since) == ImportReport(accepted=2)
    assert [row.price_per_minute_micros for row in ledger.rates("V1")] == [8000, 7000]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (FIXED.replace("0.0080", "-0.0080"), "price_eur: -0.0080 is negative"),
        (FIXED.replace("0.0080", "0.0000001"), "finer than 1/1000000 euro"),
        (FIXED.replace("0.0080", "free"), "price_eur: 'free' is not an amount"),
        (FIXED.replace("EUR/min", "EUR/s"), "unit: 'EUR/s' is not EUR/min; convert"),
        (FIXED.replace("EUR/min", ""), "unit is empty"),
        (FIXED.replace(",33,", ",06,"), "destination_prefix: '06' is not a prefix"),
        (FIXED.replace(",33,FR", ",33,France"), "destination_country: 'France' is not a country code"),
        (FIXED.replace("*,*", "*,landline"), "origin_number_type: 'landline' is not one of"),
        (FIXED.replace("EUR/min,,,", "EUR/min,,0,"), "initial_seconds: 0 seconds; the least is 1"),
        (FIXED.replace("2025-11-28", ""), "V1 takes effect on 2026-01-01 and has no notice date"),
        (FIXED.replace("2025-11-28", "2025-12-02"), "told on 2025-12-02.*not rate a call before 2026-01-02"),
        (FIXED.replace("2026-01-01,,", "2026-01-01,2026-01-01,"), "is not after version_valid_from"),
        (FIXED.replace("EUR/min,,,,,", "EUR/min,,,,2025-12-31,"), "the rate is valid on .*, its version on"),
        (FIXED.replace("EUR/min,,,,,", "EUR/min,,,,2026-06-01,2026-06-01"), "valid_to 2026-06-01 is not after"),
    ],
)
def test_a_wrong_row_is_refused_with_its_reason(refusal, row, said):
    problems = refusal(row)
    assert {number for number, _ in problems} == {2}
    assert any(re.search(said, reason) for _, reason in problems)


def test_a_duplicate_names_the_row_it_repeats(refusal):
    ((row, reason),) = refusal(FIXED, MOBILE, FIXED)
    assert row == 4
    assert "V1 * * 33 * 2026-01-01 is on row 2 already" in reason


def test_rates_that_overlap_name_each_other(refusal):
    later = FIXED.replace("EUR/min,,,,,", "EUR/min,,,,2026-06-01,")
    ((row, reason),) = refusal(FIXED, later)
    assert row == 3
    assert "overlaps V1 rate */* to 33 [2026-01-01, no end) (row 2)" in reason


def test_versions_of_a_plan_that_overlap_are_refused_inside_a_file(refusal):
    ((row, reason),) = refusal(FIXED, V2)
    assert row == 3
    assert "standard version V2 [2026-10-16, no end) (row 3) overlaps standard version V1" in reason


def test_versions_that_begin_on_one_day_are_refused(refusal):
    ((row, _),) = refusal(FIXED, FIXED.replace("V1,", "V9,"))
    assert row == 3


def test_a_version_that_overlaps_the_ledgers_is_refused(load, refusal):
    load(FIXED)
    ((row, reason),) = refusal(V2)
    assert row == 2
    assert "overlaps standard version V1 [2026-01-01, no end)" in reason


def test_the_rows_of_a_version_agree_about_it(refusal):
    ((row, reason),) = refusal(FIXED, MOBILE.replace("2025-11-28", "2025-11-01"))
    assert row == 3
    assert "V1: notice_date is 2025-11-01 here, 2025-11-28 on row 2" in reason


def test_every_problem_is_told_at_once(refusal):
    rows = (FIXED.replace("EUR/min", "EUR/s"), MOBILE, MOBILE, V2.replace("2026-09-10", "2026-10-01"))
    assert [row for row, _ in refusal(*rows)] == [2, 4, 5, 5]


def test_a_tariff_that_was_announced_does_not_change(load, refusal):
    load(FIXED, MOBILE)
    dearer = FIXED.replace("0.0080", "0.0100")
    ((row, reason),) = refusal(dearer, MOBILE)
    assert row == 2
    assert "price_per_minute_micros is 8000 in the ledger, 10000 here; a tariff that was announced" in reason


def test_a_known_version_gains_no_rate(load, refusal):
    load(FIXED)
    ((row, reason),) = refusal(FIXED, MOBILE)
    assert row == 3
    assert "V1 is known without this rate" in reason


def test_a_known_version_loses_no_rate(load, refusal):
    load(FIXED, MOBILE)
    ((row, reason),) = refusal(FIXED)
    assert row == 2
    assert "V1 is known with 1 more rate(s)" in reason
