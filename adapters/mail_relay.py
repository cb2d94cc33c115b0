"""A mail relay: one connection for many messages, and what it answered by kind."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Literal

from domain.errors import BadInput, PermanentError, TransientError

LOOPBACK = ("127.0.0.1", "::1", "localhost")
# 5xx: the answer will not change (RFC 5321, 4.2.1).
PERMANENT = 500


class Refused(BadInput):
    """The relay will never take this message for this recipient."""


class SenderRefused(PermanentError):
    """The relay takes nothing from us: no message would pass."""


class RelayDown(TransientError):
    """Nothing can be sent now, to anybody."""


@dataclass(frozen=True)
class Relay:
    """Where mail goes out. ``tls``: ``starttls`` upgrades a plain connection, ``implicit`` begins encrypted (port 465).

    Raises:
        PermanentError: a password that would cross the network in clear.
    """

    host: str
    port: int = 25
    tls: Literal["none", "starttls", "implicit"] = "none"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout_seconds: int = 10
    # A private certificate authority; the system's trust when it is None.
    trust: ssl.SSLContext | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.user and self.tls == "none" and self.host not in LOOPBACK:
            raise PermanentError(f"the password of {self.user} would reach {self.host} in clear; use starttls")

    def connect(self) -> smtplib.SMTP:
        """A connection that may send. Raises OSError, of which smtplib's errors are."""
        server = self._open()
        try:
            if self.tls == "starttls":
                server.starttls(context=self._trust())
            if self.user:
                server.login(self.user, self.password or "")
        except BaseException:
            server.close()
            raise
        return server

    def _open(self) -> smtplib.SMTP:
        if self.tls == "implicit":
            return smtplib.SMTP_SSL(self.host, self.port, timeout=self.timeout_seconds, context=self._trust())
        return smtplib.SMTP(self.host, self.port, timeout=self.timeout_seconds)

    def _trust(self) -> ssl.SSLContext:
        return self.trust or ssl.create_default_context()


class MailSession:
    """Messages one after the other; a connection the relay broke is opened again for the next one."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._server: smtplib.SMTP | None = None

    def send(self, message: EmailMessage, sender: str, recipient: str) -> None:
        """Hand one message over.

        Raises:
            Refused: this recipient, or this message, for good.
            TransientError: not now; RelayDown when that holds for every message.
            SenderRefused: that holds for every message, for good.
        """
        server = self._connected()
        try:
            server.send_message(message, from_addr=sender, to_addrs=[recipient])
        except smtplib.SMTPRecipientsRefused as error:
            code, words = error.recipients[recipient]
            raise _by_code(code, words) from None
        except smtplib.SMTPSenderRefused as error:
            self.close()
            raise SenderRefused(
                f"the relay refuses {sender} as a sender ({_said(error.smtp_code, error.smtp_error)}): correct"
                " SECONDE_BILLING_SENDER, or let the relay know it"
            ) from None
        except smtplib.SMTPNotSupportedError as error:
            raise Refused(f"the relay cannot take this address: {error}") from None
        except smtplib.SMTPResponseException as error:
            raise _by_code(error.smtp_code, error.smtp_error) from None
        except OSError as error:  # the line broke
            self.close()
            raise TransientError(f"{type(error).__name__} while sending") from error
        except (UnicodeError, ValueError) as error:
            raise Refused(f"{recipient!r} is not an address mail can be sent to: {error}") from None

    def _connected(self) -> smtplib.SMTP:
        if self._server is None:
            try:
                self._server = self._relay.connect()
            except OSError as error:
                raise RelayDown(f"{self._relay.host}:{self._relay.port}: {_cause(error)}") from error
        return self._server

    def close(self) -> None:
        """Say goodbye; a relay that is gone already is no matter."""
        if self._server is not None:
            with suppress(OSError):
                self._server.quit()
            self._server = None


@contextmanager
def mail_session(relay: Relay) -> Iterator[MailSession]:
    """A session whose connection is opened by its first message and closed at the end."""
    session = MailSession(relay)
    try:
        yield session
    finally:
        session.close()


def _by_code(code: int, words: bytes | str) -> Refused | TransientError:
    return Refused(_said(code, words)) if code >= PERMANENT else TransientError(_said(code, words))


def _said(code: int, words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return f"{code} {' '.join(text.split())}"[:500]


def _cause(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{type(error).__name__} {error.smtp_code}"
    return type(error).__name__
