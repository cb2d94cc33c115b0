"""The ledger's tables: what must be unique and final, guarded by the database itself.

Dates are Europe/Paris days, validity is half-open ``[valid_from, valid_to)`` with a null end for
"still in force", amounts are integers of the unit in the column's name. Keys are the business's
own words (the switch's account code, the printed number), so that an analyst reads them.
Overlaps of validity cannot be excluded by a constraint in SQLite: ``adapters.ledger.overlaps`` guards
them inside the writing transaction, on both databases. What has been issued is made immutable by
triggers (migration 0002). Sources of the rules: BILLING_RULES.
"""

from __future__ import annotations

from adapters.ledger.contract_tables import CaughtUpMonth, ContractEvent
from adapters.ledger.customer_tables import Contract, Customer, Operator, PhoneNumber
from adapters.ledger.delivery_tables import Delivery
from adapters.ledger.document_tables import (
    BillingPeriod,
    CreditDecision,
    DocumentFile,
    DocumentSeries,
    IssuedDocument,
    IssuedDocumentLine,
    Payment,
    RatingAdjustment,
    UnassignedPayment,
)
from adapters.ledger.law_tables import LatePaymentRule, LegalInterestRate, VatRule
from adapters.ledger.period_tables import CloseOverride, PeriodEvent
from adapters.ledger.price_tables import (
    ContractAllowance,
    TariffPlan,
    TariffRate,
    TariffTier,
    TariffVersion,
    TariffWaiver,
)
from adapters.ledger.switch_tables import (
    CallQueue,
    Campaign,
    Gateway,
    NumberRoute,
    QueueAgent,
    QueueTier,
    SipAccount,
    Suspension,
    VoiceMenu,
    VoiceMenuChoice,
)

__all__ = [
    "BillingPeriod",
    "CallQueue",
    "Campaign",
    "CaughtUpMonth",
    "CloseOverride",
    "Contract",
    "ContractAllowance",
    "ContractEvent",
    "CreditDecision",
    "Customer",
    "Delivery",
    "DocumentFile",
    "DocumentSeries",
    "Gateway",
    "IssuedDocument",
    "IssuedDocumentLine",
    "LatePaymentRule",
    "LegalInterestRate",
    "NumberRoute",
    "Operator",
    "Payment",
    "PeriodEvent",
    "PhoneNumber",
    "QueueAgent",
    "QueueTier",
    "RatingAdjustment",
    "SipAccount",
    "Suspension",
    "TariffPlan",
    "TariffRate",
    "TariffTier",
    "TariffVersion",
    "TariffWaiver",
    "UnassignedPayment",
    "VatRule",
    "VoiceMenu",
    "VoiceMenuChoice",
]
