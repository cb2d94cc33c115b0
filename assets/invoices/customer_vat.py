"""The VAT rule of each customer of a month, and why some have none."""

from adapters.ledger.store import Ledger
from domain.calendar import Month
from domain.errors import BadInput
from domain.vat import VatRule, vat_rule_for


def vat_by_customer(ledger: Ledger, month: Month, customer_ids: set[str]) -> tuple[dict[str, VatRule], dict[str, str]]:
    """The VAT rule of each customer for a supply that ends with the month, and why some have none.

    Raises:
        PermanentError: a territory has no rule in force.
    """
    rules = [VatRule(**row.model_dump()) for row in ledger.vat_rules()]
    found, refused = {}, {}
    for customer in ledger.customers():
        if customer.customer_id not in customer_ids:
            continue
        try:
            found[customer.customer_id] = vat_rule_for(
                rules,
                territory=customer.vat_territory,
                is_reseller=customer.is_reseller,
                vat_number=customer.vat_number,
                on=month.last_date,
                customer=f"{customer.customer_id} ({customer.legal_name})",
            )
        except BadInput as reason:
            refused[customer.customer_id] = str(reason)
    return found, refused
