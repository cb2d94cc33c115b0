"""Carriers' decks into the ledger: refusals by row and rule, waivers that are recorded, all of it or nothing."""

from __future__ import annotations

import datetime as dt

import pytest

from adapters.decks.reader import read_deck
from adapters.ledger.announcements import Terms, Waiver, announce_deck
from adapters.ledger.imports import ImportRefused, ImportReport
from adapters.ledger.tables import TariffPlan
from adapters.ledger.tariff_imports import plan_tariffs, write_tariffs
from domain.errors import BadInput, TransientError
from tests.adapters.ledger.unchanged import content as content_of

FIRST = Terms("standard", valid_from=dt.date(2026, 10, 1), notice_date=dt.date(2026, 8, 28), told_customers="all")
NEXT = Terms("standard", valid_from=dt.date(2026, 12, 1), notice_date=dt.date(2026, 10, 28), told_customers="all")
DECK = "pays;prefixe;prix (EUR/min)\nFrance;33;0,0080\nFrance;336;0,0190\nBelgique;32;0,0200\n"
RULES = ("late_notice", "missing_notice", "gap", "price_unit")


def waiver(*rules):
    return Waiver(frozenset(rules), "A. Martin", "agreed by telephone", dt.date(2026, 10, 30))


@pytest.fixture
def plan(ledger, tmp_path):
    """Reads a text as a deck and plans its import."""

    def plan(text, terms=NEXT, waived=None, unit=None):
        path = tmp_path / "deck.csv"
        path.write_text(text)
        deck = read_deck(path, unit=unit)
        return plan_tariffs(ledger, path, [announce_deck(deck, terms)], deck.problems, waived)

    return plan


@pytest.fixture
def load(ledger, plan):
    def load(text, terms=NEXT, waived=None, unit=None):
        return write_tariffs(ledger, plan(text, terms, waived, unit), waived)

    return load


@pytest.fixture
def content(ledger):
    return lambda: content_of(ledger)


@pytest.fixture
def refusal(load, content):
    """The problems of an import that changed not one byte."""

    def refusal(text, terms=NEXT, waived=None):
        before = content()
        with pytest.raises(ImportRefused) as raised:
            load(text, terms, waived)
        assert content() == before, "a refused import leaves the ledger byte for byte"
        return [(problem.row, problem.reason) for problem in raised.value.problems]

    return refusal


def test_a_deck_takes_over_from_the_version_before_it_and_twice_is_nothing(load, ledger, content):
    assert load(DECK, FIRST) == ImportReport(accepted=3)
    assert load(DECK.replace("0,0190", "0,0170")) == ImportReport(accepted=3)
    assert [(v.version_id, v.valid_from, v.valid_to, v.told_customers) for v in ledger.tariff_versions()] == [
        ("standard-2026-10-01", dt.date(2026, 10, 1), dt.date(2026, 12, 1), "all"),
        ("standard-2026-12-01", dt.date(2026, 12, 1), None, "all"),
    ]
    rates = ledger.rates("standard-2026-12-01")
    assert [(r.destination_prefix, r.destination_country, r.price_per_minute_micros, r.category) for r in rates] == [
        ("32", "BE", 20_000, "Belgique"),
        ("33", "FR", 8_000, "France"),
        ("336", "FR", 17_000, "France"),
    ]
    before = content()
    assert load(DECK, FIRST) == ImportReport(already_known=3), "also the deck whose version has ended since"
    assert load(DECK.replace("0,0190", "0,0170")) == ImportReport(already_known=3)
    assert content() == before


def test_a_known_version_is_named_without_repeating_who_was_told(load):
    load(DECK, FIRST)
    assert load(DECK, Terms("standard", valid_from=dt.date(2026, 10, 1))) == ImportReport(already_known=3)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("France;337;-0,01", "price: -0,01 is negative"),
        ("France;33;0,01", "standard-2026-12-01 * * 33 * 2026-12-01 is on row 2 already"),
        ("France;33162-33168, 33165;0,01", "* * 33165 * 2026-12-01 is on row 5 already"),
        ("France;33-6;0,01", "may be a range or one prefix"),
        ("France;337;0,0000001", "finer than a micro-euro"),
        ("France;337;15,01", "337 at 15.0100 EUR/min is above 15.0000 EUR/min"),
        ("France;337;", "price is empty"),
        ("France;;0,01", "prefix is empty"),
    ],
)
def test_a_wrong_row_refuses_the_whole_deck_by_its_number(load, refusal, row, said):
    load(DECK, FIRST)
    ((number, reason),) = refusal(f"{DECK}{row}\n")
    assert number == 5
    assert said in reason


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ("connection fee", "33 at 15.0000 EUR connection fee is above 5.0000 EUR connection fee: cents given as euros"),
        ("minimum charge", "33 at 15.0000 EUR minimum charge is above"),
        ("surcharge per call", "33 at 15.0000 EUR/call surcharge is above"),
    ],
)
def test_an_amount_no_call_owes_is_refused_or_answered_for(load, refusal, column, said):
    deck = f"prefix;price (eur/min);{column}\n33;0,012;15\n"
    ((row, reason),) = refusal(deck)
    assert row == 2
    assert said in reason
    assert load(deck, waived=waiver("price_unit")) == ImportReport(accepted=1)


