"""Customers, contracts and numbers from files: all or nothing, every problem by row, twice is once."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from adapters.ledger.imports import (
    ImportRefused,
    ImportReport,
    import_contracts,
    import_customers,
    import_numbers,
    import_operator,
    import_plans,
)
from domain.errors import BadInput
from tests.adapters.ledger.unchanged import unchanged

OPERATOR = (
    "legal_name;legal_form;capital_text;siren;rcs_city;vat_number;address_line;postal_code;city;country;dispute_email\n"
    "MybestPro;SAS;161 214,20 EUR;{siren};Paris;{vat_number};75 rue d'Amsterdam;75008;Paris;FR;compta@MybestPro.com\n"
)
CUSTOMERS = (
    "customer_id,legal_name,address_line,postal_code,city,country,email,siren,vat_number,vat_territory,is_reseller\n"
)
PARIS = "acct-1001,Centre SAS,12 rue X,75011,Paris,FR,compta@centre.example,999000011,,FR_MAINLAND,no\n"
BRUSSELS = "acct-1006,Brasserie SRL,45 rue Y,1000,Bruxelles,BE,f@brasserie.example,,BE0999999922,EU,\n"
GENEVA = "acct-1007,Horlogerie SA,6 quai Z,1204,Genève,CH,compta@horlogerie.example,,CHE999999996,NON_EU,\n"
CONTRACTS = (
    "contract_id,customer_id,subscription_type,subscription_eur,users,user_eur,licences,licence_eur,tariff_plan,"
    "first_month_rule,payment_days,started_on,ended_on\n"
)

CONTRACT = 'ctr-1001-1,acct-1001,Centre d\'appels,"149,00",14,12.90,6,35,standard,prorata,30,2026-01-01,{ended_on}\n'
SECOND = "ctr-1001-2,acct-1001,Standard,49,,,,,standard,,,2026-10-12,\n"
NUMBERS = "number,contract_id,country,number_type,monthly_eur,valid_from,valid_to\n"
NUMBER = "+33170181001,ctr-1001-1,FR,fixed,1.00,2026-01-01,{valid_to}\n"


@pytest.fixture
def files(tmp_path):
    """Writes a file and returns its path."""

    def write(content):
        path = tmp_path / "given.csv"
        path.write_text(content)
        return path

    return write


@pytest.fixture
def paris(ledger, files):
    """The ledger with acct-1001 and its contract from 1 January 2026."""
    import_plans(ledger, files("plan,fallback_plan\nstandard,\n"))
    import_customers(ledger, files(CUSTOMERS + PARIS))
    import_contracts(ledger, files(CONTRACTS + CONTRACT.format(ended_on="")))
    return ledger


def test_a_contract_of_an_unknown_plan_is_refused(paris, files):
    ((row, reason),) = refusal(import_contracts, paris, files(CONTRACTS + SECOND.replace("standard", "gold")))
    assert row == 2
    assert reason == "tariff plan gold is not one of standard; import its tariffs or plans first"


def test_a_daily_cap_and_blocked_ranges_are_imported_and_may_be_left_out(paris, files):
    assert (paris.contracts()[0].daily_cap_cents, paris.customers()[0].is_high_risk_allowed) == (None, False)
    capped = CONTRACTS.strip() + ",daily_cap_eur\n" + CONTRACT.format(ended_on="").strip() + ',"12,50"\n'
    import_contracts(paris, files(capped))
    import_customers(paris, files(CUSTOMERS.strip() + ",is_high_risk_allowed\n" + PARIS.strip() + ",yes\n"))
    assert (paris.contracts()[0].daily_cap_cents, paris.customers()[0].is_high_risk_allowed) == (1250, True)


def test_a_file_without_a_column_changes_nothing_of_it(paris, files):
    capped = CONTRACTS.strip() + ",daily_cap_eur\n" + CONTRACT.format(ended_on="2026-10-15").strip() + ',"12,50"\n'
    import_contracts(paris, files(capped))
    before = paris.snapshots()
    assert import_contracts(paris, files(CONTRACTS + CONTRACT.format(ended_on=""))) == ImportReport(already_known=1)
    assert paris.snapshots() == before
    emptied = CONTRACTS.strip() + ",daily_cap_eur\n" + CONTRACT.format(ended_on="").strip() + ",\n"
    import_contracts(paris, files(emptied))
    (contract,) = paris.contracts()
    assert (contract.daily_cap_cents, contract.ended_on) == (None, dt.date(2026, 10, 15))


def test_an_import_that_changes_quantities_is_refused_and_says_how_to_record_them(paris, files):
    more = CONTRACT.format(ended_on="").replace(",14,", ",16,")
    ((_, reason),) = refusal(import_contracts, paris, files(CONTRACTS + more))
    assert "users is 14 in the ledger, 16 here" in reason
    assert "seconde contract change" in reason


@pytest.mark.parametrize("amount", ["$49", "49 USD", "CHF 49", "49 £"])
def test_another_currency_than_the_euro_is_refused_in_words(paris, files, amount):
    ((_, reason),) = refusal(import_contracts, paris, files(CONTRACTS + SECOND.replace("49", amount)))
    assert "Seconde bills in euros only" in reason


def test_a_column_of_another_currency_is_refused_in_words(paris, files):
    with pytest.raises(BadInput, match=r"column 'subscription_usd' is not one .*Seconde bills in euros only"):
        import_contracts(paris, files((CONTRACTS + SECOND).replace("subscription_eur", "subscription_usd")))


def refusal(load, ledger, path):
    with unchanged(ledger), pytest.raises(ImportRefused) as raised:
        load(ledger, path)
    for row, reason in raised.value.problems:
        assert f"row {row}: {reason}" in str(raised.value)
    return raised.value.problems


def test_the_operator_is_loaded_once_and_may_move(ledger, files):
    content = OPERATOR.format(siren="478444474", vat_number="FR87478444474")
    assert import_operator(ledger, files(content)) == ImportReport(accepted=1)
    assert import_operator(ledger, files(content)) == ImportReport(already_known=1)
    assert import_operator(ledger, files(content.replace("75 rue", "77 rue"))) == ImportReport(accepted=1)
    assert ledger.operator().address_line == "77 rue d'Amsterdam"


@pytest.mark.parametrize(
    ("siren", "vat_number", "said"),
    [("478444475", "FR87478444474", "check digit"), ("478444474", "FR00478444474", "not the one of SIREN")],
)
def test_the_operators_own_numbers_are_checked(ledger, files, siren, vat_number, said):
    ((row, reason),) = refusal(import_operator, ledger, files(OPERATOR.format(siren=siren, vat_number=vat_number)))
    assert row == 2
    assert said in reason


def test_two_operators_are_refused(ledger, files):
    content = OPERATOR.format(siren="478444474", vat_number="FR87478444474")
    with unchanged(ledger), pytest.raises(BadInput, match="2 operators"):
        import_operator(ledger, files(content + content.splitlines()[1] + "\n"))


def test_customers_are_loaded_once(ledger, files):
    path = files(CUSTOMERS + PARIS + BRUSSELS + GENEVA)
    assert import_customers(ledger, path) == ImportReport(accepted=3)
    before = ledger.customers()
    assert import_customers(ledger, path) == ImportReport(already_known=3)
    assert ledger.customers() == before
    assert [row.vat_territory for row in before] == ["FR_MAINLAND", "EU", "NON_EU"]


def test_a_known_customer_may_change(ledger, files):
    import_customers(ledger, files(CUSTOMERS + PARIS + GENEVA))
    moved = PARIS.replace("12 rue X", "13 rue X")
    assert import_customers(ledger, files(CUSTOMERS + moved + GENEVA)) == ImportReport(accepted=1, already_known=1)
    assert ledger.customers()[0].address_line == "13 rue X"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (PARIS.replace("999000011", ""), "acct-1001: a French customer needs a SIREN"),
        (PARIS.replace("999000011", "999000012"), "SIREN 999000012 has a wrong check digit"),
        (PARIS.replace("999000011,", "999000011,FR00999000011"), "not the one of SIREN 999000011, FR66999000011"),
        (PARIS.replace(",no\n", ",yes\n"), "a reseller needs a VAT number"),
        (PARIS.replace("75011", "97400"), "vat_territory is FR_MAINLAND, and FR 97400 is FR_DOM"),
        (BRUSSELS.replace("BE0999999922", ""), "a customer in the European Union needs a VAT number"),
        (BRUSSELS.replace("BE0999999922", "DE0999999922"), "does not begin with BE"),
        (GENEVA.replace("compta@", "compta"), "email: .* is not an e-mail address"),
        (GENEVA.replace("acct-1007", "acct 1007"), "customer_id: .* is not an identifier"),
        (GENEVA.replace("Horlogerie SA", ""), "legal_name is empty"),
        (PARIS + PARIS, "acct-1001 is on row 2 already"),
    ],
)
def test_a_customer_that_cannot_be_invoiced_is_refused_with_its_row(ledger, files, row, said):
    problems = refusal(import_customers, ledger, files(CUSTOMERS + row))
    assert re.search(said, problems[-1].reason)


def test_one_bad_row_refuses_the_file_and_every_bad_row_is_told(ledger, files):
    path = files(CUSTOMERS + PARIS.replace("999000011", "") + GENEVA + BRUSSELS.replace("BE0999999922", ""))
    assert [problem.row for problem in refusal(import_customers, ledger, path)] == [2, 4]


def test_contracts_are_loaded_once(ledger, files, paris):
    (contract,) = ledger.contracts()
    assert (contract.subscription_cents, contract.user_cents, contract.licences) == (14900, 1290, 6)
    path = files(CONTRACTS + CONTRACT.format(ended_on="") + SECOND)
    assert import_contracts(ledger, path) == ImportReport(accepted=1, already_known=1)
    assert import_contracts(ledger, path) == ImportReport(already_known=2)
    defaults = ledger.contracts()[1]
    assert (defaults.users, defaults.first_month_rule, defaults.payment_days) == (0, "prorata", 30)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (SECOND.replace("acct-1001", "acct-9999"), "customer acct-9999 is not in the ledger"),
        (SECOND.replace("49", "-49"), "subscription_eur: -49 is negative"),
        (SECOND.replace(",,,2026-10-12", ",,61,2026-10-12"), "payment_days: 61 is more than 60"),
        (SECOND.replace("2026-10-12,", "2026-10-12,2026-10-11"), "ended_on is before started_on"),
        (
            CONTRACT.replace("149,00", "159,00").format(ended_on=""),
            "subscription_cents is 14900 in the ledger, 15900 here",
        ),
    ],
)
def test_a_contract_that_is_wrong_or_would_change_is_refused(files, paris, row, said):
    ((number, reason),) = refusal(import_contracts, paris, files(CONTRACTS + row))
    assert number == 2
    assert said in reason


def test_numbers_are_loaded_once_and_last_as_long_as_their_contract(files, paris):
    path = files(NUMBERS + NUMBER.format(valid_to=""))
    assert import_numbers(paris, path) == ImportReport(accepted=1)
    assert import_numbers(paris, path) == ImportReport(already_known=1)
    import_contracts(paris, files(CONTRACTS + CONTRACT.format(ended_on="2026-10-15")))
    assert [row.valid_to for row in paris.phone_numbers()] == [dt.date(2026, 10, 16)]
    assert import_numbers(paris, files(NUMBERS + NUMBER.format(valid_to=""))) == ImportReport(already_known=1)


def test_a_number_that_was_given_back_stays_so_whatever_its_first_file_says(files, paris):
    import_numbers(paris, files(NUMBERS + NUMBER.format(valid_to="2026-10-01")))
    assert import_numbers(paris, files(NUMBERS + NUMBER.format(valid_to=""))) == ImportReport(already_known=1)
    assert [row.valid_to for row in paris.phone_numbers()] == [dt.date(2026, 10, 1)]


def test_a_number_is_ended_and_given_to_another_contract(files, paris):
    import_contracts(paris, files(CONTRACTS + SECOND))
    import_numbers(paris, files(NUMBERS + NUMBER.format(valid_to="")))
    moved = NUMBER.format(valid_to="2026-10-12") + "+33170181001,ctr-1001-2,FR,fixed,1.00,2026-10-12,\n"
    assert import_numbers(paris, files(NUMBERS + moved)) == ImportReport(accepted=2)
    assert [row.contract_id for row in paris.phone_numbers()] == ["ctr-1001-1", "ctr-1001-2"]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            "+33170181001,ctr-1001-2,FR,fixed,1,2026-10-12,\n",
            r"overlaps \+33170181001 on ctr-1001-1 \[2026-01-01, no end\)",
        ),
        ("+331,ctr-9999,FR,fixed,1,2026-10-12,\n", "contract ctr-9999 is not in the ledger"),
        ("+331,ctr-1001-2,FR,fixed,1,2026-10-11,\n", r"ctr-1001-2 runs on \[2026-10-12, no end\)"),
        ("+331,ctr-1001-2,FR,fixed,1,2026-10-12,2026-10-12\n", "valid_to is not after valid_from"),
        ("0170181001,ctr-1001-2,FR,fixed,1,2026-10-12,\n", "is not a number in E.164"),
        ("+331,ctr-1001-2,FR,landline,1,2026-10-12,\n", "number_type: 'landline' is not one of"),
        ("+33170181001,ctr-1001-1,FR,fixed,2,2026-01-01,\n", "monthly_cents is 100 in the ledger, 200 here"),
        ("+331,ctr-1001-2,FR,fixed,1,2026-10-12,\n" * 2, "is on row 2 already"),
    ],
)
def test_a_number_that_does_not_fit_is_refused(files, paris, rows, said):
    import_contracts(paris, files(CONTRACTS + SECOND))
    import_numbers(paris, files(NUMBERS + NUMBER.format(valid_to="")))
    (problem,) = refusal(import_numbers, paris, files(NUMBERS + rows))
    assert re.search(said, problem.reason)


def test_two_rows_of_a_file_that_overlap_name_each_other(files, paris):
    import_contracts(paris, files(CONTRACTS + SECOND))
    rows = NUMBER.format(valid_to="2026-10-20") + "+33170181001,ctr-1001-2,FR,fixed,1.00,2026-10-12,\n"
    ((row, reason),) = refusal(import_numbers, paris, files(NUMBERS + rows))
    assert row == 3
    assert "(row 2)" in reason


def test_a_contract_does_not_end_under_a_number_that_was_given_a_later_end(files, paris):
    import_numbers(paris, files(NUMBERS + NUMBER.format(valid_to="2026-12-01")))
    path = files(CONTRACTS + CONTRACT.format(ended_on="2026-10-15"))
    ((_, reason),) = refusal(import_contracts, paris, path)
    assert "end the number first" in reason
