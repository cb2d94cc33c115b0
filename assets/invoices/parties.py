"""Who sells and who buys, as every paper of the house names them."""

import re
from typing import Any

from adapters.ledger.tables import Customer, Operator
from domain.countries import french_country
from domain.money import THOUSANDS_SPACE, UNIT_SPACE

# Where an approved platform delivers: a French business by its SIREN (0225), another one by e-mail (EM).
FRENCH_ADDRESSES = "0225"
EMAIL_ADDRESSES = "EM"
Payload = dict[str, Any]


def parties(operator: Operator, customer: Customer) -> Payload:
    """Seller and buyer as every paper names them."""
    return {
        "seller": {
            "name": _with_legal_form(operator),
            "legal_form": operator.legal_form,
            "capital": _printed_amount(operator.capital_text),
            "siren": operator.siren,
            "rcs_city": operator.rcs_city,
            "vat_number": operator.vat_number,
            **_located(operator),
            "electronic_address": {"scheme": FRENCH_ADDRESSES, "value": operator.siren},
            "dispute_email": operator.dispute_email,
            "iban": operator.iban,
            "bic": operator.bic,
        },
        "buyer": {
            "customer_id": customer.customer_id,
            "name": customer.legal_name,
            **_located(customer),
            "electronic_address": _electronic_address(customer),
            "siren": customer.siren,
            "vat_number": customer.vat_number,
            "order_reference": customer.order_reference,
        },
    }


def _with_legal_form(operator: Operator) -> str:
    """``MybestPro SAS``, whether or not the recorded name has its form already."""
    name, form = operator.legal_name, operator.legal_form
    return name if name.endswith(f" {form}") else f"{name} {form}"


def _printed_amount(text: str) -> str:
    """An amount as it was typed, ``161 214,20 EUR``, with the spaces and the sign of print."""
    return re.sub(r"(?<=\d) (?=\d)", THOUSANDS_SPACE, text).replace(" EUR", " €").replace(" €", f"{UNIT_SPACE}€")


def _address(party: Operator | Customer) -> list[str]:
    lines = [party.address_line, f"{party.postal_code} {party.city}"]
    return lines if party.country == "FR" else [*lines, french_country(party.country)]


def _located(party: Operator | Customer) -> Payload:
    """The address as an envelope has it, and its parts as a program wants them."""
    return {
        "address_lines": _address(party),
        "address_line": party.address_line,
        "postal_code": party.postal_code,
        "city": party.city,
        "country": party.country,
    }


def _electronic_address(customer: Customer) -> Payload:
    if customer.siren:
        return {"scheme": FRENCH_ADDRESSES, "value": customer.siren}
    return {"scheme": EMAIL_ADDRESSES, "value": customer.email}
