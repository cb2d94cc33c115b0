"""Documents to customers through a real mail server and a real folder: each once, refusals told, kills survived."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlmodel import select

from adapters.alerts import Alerts
from adapters.ledger import deliveries as queue
from adapters.ledger.documents import issue
from adapters.ledger.tables import Customer, Delivery, TariffRate, TariffVersion
from adapters.mail_relay import Relay, SenderRefused
from adapters.numbering import Numbering
from adapters.platform_folder import PlatformFolder
from adapters.post import Mail, Post
from assets.invoices.deliveries import deliver, note_bounces, queue_documents, queue_price_notices
from assets.platform import Platform
from domain.calendar import Month
from domain.errors import BadInput, PermanentError
from domain.invoice import DraftDocument, DraftLine
from tests.adapters.receivers import Mailbox, smtp_server, unheard_url
from tests.closings import CLOSING

OCTOBER = Month(2026, 10)
ON = dt.date(2026, 11, 1)
SENDER = "factures@operateur.example"
SELLER = {"name": "MybestPro SAS", "iban": "FR76 0000", "bic": None, "dispute_email": "compta@operateur.example"}


@dataclass
class FussyMailbox(Mailbox):
    """Also says "later" to some, breaks the line for one, refuses a sender."""

    later: frozenset[str] = frozenset()
    breaks: str = ""
    no_sender: bool = False
    asked: list[str] = field(default_factory=list)

    async def handle_MAIL(  # noqa: N802 -- aiosmtpd's own name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.no_sender:
            return "550 you are not known here"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.asked.append(address)
        if address == self.breaks:
            assert server.transport is not None
            server.transport.close()
        if address in self.later:
            return "451 greylisted, come back"
        return await super().handle_RCPT(server, session, envelope, address, options)


@dataclass
class World:
    """Three customers invoiced for October, a mail server, and a clock that moves when told."""

    platform: Platform
    mailbox: FussyMailbox
    now: dt.datetime = dt.datetime(2026, 11, 1, 8, tzinfo=dt.UTC)

    def clock(self) -> dt.datetime:
        return self.now

    def send(self, clock: Callable[[], dt.datetime] | None = None):
        return deliver(self.platform, clock or self.clock)

    def queue(self, **options) -> list[Delivery]:
        return queue_documents(self.platform, OCTOBER, self.now, **options)

    def later(self, **span) -> None:
        self.now += dt.timedelta(**span)

    def rows(self) -> list[Delivery]:
        with self.platform.ledger.reading() as session:
            return sorted(session.exec(select(Delivery)), key=lambda row: (row.channel, row.recipient))

    def states(self) -> dict[str, str]:
        return {row.recipient: row.state for row in self.rows()}

    @property
    def received(self) -> list[tuple[str, str]]:
        return [(mail["To"], mail["Message-ID"]) for mail in self.mailbox.mails]


def an_invoice(customer_id: str) -> DraftDocument:
    line = DraftLine(1, "subscription", "Abonnement", "1", "mois", 49_000_000, 4900, "S", 2000)
    payload = {"seller": SELLER, "buyer": {"name": customer_id}}
    return DraftDocument(
        customer_id, "invoice", "2026-10", ON, dt.date(2026, 12, 1), (line,), 4900, 980, 5880, payload
    )  # fmt: skip


@pytest.fixture
def world(empty_house) -> Iterator[World]:
    house, mailbox = empty_house, FussyMailbox()
    for name in "abc":
        house.customer(f"acct-{name}", email=f"{name}@client.example")
        house.contract(f"ctr-{name}-1")
    documents = issue(house.ledger, OCTOBER, ON, [an_invoice(f"acct-{name}") for name in "abc"], CLOSING)
    folder = house.home / "documents" / "2026-10"
    folder.mkdir(parents=True)
    for document in documents:
        content = b"%PDF-1.7 " + document.number.encode()
        (folder / f"{document.number}.pdf").write_bytes(content)
        house.ledger.keep_file(document.number, hashlib.sha256(content).hexdigest(), 1)
    with smtp_server(mailbox) as port:
        platform = Platform(
            home=house.home,
            warehouse=house.warehouse,
            ledger=house.ledger,
            project=house.project,
            numbering=Numbering(),
            renderer=house.renderer,
            alerts=Alerts([], house.warehouse),
            carrier_profiles=frozenset(),
            post=Post(Mail(Relay("127.0.0.1", port), SENDER)),
        )
        yield World(platform, mailbox)


def test_every_customer_gets_its_invoice_once_however_often_it_is_run(world: World) -> None:
    assert len(world.queue()) == 3
    assert world.send().states == {"sent": 3}
    assert world.queue() == []
    assert world.send().states == {}
    world.later(days=30)
    assert world.send().states == {}
    assert sorted(to for to, _ in world.received) == [f"{name}@client.example" for name in "abc"]
    assert [row["state"] for row in world.platform.warehouse.read("select state from deliveries").to_pylist()] == [
        "sent"
    ] * 3


def test_the_message_is_french_names_the_sum_and_the_day_and_holds_the_pdf(world: World) -> None:
    world.queue()
    world.send()
    mail: EmailMessage = world.mailbox.mails[0]
    assert mail["Subject"] == "Votre facture FA-2026-000001 du 1er\u00a0novembre\u00a02026"
    assert (mail["From"], mail["Reply-To"]) == ("MybestPro <factures@operateur.example>", "compta@MybestPro.com")
    body = mail.get_body(("plain",))
    assert body is not None
    text = body.get_content().replace("\u00a0", " ")
    assert "Montant TTC  : 58,80 €" in text
    assert "Échéance     : 1er décembre 2026" in text
    assert "Virement     : IBAN FR76 0000" in text
    [pdf] = list(mail.iter_attachments())
    assert (pdf.get_filename(), pdf.get_content_type()) == ("FA-2026-000001.pdf", "application/pdf")
    assert pdf.get_content() == b"%PDF-1.7 FA-2026-000001"


def test_a_dry_run_queues_nothing(world: World) -> None:
    assert len(world.queue(dry_run=True)) == 3
    assert world.rows() == []


def test_an_address_that_refuses_is_a_bounce_and_its_neighbours_get_theirs(world: World) -> None:
    world.mailbox.refused = frozenset({"b@client.example"})
    world.queue()
    report = world.send()
    assert report.states == {"sent": 2, "bounced": 1}
    assert report.told == ["FA-2026-000002 to b@client.example: bounced, 550 no such mailbox"]
    world.later(days=1)
    assert world.queue() == []
    assert world.send().states == {}
    assert world.mailbox.asked.count("b@client.example") == 1


def test_a_corrected_address_gets_what_the_wrong_one_refused_and_nobody_else_does(world: World) -> None:
    world.mailbox.refused = frozenset({"b@client.example"})
    world.queue()
    world.send()
    with world.platform.ledger.session() as session:
        session.get_one(Customer, "acct-a").email = "new-a@client.example"
        session.get_one(Customer, "acct-b").email = "new-b@client.example"
    assert [row.recipient for row in world.queue()] == ["new-b@client.example"]
    world.send()
    assert sorted(to for to, _ in world.received) == ["a@client.example", "c@client.example", "new-b@client.example"]


def test_later_is_tried_again_with_longer_waits_under_one_message_id(world: World) -> None:
    world.mailbox.later = frozenset({"a@client.example"})
    world.queue()
    assert world.send().states == {"sent": 2, "queued": 1}
    first = world.rows()[0]
    assert (first.last_error, first.attempts) == ("451 greylisted, come back", 1)
    world.later(minutes=4)
    assert world.send().states == {}
    world.later(minutes=1)
    assert world.send().states == {"queued": 1}
    world.later(minutes=9)
    assert world.send().states == {}
    world.mailbox.later = frozenset()
    world.later(minutes=1)
    assert world.send().states == {"sent": 1}
    assert world.rows()[0].message_id == first.message_id == world.received[-1][1]


def test_what_is_always_later_fails_after_two_days_and_a_person_can_ask_again(world: World) -> None:
    world.mailbox.later = frozenset({"a@client.example"})
    world.queue()
    for _ in range(14):
        world.send()
        world.later(hours=6)
    assert world.states()["a@client.example"] == "failed"
    assert world.send().states == {}
    world.mailbox.later = frozenset()
    before = world.rows()[0].message_id
    [again] = queue.send_again(world.platform.ledger, "FA-2026-000001", world.now.replace(tzinfo=None))
    assert world.send().states == {"sent": 1}
    assert again.round == 2
    assert world.received[-1][1] != before
    with pytest.raises(BadInput, match="nothing of it bounced or failed"):
        queue.send_again(world.platform.ledger, "FA-2026-000001", world.now.replace(tzinfo=None))


def test_a_line_that_breaks_is_opened_again_for_the_next_one(world: World) -> None:
    world.mailbox.breaks = "a@client.example"
    world.queue()
    assert world.send().states == {"queued": 1, "sent": 2}
    world.mailbox.breaks = ""
    world.later(minutes=5)
    assert world.send().states == {"sent": 1}
    assert len(world.received) == 3


def test_a_relay_that_is_down_costs_one_attempt_and_nothing_is_lost(world: World) -> None:
    mail = world.platform.post.mail
    assert mail is not None
    nobody = int(unheard_url().split(":")[2].partition("/")[0])
    down = replace(world.platform, post=Post(replace(mail, relay=Relay("127.0.0.1", nobody))))
    world.queue()
    assert deliver(down, world.clock).states == {"queued": 1}
    assert sorted(row.attempts for row in world.rows()) == [0, 0, 1]
    world.later(minutes=5)
    assert world.send().states == {"sent": 3}


def test_a_relay_that_does_not_know_us_says_which_setting_to_correct(world: World) -> None:
    world.mailbox.no_sender = True
    world.queue()
    with pytest.raises(SenderRefused, match=r"refuses factures@operateur.example as a sender .*SECONDE_BILLING_SENDER"):
        world.send()
    world.mailbox.no_sender = False
    world.later(minutes=5)
    assert world.send().states == {"sent": 3}


def test_killed_after_the_relay_took_it_the_same_message_id_goes_out_once_its_lease_is_over(world: World) -> None:
    """The one window: the relay has it, the ledger does not know yet."""
    calls = 0

    def dying() -> dt.datetime:
        nonlocal calls
        calls += 1
        if calls == 4:  # what waits, claim, letter; then the sending would be written down
            raise KeyboardInterrupt
        return world.now

    world.queue()
    with pytest.raises(KeyboardInterrupt):
        world.send(dying)
    assert world.states() == {"a@client.example": "sending", "b@client.example": "queued", "c@client.example": "queued"}
    assert world.send().states == {"sent": 2}
    world.later(minutes=15)
    assert world.send().states == {"sent": 1}
    twice = [identity for to, identity in world.received if to == "a@client.example"]
    assert len(twice) == 2
    assert len(set(twice)) == 1


def test_killed_before_the_relay_had_it_nothing_is_lost_and_nothing_comes_twice(world: World) -> None:
    calls = 0

    def dying() -> dt.datetime:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise KeyboardInterrupt
        return world.now

    world.queue()
    with pytest.raises(KeyboardInterrupt):
        world.send(dying)
    world.send()
    world.later(minutes=15)
    world.send()
    assert sorted(to for to, _ in world.received) == [f"{name}@client.example" for name in "abc"]


def test_two_passes_at_once_send_nothing_twice(world: World) -> None:
    """The second one runs whole between the first one's look at the queue and its first claim."""
    calls = 0

    def clock() -> dt.datetime:
        nonlocal calls
        calls += 1
        if calls == 2:
            assert world.send().states == {"sent": 3}
        return world.now

    world.queue()
    assert world.send(clock).states == {}
    assert len(world.received) == 3


