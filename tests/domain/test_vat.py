from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import BadInput, PermanentError
from domain.vat import TaxTotal, VatRule, tax_totals, vat_rule_for

BEGINNING = dt.date(2014, 1, 1)
RULES = [
    VatRule("FR_MAINLAND", BEGINNING, "S", 2000, ""),
    VatRule("FR_MAINLAND", dt.date(2027, 1, 1), "S", 2100, ""),
    VatRule("FR_DOM", BEGINNING, "S", 850, ""),
    VatRule("FR_VAT_EXEMPT", BEGINNING, "E", 0, "TVA non applicable - art. 294-1 CGI"),
    VatRule("EU", BEGINNING, "AE", 0, "Autoliquidation - art. 283-2 CGI"),
    VatRule("NON_EU", BEGINNING, "G", 0, "TVA non applicable - art. 259-1 du CGI"),
    VatRule("RESELLER", BEGINNING, "AE", 0, "Autoliquidation - art. 283-2 octies CGI"),
]


def rule(territory: str, *, reseller: bool = False, vat_number: str | None = None, on: str = "2026-10-31") -> VatRule:
    return vat_rule_for(
        RULES,
        territory=territory,
        is_reseller=reseller,
        vat_number=vat_number,
        on=dt.date.fromisoformat(on),
        customer="acct-1 Exemple SARL",
    )


@pytest.mark.parametrize(
    ("territory", "category", "rate"),
    [("FR_MAINLAND", "S", 2000), ("FR_DOM", "S", 850), ("FR_VAT_EXEMPT", "E", 0), ("NON_EU", "G", 0)],
)
def test_each_territory_has_its_category_and_rate(territory, category, rate):
    found = rule(territory)
    assert (found.category, found.rate_basis_points) == (category, rate)


def test_a_business_of_the_european_union_owes_the_tax_itself():
    assert rule("EU", vat_number="BE0123456749").category == "AE"


@pytest.mark.parametrize("vat_number", [None, ""])
def test_a_business_of_the_european_union_without_a_vat_number_is_refused_by_name(vat_number):
    with pytest.raises(BadInput, match=r"acct-1 Exemple SARL.*without a VAT number"):
        rule("EU", vat_number=vat_number)


def test_another_operator_that_buys_for_resale_owes_the_tax_itself():
    found = rule("FR_MAINLAND", reseller=True, vat_number="FR40303265045")
    assert (found.category, found.mention) == ("AE", "Autoliquidation - art. 283-2 octies CGI")


def test_a_reverse_charge_without_a_vat_number_to_print_is_refused():
    with pytest.raises(BadInput, match="has no VAT number to print"):
        rule("FR_MAINLAND", reseller=True)


def test_a_reseller_outside_france_keeps_its_territory_s_rule():
    assert rule("NON_EU", reseller=True).category == "G"
    assert rule("EU", reseller=True, vat_number="BE0123456749").mention == "Autoliquidation - art. 283-2 CGI"


def test_the_rate_is_the_one_in_force_when_the_supply_ends():
    assert rule("FR_MAINLAND", on="2026-12-31").rate_basis_points == 2000
    assert rule("FR_MAINLAND", on="2027-01-01").rate_basis_points == 2100


def test_a_territory_without_a_rule_in_force_is_an_error_that_names_it():
    with pytest.raises(PermanentError, match="no VAT rule for FR_DOM is in force on 2013-12-31"):
        rule("FR_DOM", on="2013-12-31")


def test_vat_is_computed_once_on_the_base_of_a_rate_and_not_line_by_line():
    # Line by line, three times 0.03 at 20 % would be 0.03; the base gives 0.018, so 0.02.
    assert tax_totals([("S", 2000, 3)] * 3) == [TaxTotal("S", 2000, 9, 2)]


def test_each_rate_has_its_own_base_the_highest_first():
    assert tax_totals([("O", 0, 40_00), ("S", 850, 10_00), ("S", 2000, 1_00), ("S", 2000, 2_00)]) == [
        TaxTotal("S", 2000, 3_00, 60),
        TaxTotal("S", 850, 10_00, 85),
        TaxTotal("O", 0, 40_00, 0),
    ]


@given(st.lists(st.tuples(st.sampled_from([("S", 2000), ("S", 850), ("AE", 0)]), st.integers(0, 10**9))))
def test_the_bases_add_up_to_the_lines_whatever_their_order(lines):
    amounts = [(category, rate, cents) for (category, rate), cents in lines]
    totals = tax_totals(amounts)
    assert sum(total.base_cents for total in totals) == sum(cents for _, _, cents in amounts)
    assert totals == tax_totals(reversed(amounts))
