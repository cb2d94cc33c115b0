"""What people bring into the ledger: CSV files, read strictly, refused with every problem by row.

A file is UTF-8 (a byte-order mark is fine) and comma- or semicolon-separated; its first line names
the columns below, in any order, and no other. An amount is in euros with a point or a comma
(``0,012``), a date is ``YYYY-MM-DD``, yes/no is ``yes`` or ``no`` (empty is no). A column marked ``?``
may be left out or empty. Row numbers in messages are the file's own lines: the header is 1.

customers  customer_id, legal_name, address_line, postal_code, city, country, email, siren?, vat_number?,
           vat_territory (FR_MAINLAND FR_DOM FR_VAT_EXEMPT EU NON_EU), is_reseller?, order_reference?,
           full_numbers_requested?
contracts  contract_id, customer_id, subscription_type, subscription_eur, users?, user_eur?, licences?,
           licence_eur?, tariff_plan, first_month_rule? (prorata full), payment_days?,
           itemised_annex? (none pdf pdf_csv), started_on, ended_on?
numbers    number (+E.164), contract_id, country, number_type, monthly_eur, valid_from, valid_to?
tariffs    version_id, plan, version_valid_from, version_valid_to?, notice_date, origin_country (or *),
           origin_number_type (or *), destination_prefix, destination_country (001: no country), category,
           price_eur, unit (always EUR/min), connection_fee_eur?, initial_seconds?, increment_seconds?,
           valid_from?, valid_to?, told_customers?, call_category? (* direct forwarded campaign incoming),
           minimum_charge_eur?, surcharge_per_call_eur?, surcharge_per_minute_eur?, destination_group?
           One line is one rate; the version's columns are repeated on each of its lines. A rate without
           its own validity has its version's. A plan that is not known yet becomes so, without a fallback.
           A file without version_id in its first line is a carrier's deck: docs/tariff-decks.md.
plans      plan, fallback_plan?
tiers      version_id, destination_group, from_minutes, price_eur (per minute): with the tariffs they belong to
           (import tariffs --tiers), or later under a signed waiver of the notice
allowances contract_id, destination_group, minutes (a month), valid_from, valid_to?
payments   reference (the bank's), document_number, value_date, amount_eur
law        legal_rates: half_year, start, end, legal_rate_individuals_pct, legal_rate_other_cases_pct, source_status
           late_payment_rules: valid_from, rate_multiplier, indemnity_cents, year_days
           vat_rules: territory, valid_from, category, rate_basis_points, mention?
operator   legal_name, legal_form, capital_text, siren, rcs_city, vat_number, address_line, postal_code,
           city, country, dispute_email, iban?, bic?

A file is all or nothing: any problem refuses it whole, and every problem is listed by row. Payments are the
exception: good ones land, the others come back with their reason. The same file twice changes nothing. A known
customer may change; of a known contract only ended_on and the daily cap, of an assigned number or a tariff version
only its end: what was signed, assigned or announced is ended and begun anew. A column that a file has not changes
nothing of what is known, nor does an empty end. Amounts are euros: another currency is refused. What begins or ends
is an event of its contract, under the file's name.
"""

from __future__ import annotations

from adapters.ledger.csv_files import RowProblem
from adapters.ledger.customer_imports import import_contracts, import_customers, import_numbers, import_operator
from adapters.ledger.law_imports import import_late_payment_rules, import_legal_rates, import_vat_rules
from adapters.ledger.merging import ImportRefused, ImportReport
from adapters.ledger.payment_imports import import_payments
from adapters.ledger.plan_imports import import_allowances, import_plans
from adapters.ledger.tariff_imports import import_tariffs
from adapters.ledger.tier_imports import import_tiers

__all__ = [
    "ImportRefused",
    "ImportReport",
    "RowProblem",
    "import_allowances",
    "import_contracts",
    "import_customers",
    "import_late_payment_rules",
    "import_legal_rates",
    "import_numbers",
    "import_operator",
    "import_payments",
    "import_plans",
    "import_tariffs",
    "import_tiers",
    "import_vat_rules",
]
