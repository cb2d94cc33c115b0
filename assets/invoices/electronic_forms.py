"""The electronic form of a draft, held to every rule before the draft can be issued."""

from collections.abc import Iterable

from adapters.document_view import PrintedDocument
from adapters.factur_x.validation import validate_all
from adapters.factur_x.xml import factur_x_xml, has_electronic_form
from adapters.ledger.documents import SERIES
from domain.invoice import DraftDocument


def faulty_forms(drafts: Iterable[DraftDocument], workers: int) -> dict[str, str]:
    """Why a draft's electronic form would be refused, by customer: each broken rule by its name and words."""
    customers, forms, faulty = [], [], {}
    for draft in drafts:
        document = provisional(draft)
        if not has_electronic_form(document):
            continue
        try:
            forms.append(factur_x_xml(document))
        except ValueError as error:
            faulty[draft.customer_id] = str(error)
        else:
            customers.append(draft.customer_id)
    for customer_id, faults in zip(customers, validate_all(forms, workers), strict=True):
        if broken := [str(fault) for fault in faults if not fault.is_warning]:
            faulty[customer_id] = "; ".join(broken)
    return faulty


def provisional(draft: DraftDocument) -> PrintedDocument:
    """A draft under a number of the length it will have."""
    return PrintedDocument(
        number=f"{SERIES[draft.kind]}-{draft.issue_date.year}-000000",
        kind=draft.kind,
        month=draft.month,
        issue_date=draft.issue_date,
        due_date=draft.due_date,
        net_cents=draft.net_cents,
        vat_cents=draft.vat_cents,
        total_cents=draft.total_cents,
        sha256=draft.content_sha256,
        lines=draft.lines,
        payload=draft.payload,
    )
