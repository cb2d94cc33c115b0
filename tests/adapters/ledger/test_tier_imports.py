"""Volume tiers: told of with their version, or let in afterwards by a person whose name stands in the ledger."""

from __future__ import annotations

import datetime as dt

import pytest

from adapters.ledger.announcements import Waiver
from adapters.ledger.imports import ImportRefused, ImportReport, import_tariffs, import_tiers
from tests.adapters.ledger.unchanged import unchanged

RATES = (
    "version_id,plan,version_valid_from,version_valid_to,notice_date,origin_country,origin_number_type,"
    "destination_prefix,destination_country,category,price_eur,unit,destination_group\n"
    "V1,standard,2026-10-01,,2026-08-28,*,*,33,FR,France,0.008,EUR/min,france\n"
)
TIERS = "version_id,destination_group,from_minutes,price_eur\n"
TWO = TIERS + 'V1,france,1000,0.004\nV1,france,5000,"0,002"\n'
SIGNED = Waiver(frozenset({"late_notice"}), "A. Martin", "agreed by telephone", dt.date(2026, 10, 30))


@pytest.fixture
def files(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.write_text(content)
        return path

    return write


def refusal(ledger, load, *given):
    with unchanged(ledger), pytest.raises(ImportRefused) as raised:
        load(ledger, *given)
    return raised.value.problems


def prices(ledger):
    return [row.price_per_minute_micros for row in ledger.tariff_tiers()]


def test_tiers_come_in_with_the_version_they_were_announced_with_and_twice_is_nothing(ledger, files):
    given = files("tariffs.csv", RATES), files("tiers.csv", TWO)
    assert import_tariffs(ledger, *given) == ImportReport(accepted=1)
    assert import_tariffs(ledger, *given) == ImportReport(already_known=1)
    assert import_tiers(ledger, given[1]) == ImportReport(already_known=2)
    assert prices(ledger) == [4000, 2000]
    assert ledger.tariff_waivers() == []


def test_tiers_that_are_wrong_keep_their_version_out(ledger, files):
    ((row, reason),) = refusal(
        ledger, import_tariffs, files("tariffs.csv", RATES), files("tiers.csv", TIERS + "V2,france,1000,0.004\n")
    )
    assert (row, reason) == (2, "tariff version V2 is not in the ledger; import it first")


@pytest.mark.parametrize(
    "load", [import_tiers, lambda ledger, path: import_tariffs(ledger, path.parent / "v.csv", path)]
)
def test_a_tier_that_comes_after_its_version_was_announced_is_refused(ledger, files, load):
    import_tariffs(ledger, files("v.csv", RATES))
    first, second = refusal(ledger, load, files("tiers.csv", TWO))
    assert (first.row, second.row) == (2, 3)
    assert first.reason.startswith("V1 was announced without this tier: bring tiers in with their version")


def test_who_lets_late_tiers_in_is_written_down_once(ledger, files):
    import_tariffs(ledger, files("tariffs.csv", RATES))
    path = files("tiers.csv", TIERS + "V1,france,1000,0.004\n")
    other = Waiver(frozenset({"gap"}), "A. Martin", "another rule", dt.date(2026, 10, 30))
    refusal(ledger, import_tiers, path, other)
    assert import_tiers(ledger, path, SIGNED) == ImportReport(accepted=1)
    (kept,) = ledger.tariff_waivers()
    assert (kept.version_id, kept.rule, kept.accepted_by, kept.reason) == (
        "V1", "late_notice", "A. Martin", "agreed by telephone",
    )  # fmt: skip
    assert import_tiers(ledger, path, SIGNED) == ImportReport(already_known=1)
    ((row, reason),) = refusal(ledger, import_tiers, files("more.csv", TWO), SIGNED)
    assert (row, reason) == (3, "A. Martin answers for V1 already (agreed by telephone): announce another version")


def test_a_tier_does_not_change(ledger, files):
    import_tariffs(ledger, files("tariffs.csv", RATES), files("tiers.csv", TWO))
    ((row, reason),) = refusal(ledger, import_tiers, files("t.csv", TIERS + "V1,france,1000,0.005\n"), SIGNED)
    assert row == 2
    assert "announce another version" in reason


def test_a_tier_of_an_unknown_version_or_from_zero_is_refused(ledger, files):
    given = files("t.csv", TIERS + "V9,france,1000,0.004\nV9,france,0,0.004\n")
    unknown, zero = refusal(ledger, import_tiers, given, SIGNED)
    assert unknown == (2, "tariff version V9 is not in the ledger; import it first")
    assert zero == (3, "from_minutes: 0 minutes; the least is 1")
