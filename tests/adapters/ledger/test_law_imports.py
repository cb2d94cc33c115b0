"""The law as dated data."""

from __future__ import annotations

import datetime as dt

import pytest

from adapters.ledger.imports import (
    ImportRefused,
    ImportReport,
    import_late_payment_rules,
    import_legal_rates,
    import_vat_rules,
)
from domain.errors import PermanentError
from tests.adapters.ledger.unchanged import unchanged

RATES = "half_year,start,end,legal_rate_individuals_pct,legal_rate_other_cases_pct,source_status\n"
SECOND_HALF = "2026-S2,2026-07-01,2026-12-31,6.84,{pct},{status}\n"
VAT = "territory,valid_from,category,rate_basis_points,mention\n"


@pytest.fixture
def files(tmp_path):
    def write(content):
        path = tmp_path / "law.csv"
        path.write_text(content)
        return path

    return write


def test_the_legal_rates_of_the_rules_are_loaded_as_basis_points(ledger, shared):
    path = shared / "rules" / "legal_rates.csv"
    assert import_legal_rates(ledger, path) == ImportReport(accepted=16)
    assert import_legal_rates(ledger, path) == ImportReport(already_known=16)
    rates = {row.half_year: row.other_cases_basis_points for row in ledger.legal_rates()}
    assert (rates["2026-S1"], rates["2026-S2"], rates["2025-S2"]) == (262, 275, 276)


def test_a_rate_that_was_not_official_yet_may_be_corrected(ledger, files):
    import_legal_rates(ledger, files(RATES + SECOND_HALF.format(pct="2.75", status="CHECK")))
    report = import_legal_rates(ledger, files(RATES + SECOND_HALF.format(pct="2.80", status="OFFICIAL")))
    assert report == ImportReport(accepted=1)
    assert ledger.legal_rates()[0].other_cases_basis_points == 280


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("2026-S1,2026-07-01,2026-12-31,6.84,2.75,X\n", "is not half-year 2026-S1"),
        ("2026-S2,2026-07-01,2026-12-30,6.84,2.75,X\n", "is not half-year 2026-S2"),
        ("2026-H2,2026-07-01,2026-12-31,6.84,2.75,X\n", "half_year: '2026-H2' is not a half-year"),
        ("2026-S2,2026-07-01,2026-12-31,6.84,2.755,X\n", "is not a percentage of at most two decimals"),
    ],
)
def test_a_rate_that_is_wrong_is_refused(ledger, files, row, said):
    with unchanged(ledger), pytest.raises(ImportRefused, match=said):
        import_legal_rates(ledger, files(RATES + row))


def test_the_terms_of_late_payment_are_those_in_force_on_a_day(ledger, files):
    header = "valid_from,rate_multiplier,indemnity_cents,year_days\n"
    import_late_payment_rules(ledger, files(header + "2013-01-01,3,4000,365\n2027-01-01,3,5000,365\n"))
    assert ledger.late_payment_rule(dt.date(2026, 12, 31)).indemnity_cents == 4000
    assert ledger.late_payment_rule(dt.date(2027, 1, 1)).indemnity_cents == 5000
    with pytest.raises(PermanentError, match="no late payment rule is in force on 2012-12-31"):
        ledger.late_payment_rule(dt.date(2012, 12, 31))


def test_vat_is_the_territorys_on_a_day(ledger, files):
    import_vat_rules(ledger, files(VAT + "FR_MAINLAND,2014-01-01,S,2000,\nNON_EU,2014-01-01,G,0,TVA non applicable\n"))
    assert ledger.vat_rule("FR_MAINLAND", dt.date(2026, 10, 31)).rate_basis_points == 2000
    assert ledger.vat_rule("NON_EU", dt.date(2026, 10, 31)).mention == "TVA non applicable"
    with pytest.raises(PermanentError, match="no VAT rule for EU is in force"):
        ledger.vat_rule("EU", dt.date(2026, 10, 31))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("FR_MAINLAND,2014-01-01,S,0,\n", "category S has a rate"),
        ("EU,2014-01-01,AE,2000,Autoliquidation\n", "no other category has one"),
        ("EU,2014-01-01,AE,0,\n", "mention is empty"),
        ("MARS,2014-01-01,S,2000,\n", "territory: 'MARS' is not one of"),
    ],
)
def test_a_vat_rule_that_is_wrong_is_refused(ledger, files, row, said):
    with unchanged(ledger), pytest.raises(ImportRefused, match=said):
        import_vat_rules(ledger, files(VAT + row))
