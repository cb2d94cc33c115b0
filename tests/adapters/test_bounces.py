"""Delivery status notifications as mail servers write them (RFC 3464), and what is none."""

from __future__ import annotations

import pytest

from adapters.bounces import read_bounces
from domain.errors import BadInput

REPORT = """\
From: MAILER-DAEMON@relay.example
To: factures@operateur.example
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example
Arrival-Date: Sun, 1 Nov 2026 08:00:00 +0000

Final-Recipient: rfc822; nobody@client.example
Original-Recipient: rfc822;compta@client.example
Action: {action}
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <nobody@client.example>:
    User unknown

--B
Content-Type: {quote}

From: factures@operateur.example
Message-ID:
 <FA-2026-000001.0123456789abcdef.1@operateur.example>
Subject: Votre facture

--B--
"""


def write(folder, name, text):
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text.replace("\n", "\r\n"))


@pytest.mark.parametrize("quote", ["message/rfc822", "text/rfc822-headers"])
@pytest.mark.parametrize("place", ["bounce.eml", "new/1700000000.M1.host", "cur/1700000000.M1.host:2,S"])
def test_a_failure_names_its_message_recipient_and_reason(tmp_path, quote, place):
    write(tmp_path, place, REPORT.format(action="failed", quote=quote))
    [bounce] = read_bounces(tmp_path)
    assert bounce.message_id == "<FA-2026-000001.0123456789abcdef.1@operateur.example>"
    assert bounce.recipient == "compta@client.example"
    assert bounce.reason == "5.1.1 550 5.1.1 <nobody@client.example>: User unknown"


def test_a_delay_a_receipt_other_mail_and_what_is_half_written_are_passed_over(tmp_path):
    write(tmp_path, "delayed.eml", REPORT.format(action="delayed", quote="message/rfc822"))
    write(tmp_path, "relayed.eml", REPORT.format(action="relayed", quote="message/rfc822"))
    write(tmp_path, "tmp/half", REPORT.format(action="failed", quote="message/rfc822"))
    write(tmp_path, "holiday.eml", "From: a@b.example\nSubject: Absence\n\nJe suis absent.\n")
    (tmp_path / "noise").write_bytes(bytes(range(256)) * 4)
    (tmp_path / "empty").write_bytes(b"")
    assert list(read_bounces(tmp_path)) == []


def test_a_report_that_quotes_nothing_names_no_message(tmp_path):
    text = REPORT.format(action="failed", quote="message/rfc822")
    write(tmp_path, "bounce.eml", text[: text.index("--B\nContent-Type: message/rfc822")] + "--B--\n")
    assert list(read_bounces(tmp_path)) == []


def test_a_folder_that_is_not_there_says_so(tmp_path):
    with pytest.raises(BadInput, match="is not a folder"):
        list(read_bounces(tmp_path / "none"))
