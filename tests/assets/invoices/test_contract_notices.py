"""The letter of a contract's new price: what it says, in the mail and on paper, and what is not sent any more."""

from __future__ import annotations

import datetime as dt
import io
import re
from dataclasses import dataclass

import pytest
from pypdf import PdfReader
from sqlmodel import select

from adapters.alerts import Alerts
from adapters.ledger.contract_changes import change
from adapters.ledger.contract_journal import Signature
from adapters.ledger.contract_notices import announce
from adapters.ledger.tables import Delivery
from adapters.mail_relay import Relay
from adapters.numbering import Numbering
from adapters.post import Mail, Post
from assets.invoices.contract_notices import ContractNotices, NothingToTell, notice_pdf
from assets.invoices.deliveries import deliver
from assets.platform import Platform
from tests.adapters.receivers import Mailbox, smtp_server

NOVEMBER_23 = dt.date(2026, 11, 23)
NOW = dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)
SIGNED = Signature("A. Martin", NOVEMBER_23, "grille 2027")
JANUARY = dt.date(2027, 1, 1)


def plain(text):
    return re.sub(r"\s+", " ", text)


@dataclass
class Office:
    """A customer with 4 users at 12.90 and a number, a mail server, and the installation that writes to him."""

    house: object
    platform: Platform
    mailbox: Mailbox

    def announce(self, item="users", cents=13_90, on=JANUARY, country=None):
        given = {"item": item, "unit_cents": cents, "effective_on": on, "country": country}
        return announce(self.platform.ledger, "ctr-1001-1", SIGNED, NOW.replace(tzinfo=None),
                        notice_date=NOVEMBER_23, **given)[0]  # fmt: skip

    def send(self, now=NOW):
        return deliver(self.platform, lambda: now)

    def letter(self, sequence, day=NOVEMBER_23):
        payload = ContractNotices(self.platform.ledger).payload("ctr-1001-1", sequence, day)
        drawn = notice_pdf(self.platform.renderer, payload)
        return drawn, plain(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(drawn.content)).pages))


@pytest.fixture
def office(empty_house):
    house, mailbox = empty_house, Mailbox()
    house.customer()
    house.contract(users=4, user_cents=12_90)
    house.number()
    with smtp_server(mailbox) as port:
        yield Office(
            house,
            Platform(
                home=house.home, warehouse=house.warehouse, ledger=house.ledger, project=house.project,
                numbering=Numbering(), renderer=house.renderer, alerts=Alerts([], house.warehouse),
                carrier_profiles=frozenset(), post=Post(Mail(Relay("127.0.0.1", port), "factures@operateur.example")),
            ),
            mailbox,
        )  # fmt: skip


def test_the_mail_names_contract_prices_dates_and_the_right_to_leave_and_holds_the_letter(office):
    event = office.announce()
    assert office.send().states == {"sent": 1}
    [mail] = office.mailbox.mails
    assert plain(mail["Subject"]) == "Évolution de prix de votre contrat ctr-1001-1 au 1er janvier 2027"
    text = plain(mail.get_body(("plain",)).get_content())
    for mention in (
        "Utilisateurs (4 utilisateurs) : 12,90 € → 13,90 € l’unité",
        "Un prix de votre contrat ctr-1001-1 change le 1er janvier 2027",
        "votre part fixe change de +4,00 € par mois HT", "au moins un mois avant la prise d’effet", "article 6.1",
        "résilier votre contrat", "préavis d’un mois ; tout mois entamé est dû (article 4.2)",
        "au plus tard le 30 novembre 2026 y met fin", "compta@MybestPro.com",
    ):  # fmt: skip
        assert mention in text, mention
    [letter] = list(mail.iter_attachments())
    assert letter.get_filename() == "avis-ctr-1001-1-2026-11-23.pdf"
    drawn, said = office.letter(event.sequence)
    assert letter.get_content() == drawn.content
    for mention in (
        "Évolution de prix", "Contrat ctr-1001-1", "MybestPro SAS", "478 444 474", "Centre d’Appels Imaginaire SAS",
        "23 novembre 2026", "12,90 €", "13,90 €", "+4,00 €", "à compter du 1er janvier 2027", "art. 6.1", "art. 4.2",
    ):  # fmt: skip
        assert mention in said, mention


def test_a_price_of_mid_month_says_when_it_is_charged_first_and_numbers_their_country(office):
    event = office.announce("numbers", 1_50, dt.date(2027, 1, 15), "FR")
    _, said = office.letter(event.sequence)
    assert "Numéros France 1 numéro 1,00 € 1,50 € +0,50 €" in said
    assert (
        "jusqu’à la fin du mois de janvier 2027 : le nouveau prix vous est facturé à compter du 1er février 2027"
        in said
    )


def test_a_letter_that_leaves_late_does_not_say_that_it_is_in_time(office):
    event = office.announce("subscription", 159_00)
    _, said = office.letter(event.sequence, dt.date(2026, 12, 10))
    assert "au moins un mois avant" not in said
    assert "au plus tard le" not in said
    assert "résilier votre contrat à tout moment" in said


def test_a_price_recorded_again_for_its_day_is_told_and_the_one_before_it_is_not_sent(office):
    first = office.announce()
    second = office.announce(cents=13_50)
    report = office.send()
    assert report.states == {"sent": 1, "failed": 1}
    assert f"ctr-1001-1#{first.sequence} says no price any more" in report.told[0]
    assert "12,90 € → 13,50 €" in plain(office.mailbox.mails[0].get_body(("plain",)).get_content())
    change(office.platform.ledger, "ctr-1001-1", SIGNED, kind="price", item="users", unit_cents=12_00,
           effective_on=dt.date(2026, 12, 31), notice_date=None, waived_by="A. Martin", waived_because="x")  # fmt: skip
    # What was recorded after it does not change what the letter says.
    assert "12,90 € 13,50 €" in office.letter(second.sequence)[1]
    with pytest.raises(NothingToTell, match="ctr-9#1 is no price"):
        ContractNotices(office.platform.ledger).payload("ctr-9", 1, NOVEMBER_23)


def test_killed_after_the_relay_took_it_the_letter_goes_out_again_under_its_message_id(office):
    office.announce()
    moments = iter([NOW, NOW, NOW])

    def dying():
        try:
            return next(moments)
        except StopIteration:
            raise KeyboardInterrupt from None

    with pytest.raises(KeyboardInterrupt):
        deliver(office.platform, dying)
    assert office.send().states == {}
    assert office.send(NOW + dt.timedelta(minutes=15)).states == {"sent": 1}
    assert len({mail["Message-ID"] for mail in office.mailbox.mails}) == 1
    with office.platform.ledger.reading() as session:
        assert [row.state for row in session.exec(select(Delivery))] == ["sent"]
    assert [
        r["contract_id"] for r in office.platform.warehouse.read("select contract_id from deliveries").to_pylist()
    ] == ["ctr-1001-1"]