def test_every_problem_is_told_at_once_with_its_row(refusal):
    problems = refusal(
        f"{DECK}France;06;0,01\nFrance;33;0,01\nFrance;337;99\n", Terms("standard", valid_from=NEXT.valid_from)
    )
    assert [row for row, _ in problems] == [1, 5, 6, 7]


def test_a_price_that_begins_before_the_other_ends_overlaps_it(refusal):
    dated = "prefix;price eur/min;valid from;valid to\n33;0.1;;{end}\n33;0.2;2027-01-15;\n"
    ((row, reason),) = refusal(dated.format(end=""))
    assert row == 3
    assert "to 33 [2027-01-15, no end) (row 3) overlaps" in reason
    ((row, _),) = refusal(dated.format(end="2027-01-16"))
    assert row == 3


def test_a_rate_that_begins_later_follows_the_one_that_ends_then(load, ledger):
    load("prefix;price eur/min;valid from;valid to\n33;0.1;2024-01-01;15/01/2027\n33;0.2;15/01/2027;\n")
    assert [(r.valid_from, r.valid_to) for r in ledger.rates()] == [
        (dt.date(2026, 12, 1), dt.date(2027, 1, 15)),
        (dt.date(2027, 1, 15), None),
    ]


@pytest.mark.parametrize(
    ("terms", "rule", "said"),
    [
        (Terms("standard", valid_from=dt.date(2026, 12, 1)), "missing_notice", "has no notice date: tell"),
        (
            Terms("standard", None, dt.date(2026, 12, 1), None, dt.date(2026, 11, 2), "all"),
            "late_notice",
            "told on 2026-11-02: it may not rate a call before 2026-12-02",
        ),
    ],
)
def test_a_notice_that_is_missing_or_late_is_refused_or_waived_by_name(load, refusal, ledger, terms, rule, said):
    ((row, reason),) = refusal(DECK, terms)
    assert (row, said in reason, f"--waive {rule}" in reason) == (1, True, True)
    refusal(DECK, terms, waiver(*set(RULES) - {rule}))
    load(DECK, terms, waiver(rule))
    (recorded,) = ledger.tariff_waivers()
    assert recorded.model_dump() == {
        "version_id": "standard-2026-12-01",
        "rule": rule,
        "accepted_by": "A. Martin",
        "reason": "agreed by telephone",
        "accepted_on": dt.date(2026, 10, 30),
    }


def test_a_notice_after_the_day_itself_is_none(refusal):
    terms = Terms("standard", None, dt.date(2026, 12, 1), None, dt.date(2026, 12, 1), "all")
    ((_, reason),) = refusal(DECK, terms, waiver(*RULES))
    assert "leave it out and waive missing_notice" in reason


def test_a_waiver_of_what_is_not_broken_is_not_recorded(load, ledger):
    load(DECK, NEXT, waiver(*RULES))
    assert ledger.tariff_waivers() == []


def test_a_prefix_that_nobody_prices_any_more_is_a_gap(load, refusal, ledger):
    load(DECK, FIRST)
    ((row, reason),) = refusal(DECK.replace("Belgique;32;0,0200\n", ""))
    assert row == 1
    assert "standard-2026-10-01 prices 32 (Belgique, 0.0200 EUR/min), and no rate here prices it" in reason
    load(DECK.replace("Belgique;32;0,0200\n", ""), NEXT, waiver("gap"))
    assert [(w.version_id, w.rule) for w in ledger.tariff_waivers()] == [("standard-2026-12-01", "gap")]


def test_a_prefix_cut_into_longer_ones_must_be_cut_whole(load, refusal):
    load(DECK, FIRST)
    ((_, reason),) = refusal(DECK.replace("Belgique;32;", "Belgique;320-328;"))
    assert "no rate here prices its 329" in reason
    assert load(DECK.replace("Belgique;32;", "Belgique;320-328,329;")) == ImportReport(accepted=12)


def test_a_prefix_that_a_shorter_one_prices_is_no_gap(load):
    load(DECK, FIRST)
    assert load(DECK.replace("France;336;0,0190\n", "")) == ImportReport(accepted=2)


def test_a_prefix_priced_later_than_its_version_leaves_days_without_a_price(load, refusal):
    load(DECK, FIRST)
    later = "pays;prefixe;prix (EUR/min);date d'effet\nFrance;33;0,0080;\nBelgique;32;0,0200;15/12/2026\n"
    ((row, reason),) = refusal(later)
    assert row == 3
    assert "no rate here prices it from 2026-12-01 to 2026-12-15" in reason


