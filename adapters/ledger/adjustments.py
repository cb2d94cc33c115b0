"""What a close corrects of the months before it: stored with its documents, in its transaction, once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlmodel import Session

from adapters.ledger.credit_notes import Credit, Decision, store_credit
from adapters.ledger.tables import IssuedDocument, RatingAdjustment


@dataclass(frozen=True)
class Corrections:
    """Credit notes, who has them issued and why, and what each corrected charge comes to."""

    credits: Sequence[tuple[Credit, Decision]] = ()
    # Without their document: ``store`` finds the line that charges what is added.
    adjustments: Sequence[RatingAdjustment] = ()

    @property
    def credited_cents(self) -> dict[str, int]:
        """What each corrected document is credited, VAT included."""
        credited = Counter[str]()
        for credit, _ in self.credits:
            credited[credit.corrects_number] += credit.draft.total_cents
        return dict(credited)

    def without(self, customer_ids: Collection[str]) -> Corrections:
        """What is left when nothing is given back to some customers."""
        return Corrections(
            [(credit, decision) for credit, decision in self.credits if credit.draft.customer_id not in customer_ids],
            [row for row in self.adjustments if row.difference_cents > 0 or row.customer_id not in customer_ids],
        )

    def store(self, session: Session, documents: Sequence[IssuedDocument]) -> None:
        """Write the corrections that belong to the ``documents`` a close issues."""
        for credit, decision in self.credits:
            store_credit(session, credit, decision)
        charged = {}
        for document in documents:
            for line in json.loads(document.payload).get("adjustments", []):
                key = (line["corrected_month"], line["contract_id"], line["charge"], line["category"])
                charged[*key, line["destination_country"]] = (document.number, line["line_number"])
        for row in self.adjustments:
            key = (row.corrected_month, row.contract_id, row.charge, row.category)
            number, line_number = charged.get((*key, row.destination_country), (None, None))
            session.add(RatingAdjustment(**{**row.model_dump(), "document_number": number, "line_number": line_number}))
        session.flush()
