"""SIREN, VAT numbers and territories."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import BadInput
from domain.parties import check_customer, check_siren, check_vat_number, french_vat_number, vat_territory


def objection(check: Callable[..., None], *given: Any, **named: Any) -> str | None:
    """What a check says against what it is given; None when it accepts it."""
    try:
        check(*given, **named)
    except BadInput as error:
        return str(error)
    return None


def siren_of(first_eight: int) -> str:
    (siren,) = (f"{first_eight:08d}{n}" for n in range(10) if objection(check_siren, f"{first_eight:08d}{n}") is None)
    return siren


SIRENS = st.integers(min_value=0, max_value=99_999_999).map(siren_of)


# The operator's own; INSEE's example; a real one with a leading zero.
@pytest.mark.parametrize("siren", ["478444474", "732829320", "005520135"])
def test_a_siren_of_the_register_is_accepted(siren):
    assert objection(check_siren, siren) is None


@pytest.mark.parametrize("siren", ["47844447", "4784444740", "47844447A", "٤٧٨٤٤٤٤٧٤", "478 444 474", ""])
def test_a_siren_is_nine_digits(siren):
    with pytest.raises(BadInput, match="not nine digits"):
        check_siren(siren)


@given(SIRENS, st.integers(min_value=0, max_value=8), st.integers(min_value=1, max_value=9))
def test_one_wrong_digit_is_always_seen(siren, place, shift):
    wrong = siren[:place] + str((int(siren[place]) + shift) % 10) + siren[place + 1 :]
    with pytest.raises(BadInput, match="check digit"):
        check_siren(wrong)


def test_the_operators_vat_number_follows_from_its_siren():
    assert french_vat_number("478444474") == "FR87478444474"


@given(SIRENS)
def test_the_key_has_two_digits_and_the_number_passes_its_own_check(siren):
    number = french_vat_number(siren)
    assert len(number) == 13
    assert objection(check_vat_number, number, country="FR", siren=siren) is None


def test_a_key_that_is_not_the_sirens_is_refused_with_the_right_one():
    with pytest.raises(BadInput, match="FR87478444474"):
        check_vat_number("FR88478444474", country="FR", siren="478444474")


@pytest.mark.parametrize(
    ("vat_number", "country"),
    [
        ("BE0999999922", "BE"),
        ("EL123456789", "GR"),
        ("FR12000012345", "MC"),
        ("CHE999999996", "CH"),
        ("XI123456789", "GB"),
    ],
)
def test_a_vat_number_has_the_form_of_its_country(vat_number, country):
    assert objection(check_vat_number, vat_number, country=country, siren=None) is None


@pytest.mark.parametrize(
    ("vat_number", "country"), [("DE123456789", "BE"), ("GR123456789", "GR"), ("BE 099", "BE"), ("BE", "BE")]
)
def test_a_vat_number_of_another_form_is_refused(vat_number, country):
    with pytest.raises(BadInput, match="does not begin with"):
        check_vat_number(vat_number, country=country, siren=None)


@pytest.mark.parametrize(
    ("country", "postal_code", "territory"),
    [
        ("FR", "75008", "FR_MAINLAND"),
        ("FR", "20000", "FR_MAINLAND"),
        ("MC", "98000", "FR_MAINLAND"),
        ("FR", "97110", "FR_DOM"),
        ("FR", "97200", "FR_DOM"),
        ("FR", "97400", "FR_DOM"),
        ("RE", "97400", "FR_DOM"),
        ("FR", "97300", "FR_VAT_EXEMPT"),
        ("FR", "97600", "FR_VAT_EXEMPT"),
        ("YT", "97600", "FR_VAT_EXEMPT"),
        ("FR", "97500", "NON_EU"),
        ("FR", "97133", "NON_EU"),
        ("FR", "98800", "NON_EU"),
        ("NC", "98800", "NON_EU"),
        ("BE", "1000", "EU"),
        ("CH", "1204", "NON_EU"),
        ("GB", "SW1A 1AA", "NON_EU"),
    ],
)
def test_a_territory_follows_from_the_address(country, postal_code, territory):
    assert vat_territory(country, postal_code) == territory


GOOD: dict[str, Any] = {
    "country": "FR", "postal_code": "75008", "territory": "FR_MAINLAND", "siren": "478444474", "vat_number": None,
    "is_reseller": False,
}  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"vat_number": "FR87478444474", "is_reseller": True},
        {"country": "MC", "postal_code": "98000", "siren": None},
        {"country": "BE", "postal_code": "1000", "territory": "EU", "siren": None, "vat_number": "BE0999999922"},
        {"country": "CH", "postal_code": "1204", "territory": "NON_EU", "siren": None},
    ],
)
def test_a_customer_that_can_be_invoiced_is_accepted(change):
    assert objection(check_customer, **GOOD | change) is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"siren": None}, "a French customer needs a SIREN"),
        ({"country": "RE", "postal_code": "97400", "territory": "FR_DOM", "siren": None}, "needs a SIREN"),
        ({"siren": "478444475"}, "wrong check digit"),
        (
            {"country": "BE", "postal_code": "1000", "territory": "EU", "siren": None},
            "European Union needs a VAT number",
        ),
        ({"is_reseller": True}, "a reseller needs a VAT number"),
        ({"postal_code": "97400"}, "vat_territory is FR_MAINLAND, and FR 97400 is FR_DOM"),
        ({"vat_number": "FR00478444474"}, "not the one of SIREN 478444474"),
    ],
)
def test_a_customer_that_cannot_be_invoiced_is_refused(change, said):
    with pytest.raises(BadInput, match=said):
        check_customer(**GOOD | change)


def test_all_that_is_wrong_with_a_customer_is_said_at_once():
    with pytest.raises(BadInput, match=r"needs a SIREN.*is FR_DOM.*does not begin"):
        check_customer(**GOOD | {"siren": None, "postal_code": "97400", "vat_number": "BE0999999922"})