def test_what_the_plan_falls_back_to_prices_is_no_gap(load, refusal, ledger):
    with ledger.session() as session:
        session.add(TariffPlan(plan="standard"))
        session.flush()
        session.add(TariffPlan(plan="gros", fallback_plan="standard"))
    load(DECK, FIRST)
    load(DECK + "Suisse;41;0,03\n", FIRST.__class__("gros", **{k: v for k, v in vars(FIRST).items() if k != "plan"}))
    less = FIRST.__class__("gros", **{k: v for k, v in vars(NEXT).items() if k != "plan"})
    ((_, reason),) = refusal("prefix;price eur/min\n33;0.008\n", less)
    assert "prices 41 (Suisse" in reason, "32 is the standard plan's, 41 is nobody's"


def test_days_between_two_versions_are_a_gap(load, refusal, ledger):
    load(DECK, Terms(**{**vars(FIRST), "valid_to": dt.date(2026, 11, 1)}))
    ((row, reason),) = refusal(DECK)
    assert row == 1
    assert "no version of standard is in force from 2026-11-01" in reason
    load(DECK, NEXT, waiver("gap"))
    assert len(ledger.tariff_versions()) == 2


def test_a_version_that_begins_before_the_other_ends_overlaps_it(load, refusal):
    load(DECK, Terms(**{**vars(FIRST), "valid_to": dt.date(2027, 1, 1)}))
    ((row, reason),) = refusal(DECK)
    assert row == 1
    assert "overlaps standard version standard-2026-10-01 [2026-10-01, 2027-01-01)" in reason


@pytest.mark.parametrize(
    ("deck", "said"),
    [
        (DECK.replace("0,0080", "0,80").replace("0,0190", "1,90").replace("0,0200", "2,00"), "are 30 times those of"),
        (DECK.replace("0,0", "0,000"), "are 30 times less than those of"),
    ],
)
def test_cents_given_as_euros_are_found_by_the_version_before(load, refusal, ledger, deck, said):
    load(DECK, FIRST)
    ((row, reason),) = refusal(deck)
    assert (row, said in reason, "--waive price_unit" in reason) == (2, True, True)
    load(deck, NEXT, waiver("price_unit"))
    assert [w.rule for w in ledger.tariff_waivers()] == ["price_unit"]


def test_the_same_prices_in_cents_are_taken_when_the_unit_is_said(load):
    load(DECK, FIRST)
    cents = "prefix;price\n33;0.80\n336;1.9\n32;2\n"
    assert load(cents, unit="cents/min") == ImportReport(accepted=3)


def test_a_version_that_was_announced_does_not_change(load, refusal):
    load(DECK, FIRST)
    problems = refusal(DECK.replace("0,0190", "0,0180"), FIRST)
    assert [(row, "19000 in the ledger, 18000 here" in reason) for row, reason in problems] == [(3, True)]


def test_a_plan_is_written_only_on_the_ledger_it_was_made_for(plan, load, ledger):
    planned = plan(DECK)
    load(DECK, FIRST)
    with pytest.raises(TransientError, match="another import changed the tariffs meanwhile"):
        write_tariffs(ledger, planned, None)
    assert len(ledger.tariff_versions()) == 1


def test_a_preview_tells_what_moves_by_country(plan, load, content):
    load(DECK, FIRST)
    before = content()
    planned = plan("pays;prefixe;prix (EUR/min)\nFrance;33;0,0100\nBelgique;32;0,0200\nSuisse;41;0,0300\n")
    assert content() == before
    changes = planned.changes["standard-2026-12-01"]
    assert [tuple(row) for row in changes.by_country()] == [("CH", 1, 0, 0, 0, 0, 0), ("FR", 0, 1, 0, 0, 1, 0)]
    assert [(c.kind, c.key[2], c.percent) for c in changes.changes] == [
        ("changed", "33", "+25.0"),
        ("removed", "336", ""),
        ("added", "41", ""),
    ]
    assert (changes.kept["BE"], [c.key[2] for c in changes.largest(5)]) == (1, ["33"])
    assert planned.ends == {"standard-2026-10-01": dt.date(2026, 12, 1)}


def test_terms_that_are_missing_are_asked_for(plan):
    with pytest.raises(BadInput, match="say --valid-from"):
        plan(DECK, Terms("standard"))
    with pytest.raises(BadInput, match="say --told"):
        plan(DECK, Terms("standard", valid_from=dt.date(2026, 12, 1), notice_date=dt.date(2026, 10, 1)))


def test_a_version_begins_on_the_decks_earliest_date_when_nothing_else_is_said(load, ledger):
    terms = Terms("standard", notice_date=dt.date(2026, 10, 1), told_customers="all")
    load("prefix;price eur/min;effective date\n33;0.1;02/12/2026\n34;0.1;01/12/2026\n", terms)
    assert [v.valid_from for v in ledger.tariff_versions()] == [dt.date(2026, 12, 1)]
    assert sorted(r.valid_from.day for r in ledger.rates()) == [1, 2]


def test_a_deck_that_leaves_most_out_names_some_and_counts_the_rest(load, refusal):
    load(DECK + "".join(f"France;{prefix};0,01\n" for prefix in range(3400, 3460)), FIRST)
    problems = refusal(DECK)
    assert len(problems) == 21
    assert any("40 more prefixes of standard-2026-10-01 that no rate here prices" in reason for _, reason in problems)
