"""What the ledger says of prices and of the law, dated: the readers of tariffs, allowances, interest and VAT."""

from __future__ import annotations

import datetime as dt
from typing import Any, TypeVar

from sqlalchemy import select as sa_select
from sqlmodel import SQLModel, col, select
from sqlmodel.sql.expression import SelectOfScalar

from adapters.ledger.database import LedgerDatabase
from adapters.ledger.tables import (
    ContractAllowance,
    LatePaymentRule,
    LegalInterestRate,
    TariffPlan,
    TariffRate,
    TariffTier,
    TariffVersion,
    TariffWaiver,
    VatRule,
)
from domain.errors import PermanentError

Row = TypeVar("Row", bound=SQLModel)
Dated = TypeVar("Dated", LatePaymentRule, VatRule)


class LedgerPrices(LedgerDatabase):
    """The readers of what has a price and of what the law asks; rows free of any session."""

    def _all(self, statement: SelectOfScalar[Row], *keys: str) -> list[Row]:
        # Sorted here and not in SQL: PostgreSQL's collation would order the same rows differently.
        with self.reading() as session:
            return in_order(list(session.exec(statement)), *keys)

    def tariff_versions(self) -> list[TariffVersion]:
        """Every edition of every plan, by plan and date."""
        return self._all(select(TariffVersion), "plan", "valid_from")

    def tariff_plans(self) -> list[TariffPlan]:
        """Every plan with what it falls back to, by name."""
        return self._all(select(TariffPlan), "plan")

    def tariff_waivers(self) -> list[TariffWaiver]:
        """Every rule that a version was let break, by version and rule."""
        return self._all(select(TariffWaiver), "version_id", "rule")

    def tariff_tiers(self) -> list[TariffTier]:
        """Every volume tier, by version, group and minutes."""
        return self._all(select(TariffTier), "version_id", "destination_group", "from_minutes")

    def allowances(self) -> list[ContractAllowance]:
        """The minutes contracts include, by contract, group and date."""
        return self._all(select(ContractAllowance), "contract_id", "destination_group", "valid_from")

    def rates(self, version_id: str | None = None) -> list[TariffRate]:
        """The rates of a version, or of all; by version and key."""
        statement = select(TariffRate)
        if version_id is not None:
            statement = statement.where(TariffRate.version_id == version_id)
        key = (
            "version_id", "destination_prefix", "origin_country", "origin_number_type", "call_category", "valid_from"
        )  # fmt: skip
        return self._all(statement, *key)

    def rates_to(self, version_id: str, called_digits: str) -> list[TariffRate]:
        """The rates of a version whose prefix a called number begins with, by key: a few of a whole deck."""
        heads = [called_digits[:length] for length in range(1, len(called_digits) + 1)]
        statement = select(TariffRate).where(
            TariffRate.version_id == version_id, col(TariffRate.destination_prefix).in_(heads)
        )
        return self._all(statement, "destination_prefix", "origin_country", "origin_number_type", "call_category", "id")

    def rate_columns(self) -> dict[str, list[Any]]:
        """Every rate as columns, in no order: a deck of 260,000 is two seconds, and fifteen as objects."""
        columns = list(TariffRate.__table__.columns)  # type: ignore[attr-defined]
        with self.reading() as session:
            rows = session.connection().execute(sa_select(*columns)).all()
        values = zip(*rows, strict=True) if rows else ((),) * len(columns)
        return {column.name: list(cells) for column, cells in zip(columns, values, strict=True)}

    def legal_rates(self) -> list[LegalInterestRate]:
        """The legal interest rate of every half-year known, oldest first."""
        return self._all(select(LegalInterestRate), "half_year")

    def late_payment_rules(self) -> list[LatePaymentRule]:
        """The statutory terms of late payment, oldest first."""
        return self._all(select(LatePaymentRule), "valid_from")

    def late_payment_rule(self, on: dt.date) -> LatePaymentRule:
        """The terms in force on a day. Raises PermanentError when none is."""
        return _in_force(self.late_payment_rules(), on, "late payment rule")

    def vat_rules(self) -> list[VatRule]:
        """VAT of every territory, by territory and date."""
        return self._all(select(VatRule), "territory", "valid_from")

    def vat_rule(self, territory: str, on: dt.date) -> VatRule:
        """VAT of a territory on a day. Raises PermanentError when no rule is in force."""
        rules = [rule for rule in self.vat_rules() if rule.territory == territory]
        return _in_force(rules, on, f"VAT rule for {territory}")


def in_order(rows: list[Row], *keys: str) -> list[Row]:
    """Rows by the values of these columns."""
    return sorted(rows, key=lambda row: tuple(getattr(row, key) for key in keys))


def _in_force(rules: list[Dated], on: dt.date, what: str) -> Dated:
    """The last rule to begin on the day or before; rules come oldest first."""
    begun = [rule for rule in rules if rule.valid_from <= on]
    if not begun:
        raise PermanentError(f"no {what} is in force on {on}; load the law's data with `seconde init`")
    return begun[-1]
