"""Who a party is to the register and to the tax office: SIREN, VAT number, VAT territory.

Sources: INSEE (SIREN, Luhn's check digit), CGI art. 286 ter and DGFiP (the key of a French VAT number),
directive 2006/112/CE art. 214 to 215 (prefixes), CGI art. 294 and BILLING_RULES "Invoice" (territories).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from domain.errors import BadInput

# The overseas departments have ISO codes of their own and the same register of companies.
FRENCH_REGISTER = frozenset({"FR", "GF", "GP", "MQ", "RE", "YT"})
EUROPEAN_UNION = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()  # noqa: SIM905
)
_TERRITORY_OF_COUNTRY = {
    "MC": "FR_MAINLAND", "GP": "FR_DOM", "MQ": "FR_DOM", "RE": "FR_DOM", "GF": "FR_VAT_EXEMPT", "YT": "FR_VAT_EXEMPT",
}  # fmt: skip
# First three digits of the postal code; what is not here and not 98x is the mainland or Corsica.
_TERRITORY_OF_POSTAL_CODE = {
    "971": "FR_DOM", "972": "FR_DOM", "974": "FR_DOM", "973": "FR_VAT_EXEMPT", "976": "FR_VAT_EXEMPT",
    "975": "NON_EU", "977": "NON_EU", "978": "NON_EU",
}  # fmt: skip
# Greece writes EL, Northern Ireland XI; Monaco's businesses have French numbers.
_VAT_PREFIX = {"GR": "EL", "GB": "XI", "MC": "FR"} | dict.fromkeys(FRENCH_REGISTER, "FR")


def check_siren(siren: str) -> None:
    """Nine digits whose last one is Luhn's. Raises BadInput."""
    if not re.fullmatch(r"[0-9]{9}", siren, re.ASCII):
        raise BadInput(f"SIREN {siren!r} is not nine digits")
    if _luhn_sum(siren) % 10 != 0:
        raise BadInput(f"SIREN {siren} has a wrong check digit; one of its digits is mistyped")


def french_vat_number(siren: str) -> str:
    """The VAT number a SIREN gives: ``478444474`` to ``FR87478444474``."""
    return f"FR{(12 + 3 * (int(siren) % 97)) % 97:02d}{siren}"


def check_vat_number(vat_number: str, *, country: str, siren: str | None) -> None:
    """A VAT number against its country and, for France, its SIREN and key.

    A number from outside the Union is printed as it is: nothing is known of its form.

    Raises:
        BadInput: another country's prefix, a form no country has, or a French key that is not the SIREN's.
    """
    if country not in EUROPEAN_UNION | _VAT_PREFIX.keys():
        return
    prefix = _VAT_PREFIX.get(country, country)
    if not re.fullmatch(rf"{prefix}[0-9A-Z+*]{{2,12}}", vat_number, re.ASCII):
        raise BadInput(f"VAT number {vat_number!r} does not begin with {prefix}, then 2 to 12 capitals and digits")
    if country in FRENCH_REGISTER and siren is not None and vat_number != french_vat_number(siren):
        raise BadInput(f"VAT number {vat_number} is not the one of SIREN {siren}, {french_vat_number(siren)}")


def vat_territory(country: str, postal_code: str) -> str:
    """Where a customer is for VAT: FR_MAINLAND, FR_DOM, FR_VAT_EXEMPT, EU or NON_EU."""
    if country == "FR":
        # Saint-Barthélemy and Saint-Martin kept Guadeloupe's postal codes when they left its territory.
        if postal_code in ("97133", "97150") or postal_code.startswith("98"):
            return "NON_EU"
        return _TERRITORY_OF_POSTAL_CODE.get(postal_code[:3], "FR_MAINLAND")
    return _TERRITORY_OF_COUNTRY.get(country, "EU" if country in EUROPEAN_UNION else "NON_EU")


def check_customer(
    *, country: str, postal_code: str, territory: str, siren: str | None, vat_number: str | None, is_reseller: bool
) -> None:
    """What an invoice to this customer needs to know of it.

    Raises:
        BadInput: everything that is missing or wrong, in one message.
    """
    problems = []
    if country in FRENCH_REGISTER and siren is None:
        problems.append("a French customer needs a SIREN")
    if territory == "EU" and vat_number is None:
        problems.append("a customer in the European Union needs a VAT number (art. 283-2 CGI)")
    if is_reseller and territory in ("FR_MAINLAND", "FR_DOM") and vat_number is None:
        problems.append("a reseller needs a VAT number: it owes the tax (art. 283-2 octies CGI)")
    if (expected := vat_territory(country, postal_code)) != territory:
        problems.append(f"vat_territory is {territory}, and {country} {postal_code} is {expected}")
    checks: list[Callable[[], None]] = []
    if siren is not None:
        checks.append(partial(check_siren, siren))
    if vat_number is not None:
        checks.append(partial(check_vat_number, vat_number, country=country, siren=siren))
    for check in checks:
        try:
            check()
        except BadInput as error:
            problems.append(str(error))
    if problems:
        raise BadInput("; ".join(problems))


def _luhn_sum(digits: str) -> int:
    """The sum of the digits, every second one from the right doubled (and its own digits added)."""
    doubled = (int(digit) * (1 + index % 2) for index, digit in enumerate(reversed(digits)))
    return sum(value - 9 if value > 9 else value for value in doubled)
