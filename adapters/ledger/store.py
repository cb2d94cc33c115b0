"""The ledger, and what the rest of the platform reads from it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlmodel import SQLModel, col, or_, select

from adapters.ledger.prices import LedgerPrices, in_order
from adapters.ledger.tables import (
    BillingPeriod,
    Contract,
    ContractAllowance,
    Customer,
    Delivery,
    DocumentFile,
    IssuedDocument,
    IssuedDocumentLine,
    Operator,
    Payment,
    PhoneNumber,
    RatingAdjustment,
    TariffPlan,
    TariffTier,
)
from domain.calendar import Month
from domain.errors import PermanentError

# What the warehouse keeps a copy of, under the name an analyst knows it by.
SNAPSHOTS: dict[str, type[SQLModel]] = {
    "billing_periods": BillingPeriod,
    "contract_allowances": ContractAllowance,
    "contracts": Contract,
    "customers": Customer,
    "deliveries": Delivery,
    "issued_adjustments": RatingAdjustment,
    "issued_document_lines": IssuedDocumentLine,
    "issued_documents": IssuedDocument,
    "payments": Payment,
    "phone_numbers": PhoneNumber,
    "tariff_plans": TariffPlan,
    "tariff_tiers": TariffTier,
}
# The payload is for the renderer, the row number of the inventory is nobody's.
NOT_IN_SNAPSHOTS = frozenset({"id", "payload"})


class Ledger(LedgerPrices):
    """The ledger at ``sqlite:////path/ledger.sqlite`` or ``postgresql://user@host/name``.

    Every reader returns rows of ``adapters.ledger.tables`` in the order its docstring says, free of any session.
    """

    def operator(self) -> Operator:
        """The seller. Raises PermanentError when none was recorded."""
        for operator in self._all(select(Operator), "id"):
            return operator
        raise PermanentError("the ledger has no operator; load operator.csv with `seconde init`")

    def customers(self) -> list[Customer]:
        """Every billed party, by id."""
        return self._all(select(Customer), "customer_id")

    def contracts(self, month: Month | None = None) -> list[Contract]:
        """Every order form, or those in service on any day of a month; by id."""
        statement = select(Contract)
        if month is not None:
            statement = statement.where(
                Contract.started_on <= month.last_date,
                or_(col(Contract.ended_on).is_(None), col(Contract.ended_on) >= month.first_date),
            )
        return self._all(statement, "contract_id")

    def phone_numbers(self, month: Month | None = None) -> list[PhoneNumber]:
        """The number inventory, or what was assigned on any day of a month; by number and date."""
        statement = select(PhoneNumber)
        if month is not None:
            statement = statement.where(
                PhoneNumber.valid_from <= month.last_date,
                or_(col(PhoneNumber.valid_to).is_(None), col(PhoneNumber.valid_to) > month.first_date),
            )
        return self._all(statement, "number", "valid_from")

    def periods(self) -> list[BillingPeriod]:
        """Every month that was touched, oldest first."""
        return self._all(select(BillingPeriod), "month")

    def period(self, month: Month) -> BillingPeriod | None:
        """The state of a month; None while nothing has touched it, which is open."""
        with self.reading() as session:
            return session.get(BillingPeriod, str(month))

    def documents(
        self, month: Month | None = None, *, customer_id: str | None = None, issued_by: dt.date | None = None
    ) -> list[IssuedDocument]:
        """Documents of a month, of a customer, issued on a day or before; by customer, kind and number."""
        statement = select(IssuedDocument)
        if month is not None:
            statement = statement.where(IssuedDocument.month == str(month))
        if customer_id is not None:
            statement = statement.where(IssuedDocument.customer_id == customer_id)
        if issued_by is not None:
            statement = statement.where(IssuedDocument.issue_date <= issued_by)
        return self._all(statement, "customer_id", "kind", "number")

    def document_lines(self, month: Month | None = None) -> list[IssuedDocumentLine]:
        """Lines of issued documents, of one month or of all, in printed order."""
        statement = select(IssuedDocumentLine)
        if month is not None:
            statement = statement.join(IssuedDocument, col(IssuedDocument.number) == col(IssuedDocumentLine.number))
            statement = statement.where(IssuedDocument.month == str(month))
        return self._all(statement, "number", "line_number")

    def adjustments(self) -> list[RatingAdjustment]:
        """What closes corrected of earlier months, oldest first."""
        key = ("month", "corrected_month", "contract_id", "charge", "category", "destination_country")
        return self._all(select(RatingAdjustment), *key)

    def keep_file(self, number: str, sha256: str, pages: int) -> None:
        """Write down the file a document was written as.

        Raises:
            PermanentError: it was written before, as another file.
        """
        with self.session() as session:
            known = session.get(DocumentFile, number)
            if known is None:
                session.add(DocumentFile(number=number, sha256=sha256, pages=pages))
            elif known.sha256 != sha256:
                raise PermanentError(
                    f"{number} was written as a file of sha256 {known.sha256} and is drawn now as {sha256}: the"
                    " templates or the fonts changed since; restore the file from the backup, it is the document"
                )

    def document_files(self, month: Month | None = None) -> dict[str, DocumentFile]:
        """The file every drawn document was written as, of one month or of all, by number."""
        statement = select(DocumentFile)
        if month is not None:
            statement = statement.join(IssuedDocument, col(IssuedDocument.number) == col(DocumentFile.number))
            statement = statement.where(IssuedDocument.month == str(month))
        return {row.number: row for row in self._all(statement, "number")}

    def payments(self, *, received_by: dt.date | None = None) -> list[Payment]:
        """Money received, all of it or with a value date up to a day; by value date and reference."""
        statement = select(Payment)
        if received_by is not None:
            statement = statement.where(Payment.value_date <= received_by)
        return self._all(statement, "value_date", "reference")

    def snapshots(self) -> dict[str, list[dict[str, Any]]]:
        """Every table of ``SNAPSHOTS`` as rows of plain values by primary key, all at one moment."""
        with self.reading() as session:
            tables = {name: list(session.exec(select(table))) for name, table in SNAPSHOTS.items()}
        return {name: _plain(SNAPSHOTS[name], rows) for name, rows in tables.items()}

    def snapshot(self, name: str) -> list[dict[str, Any]]:
        """One table of ``SNAPSHOTS``. Raises KeyError for another name."""
        with self.reading() as session:
            rows = list(session.exec(select(SNAPSHOTS[name])))
        return _plain(SNAPSHOTS[name], rows)


def _plain(table: type[SQLModel], rows: list[SQLModel]) -> list[dict[str, Any]]:
    keys = ("number", "valid_from") if table is PhoneNumber else [c.name for c in table.__table__.primary_key]  # type: ignore[attr-defined]
    return [row.model_dump(exclude=set(NOT_IN_SNAPSHOTS)) for row in in_order(rows, *keys)]
