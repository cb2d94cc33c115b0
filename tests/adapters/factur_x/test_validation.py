"""Whatever a close can draw up passes every official rule; whatever is broken is refused by name.

Saxon lives in one worker for the whole module: compiling the rules takes a second.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from adapters.document_view import PrintedDocument
from adapters.factur_x.faults import Fault, svrl_faults
from adapters.factur_x.validation import CHUNK, stop_validating, validate, validate_all, validate_here
from adapters.factur_x.xml import RAM, factur_x_xml
from adapters.worker_processes import worker_processes
from domain.errors import TransientError
from domain.invoice import DraftLine
from domain.money import micros_to_cents
from tests.adapters.factur_x.drawn_up import CUSTOMERS, drawn_up, line

Judge = Callable[[bytes], list[Fault]]
# Any character XML may hold; a label of spaces alone is no name.
LABELS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]), min_size=1, max_size=60).map(
    lambda text: f"Appels {text}"
)


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with worker_processes(1) as pool:
        yield lambda xml: pool.submit(validate_here, [xml]).result()[0]


@st.composite
def usage_lines(draw: st.DrawFn, number: int) -> DraftLine:
    """Calls rounded one by one to the micro-euro: their sum is near seconds x price, not it."""
    seconds, calls = draw(st.integers(1, 30_000_000)), draw(st.integers(1, 5_000))
    price = draw(st.integers(0, 2_000_000))
    micros = seconds * price // 60 + draw(st.integers(-calls // 2, calls // 2))
    return line(
        number,
        kind="usage",
        label=draw(LABELS),
        quantity=f"{seconds // 60}.{seconds % 60 * 10_000 // 60:04d}",
        unit="min",
        unit_price_micros=price,
        amount_cents=micros_to_cents(max(micros, 0)),
        contract_id=draw(st.sampled_from(["ctr-1001-1", "ctr-1001-2"])),
    )


@st.composite
def fixed_lines(draw: st.DrawFn, number: int) -> DraftLine:
    """So many units at a price in cents, the first month perhaps by its days, perhaps a credit."""
    quantity, cents, days = draw(st.integers(1, 5_000)), draw(st.integers(0, 500_00)), draw(st.integers(1, 31))
    sign = draw(st.sampled_from([1, 1, 1, -1]))
    return line(
        number,
        quantity=str(quantity),
        unit=draw(st.sampled_from(["mois", "utilisateur", "licence", "numéro", "forfait"])),
        unit_price_micros=(cents * 10_000 * days * 2 + 31) // 62,
        amount_cents=sign * ((quantity * cents * days * 2 + 31) // 62),
    )


@st.composite
def documents(draw: st.DrawFn) -> PrintedDocument:
    count = draw(st.integers(1, 40))
    lines = [draw(st.one_of(usage_lines(number), fixed_lines(number))) for number in range(1, count + 1)]
    return drawn_up(
        lines,
        draw(st.sampled_from(sorted(CUSTOMERS))),
        corrects=draw(st.sampled_from([None, None, "FA-2026-000007"])),
        earlier=draw(st.lists(st.sampled_from(["FR_MAINLAND", "FR_DOM", "FR_VAT_EXEMPT", "NON_EU"]), max_size=4)),
        replaces=draw(st.sampled_from([None, None, "FA-2026-000003"])),
        operator=draw(st.sampled_from([{}, {"iban": "FR76 3000 6000 0112 3456 7890 189", "bic": "AGRIFRPP"}])),
    )


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(document=documents())
def test_every_document_a_close_can_draw_up_passes_schema_en_16931_br_fr_and_the_cent(judge: Judge, document):
    xml = factur_x_xml(document)
    assert judge(xml) == []
    assert factur_x_xml(document) == xml


@pytest.mark.parametrize("territory", sorted(CUSTOMERS))
@pytest.mark.parametrize("corrects", [None, "FA-2026-000007"])
def test_every_territory_passes_as_invoice_and_as_credit_note(judge: Judge, territory, corrects):
    assert judge(factur_x_xml(drawn_up(territory=territory, corrects=corrects))) == []


def test_each_category_without_tax_says_its_own_reason(judge: Judge):
    lines = [line(number) for number in (1, 2, 3)]
    xml = factur_x_xml(drawn_up(lines, "EU", earlier=["FR_VAT_EXEMPT", "NON_EU"]))
    assert judge(xml) == []
    found = etree.fromstring(xml).iter(f"{{{RAM}}}ApplicableTradeTax")
    assert {
        tax.findtext(f"{{{RAM}}}CategoryCode"): reason
        for tax in found
        if (reason := tax.findtext(f"{{{RAM}}}ExemptionReason"))
    } == {
        "AE": "Autoliquidation – art. 283-2 du CGI",
        "E": "TVA non applicable – art. 294-1 CGI",
        "G": "TVA non applicable – art. 259-1 du CGI",
    }


def test_an_invoice_in_the_place_of_another_refers_to_it(judge: Judge):
    xml = factur_x_xml(drawn_up(replaces="FA-2026-000003"))
    assert judge(xml) == []
    assert b"<ram:TypeCode>380<" in xml
    [earlier] = etree.fromstring(xml).iter(f"{{{RAM}}}InvoiceReferencedDocument")
    assert earlier.findtext(f"{{{RAM}}}IssuerAssignedID") == "FA-2026-000003"


def without(tag: str) -> Callable[[str], str]:
    """The XML without the first element of this name."""

    def cut(xml: str) -> str:
        start = xml.index(f"<ram:{tag}")
        end = xml.index(f"</ram:{tag}>", start) + len(f"</ram:{tag}>")
        return xml[:start] + xml[end:]

    return cut


def replaced(old: str, new: str, count: int = -1) -> Callable[[str], str]:
    def replace(xml: str) -> str:
        assert old in xml, old
        return xml.replace(old, new, count)

    return replace


BROKEN: dict[str, tuple[Callable[[str], str], str]] = {
    "a total that is not the sum": (replaced("GrandTotalAmount>178.80", "GrandTotalAmount>180.80"), "BR-CO-15"),
    "VAT a cent too high, totals following": (
        lambda xml: replaced("178.80", "178.81")(replaced("29.80", "29.81")(xml)),
        "CENT-VAT",
    ),
    "VAT a cent too low, totals following": (
        lambda xml: replaced("178.80", "178.79")(replaced("29.80", "29.79")(xml)),
        "CENT-VAT",
    ),
    "a seller without a SIREN": (without("SpecifiedLegalOrganization"), "BR-FR-10_BT-30"),
    "a day that does not exist": (replaced("20261101", "20261131"), "BR-FR-03_BT-2"),
    "a date that is no date": (replaced("20261101", "1er novembre"), "XSLT"),
    "due before it is issued": (replaced("20261201", "20261001"), "BR-FR-CO-07_BT-9"),
    "no word on the recovery indemnity": (replaced(">PMT<", ">AAI<"), "BR-FR-05_BT-22_PMT"),
    "the discount said twice": (replaced(">PMD<", ">AAB<"), "BR-FR-06_BT-21_AAB"),
    "a number of 36 characters": (replaced("FA-2026-000007", "FA-2026-" + "0" * 28), "BR-FR-01_BT-1"),
    "no billing mode": (without("BusinessProcessSpecifiedDocumentContextParameter"), "BR-FR-08_BT-23"),
    "a rate France does not know": (replaced("20.00</ram:RateA", "21.00</ram:RateA"), "BR-FR-16_BT-119"),
    "a price of seven decimals": (replaced("149.00</ram:Ch", "149.0000001</ram:Ch"), "BR-FR-DEC-03_BT-146"),
    "a line that is not price times quantity": (replaced('"MON">1<', '"MON">2<'), "CENT-LINE"),
    "a line without a name": (without("Name"), "XSD"),
    "no buyer's electronic address": (
        lambda xml: "<ram:BuyerTradeParty>".join(
            [(halves := xml.split("<ram:BuyerTradeParty>"))[0], without("URIUniversalCommunication")(halves[1])]
        ),
        "BR-FR-12_BT-49",
    ),
    "no XML at all": (lambda xml: xml[:-20], "XML"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_document_is_refused_and_the_rule_it_breaks_is_named(judge: Judge, name):
    breaks, rule = BROKEN[name]
    faults = judge(breaks(factur_x_xml(drawn_up()).decode()).encode())
    assert rule in {fault.rule for fault in faults if not fault.is_warning}, [str(fault) for fault in faults]


def test_a_credit_note_that_cites_nothing_is_refused(judge: Judge):
    xml = without("InvoiceReferencedDocument")(factur_x_xml(drawn_up(corrects="FA-2026-000007")).decode())
    assert "BR-FR-CO-05_BT-3" in {fault.rule for fault in judge(xml.encode())}


def test_a_reverse_charge_to_a_buyer_without_a_number_is_refused(judge: Judge):
    seller, buyer = factur_x_xml(drawn_up(territory="EU")).decode().split("<ram:BuyerTradeParty>")
    cut = f"{seller}<ram:BuyerTradeParty>{without('SpecifiedTaxRegistration')(buyer)}"
    assert {fault.rule for fault in judge(cut.encode())} >= {"BR-AE-02"}


def test_many_documents_are_judged_in_order_by_several_processes():
    sound, wrong = factur_x_xml(drawn_up()), b"<not-an-invoice/>"
    verdicts = list(validate_all([sound] * 20 + [wrong] + [sound] * 20, workers=2))
    assert [bool(faults) for faults in verdicts] == [False] * 20 + [True] + [False] * 20


def test_a_killed_worker_is_said_and_the_next_document_has_a_new_one():
    stop_validating()
    sound, others = factur_x_xml(drawn_up()), set(multiprocessing.active_children())
    verdicts = validate_all([sound] * (3 * CHUNK), workers=1)
    assert next(verdicts) == []
    for worker in set(multiprocessing.active_children()) - others:
        worker.kill()
        worker.join()
    with pytest.raises(TransientError, match="close again"):
        list(verdicts)
    assert validate(sound) == []


def test_nothing_to_judge_starts_no_process():
    assert list(validate_all([])) == []


def test_a_rule_that_only_warns_refuses_nothing():
    report = (
        '<svrl:schematron-output xmlns:svrl="http://purl.oclc.org/dsdl/svrl">'
        '<svrl:failed-assert id="X-1" flag="warning"><svrl:text>[BR-99]-Rather not.</svrl:text></svrl:failed-assert>'
        "</svrl:schematron-output>"
    )
    assert svrl_faults("en16931", report) == [Fault("en16931", "BR-99", "[BR-99]-Rather not.", is_warning=True)]
