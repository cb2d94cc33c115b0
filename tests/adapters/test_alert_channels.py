"""Mail with and without TLS, and the webhook: what is sent, what is refused, what never shows."""

from __future__ import annotations

import datetime as dt
import ipaddress
import logging
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from adapters.alert_channels import SmtpChannel, SmtpSettings, WebhookChannel, WebhookSettings
from adapters.alerts import Alert
from domain.errors import PermanentError, TransientError
from tests.adapters.receivers import Mailbox, Receiver, http_receiver, smtp_server, unheard_url

ALERT = Alert("2026-11", "a1b2c3", "invoice_totals", "error", "3 rows", 3, dt.datetime(2026, 12, 1, 6, 30))


def settings(port: int, **options: object) -> SmtpSettings:
    return SmtpSettings("127.0.0.1", "seconde@example.org", ("a@example.org", "b@example.org"), port=port, **options)  # type: ignore[arg-type]


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with http_receiver() as state:
        yield state


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of 127.0.0.1 that signs itself, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(dt.datetime(2020, 1, 1))
        .not_valid_after(dt.datetime(2100, 1, 1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def server_tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def test_starttls_encrypts_and_logs_in(mailbox: Mailbox, server_tls: ssl.SSLContext, certificate: Path) -> None:
    def authenticate(
        server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword
    ) -> AuthResult:
        is_known = data == LoginPassword(b"seconde", b"p4ss")
        return AuthResult(success=is_known, handled=False, auth_data=data.login)

    with smtp_server(mailbox, tls_context=server_tls, authenticator=authenticate, auth_required=True) as port:
        trust = ssl.create_default_context(cafile=str(certificate))
        SmtpChannel(settings(port, tls="starttls", user="seconde", password="p4ss"), trust).send(ALERT)
        with pytest.raises(TransientError, match="SMTPAuthenticationError 535"):
            SmtpChannel(settings(port, tls="starttls", user="seconde", password="wrong"), trust).send(ALERT)
    assert (mailbox.encrypted, mailbox.users) == ([True], [b"seconde"])


def test_implicit_tls_encrypts_from_the_first_byte(
    mailbox: Mailbox, server_tls: ssl.SSLContext, certificate: Path
) -> None:
    with smtp_server(mailbox, ssl_context=server_tls) as port:
        trust = ssl.create_default_context(cafile=str(certificate))
        SmtpChannel(settings(port, tls="implicit"), trust).send(ALERT)
    assert len(mailbox.mails) == 1


@pytest.mark.parametrize("mode", ["starttls", "implicit"])
def test_a_relay_with_an_unknown_certificate_gets_nothing(
    mailbox: Mailbox, server_tls: ssl.SSLContext, mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, "asyncio")
    offered = {"tls_context": server_tls} if mode == "starttls" else {"ssl_context": server_tls}
    with (
        smtp_server(mailbox, **offered) as port,
        pytest.raises(TransientError, match="SSLCertVerificationError"),
    ):
        SmtpChannel(settings(port, tls=mode)).send(ALERT)
    assert mailbox.mails == []


def test_a_relay_that_cannot_encrypt_gets_nothing_when_tls_is_asked_for(mailbox: Mailbox) -> None:
    with smtp_server(mailbox) as port, pytest.raises(TransientError, match="SMTPNotSupportedError"):
        SmtpChannel(settings(port, tls="starttls")).send(ALERT)
    assert mailbox.mails == []


def test_a_password_does_not_cross_the_network_in_clear() -> None:
    with pytest.raises(PermanentError, match="in clear; use starttls"):
        SmtpSettings("mail.example.org", "s@example.org", ("a@example.org",), user="seconde", password="p4ss")


def test_mail_without_a_recipient_is_refused_when_it_is_set_up() -> None:
    with pytest.raises(PermanentError, match="no recipient"):
        SmtpSettings("127.0.0.1", "s@example.org", ())


def test_one_refused_recipient_does_not_send_the_mail_to_the_others_again(
    mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    mailbox.refused = frozenset({"b@example.org"})
    with smtp_server(mailbox) as port:
        SmtpChannel(settings(port)).send(ALERT)
    assert len(mailbox.mails) == 1
    assert "the relay refused b@example.org" in caplog.text


def test_a_relay_that_refuses_everybody_is_a_failed_delivery(mailbox: Mailbox) -> None:
    mailbox.refused = frozenset({"a@example.org", "b@example.org"})
    with smtp_server(mailbox) as port, pytest.raises(TransientError, match="SMTPRecipientsRefused"):
        SmtpChannel(settings(port)).send(ALERT)


@pytest.mark.parametrize(("status", "cause"), [(404, "HTTP 404"), (302, "HTTP 302"), (503, "HTTP 503")])
def test_a_webhook_that_does_not_say_success_has_not_taken_the_alert(
    receiver: Receiver, status: int, cause: str
) -> None:
    receiver.status = status
    with pytest.raises(TransientError, match=f"^{cause}$"):
        WebhookChannel(WebhookSettings(receiver.url)).send(ALERT)


@pytest.mark.parametrize("url", ["http://host:s3cret/", "no-scheme/s3cret"])
def test_an_address_that_is_none_is_a_failed_delivery(url: str) -> None:
    with pytest.raises(TransientError, match=r"InvalidURL|UnsupportedProtocol"):
        WebhookChannel(WebhookSettings(url)).send(ALERT)


def test_the_webhook_address_and_the_password_show_nowhere() -> None:
    channel = WebhookChannel(WebhookSettings(unheard_url(), timeout_seconds=2))
    with pytest.raises(TransientError) as failed:
        channel.send(ALERT)
    told = str(failed.value) + repr(channel) + repr(settings(25, user="u", password="s3cret"))
    assert "s3cret" not in told