def test_a_document_that_is_not_drawn_waits_and_one_that_changed_is_not_sent(world: World) -> None:
    folder = world.platform.documents / "2026-10"
    (folder / "FA-2026-000001.pdf").rename(folder / "away.pdf")
    world.queue()
    report = world.send()
    assert report.states == {"queued": 1, "sent": 2}
    assert "is not drawn yet: close 2026-10 again" in report.told[0]
    (folder / "FA-2026-000001.pdf").write_bytes(b"%PDF-1.7 of other templates")
    world.later(minutes=5)
    report = world.send()
    assert report.states == {"failed": 1}
    assert "is not the file that was drawn" in report.told[0]


def test_a_platform_gets_each_invoice_in_its_folder_whole_and_once(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "platform"
    folder.mkdir()
    world.platform = replace(world.platform, post=Post(platform=PlatformFolder(folder, "PA Exemple")))
    world.queue()
    assert world.send().states == {"sent": 3}
    assert sorted(path.name for path in folder.iterdir()) == [f"FA-2026-00000{n}.pdf" for n in (1, 2, 3)]
    for path in folder.iterdir():
        path.unlink()  # the platform takes them away
    assert world.queue() == []
    world.send()
    assert list(folder.iterdir()) == []


def test_a_folder_that_is_away_is_tried_again_and_another_file_is_left_alone(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "platform"
    world.platform = replace(world.platform, post=Post(platform=PlatformFolder(folder, "PA Exemple")))
    world.queue()
    assert world.send().states == {"queued": 3}
    folder.mkdir()
    (folder / "FA-2026-000001.pdf").write_bytes(b"another")
    world.later(minutes=5)
    report = world.send()
    assert report.states == {"sent": 2, "failed": 1}
    assert (folder / "FA-2026-000001.pdf").read_bytes() == b"another"


def test_a_bounce_that_comes_later_is_written_down_once_for_its_round(world: World, tmp_path: Path) -> None:
    world.queue()
    world.send()
    identity = dict(world.received)["b@client.example"]
    folder = tmp_path / "bounces"
    folder.mkdir()
    (folder / "one.eml").write_text(
        'Content-Type: multipart/report; report-type=delivery-status; boundary="B"\nMIME-Version: 1.0\n\n'
        "--B\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\n"
        "Final-Recipient: rfc822; b@client.example\nAction: failed\nStatus: 5.2.2\n"
        "Diagnostic-Code: smtp; mailbox full\n\n"
        f"--B\nContent-Type: message/rfc822\n\nMessage-ID: {identity}\n\n--B--\n"
    )
    assert note_bounces(world.platform, folder).told == [
        "FA-2026-000002 to b@client.example came back: 5.2.2 mailbox full"
    ]
    assert note_bounces(world.platform, folder).told == []
    assert world.states()["b@client.example"] == "bounced"
    queue.send_again(world.platform.ledger, "FA-2026-000002", world.now.replace(tzinfo=None))
    # Read once more before the new round began: the old notification may not end it.
    assert note_bounces(world.platform, folder).told == []
    assert world.states()["b@client.example"] == "queued"
    assert world.send().states == {"sent": 1}
    assert note_bounces(world.platform, folder).told == []
    assert world.states()["b@client.example"] == "sent"


def test_nothing_set_is_a_refusal_that_names_the_settings(world: World) -> None:
    world.platform = replace(world.platform, post=Post())
    with pytest.raises(PermanentError, match=r"SECONDE_SMTP_HOST and SECONDE_BILLING_SENDER .*SECONDE_PLATFORM_FOLDER"):
        world.queue()
    with pytest.raises(PermanentError, match="is not a mail address"):
        Mail(Relay("127.0.0.1"), "operateur")


@pytest.fixture
def repriced(world: World) -> World:
    """The standard plan has a new version on 15 December: mobiles are dearer, fixed lines as before."""
    with world.platform.ledger.session() as session:
        for version, start, end in (
            ("V1", dt.date(2026, 1, 1), dt.date(2026, 12, 15)),
            ("V2", dt.date(2026, 12, 15), None),
        ):
            notice = start - dt.timedelta(days=31)
            session.add(
                TariffVersion(version_id=version, plan="standard", valid_from=start, valid_to=end, notice_date=notice)
            )
            session.flush()
            for prefix, category, price in (("33", "France - fixes", 8_000), ("336", "France - mobiles", 19_000)):
                dearer = price + (1_000 if (version, prefix) == ("V2", "336") else 0)
                session.add(
                    TariffRate(
                        version_id=version,
                        destination_prefix=prefix,
                        destination_country="FR",
                        category=category,
                        price_per_minute_micros=dearer,
                        valid_from=start,
                    )
                )
    return world


def test_a_price_change_is_told_once_to_each_address_with_what_changes(repriced):
    with repriced.platform.ledger.session() as session:
        session.get_one(Customer, "acct-c").email = "b@client.example"
    for _ in range(2):
        queue_price_notices(repriced.platform, "V2", repriced.now, dt.date(2026, 11, 1))
    assert repriced.send().states == {"sent": 2}
    mail = repriced.mailbox.mails[0]
    assert mail["Subject"].replace("\u00a0", " ") == "Évolution de vos tarifs au 15 décembre 2026"
    assert "Un prix change" in mail.get_body(("plain",)).get_content()
    [prices] = list(mail.iter_attachments())
    assert prices.get_filename() == "tarifs-2026-12-15.csv"
    assert "France - mobiles;FR;0,019;0,02" in prices.get_payload(decode=True).decode("utf-8-sig")
    assert "France - fixes" not in prices.get_payload(decode=True).decode("utf-8-sig")


@pytest.mark.parametrize(
    ("version", "today", "said"),
    [("V2", dt.date(2026, 11, 16), "it may not rate a call before 2026-12-16"), ("V9", ON, "is no tariff version")],
)
def test_a_notice_that_would_be_late_or_of_nothing_is_refused(repriced, version, today, said):
    with pytest.raises(BadInput, match=said):
        queue_price_notices(repriced.platform, version, repriced.now, today)
    assert repriced.rows() == []
