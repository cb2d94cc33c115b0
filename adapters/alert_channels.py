"""The channels an alert leaves by: mail and webhook. Each has a timeout, and none quotes its secrets in an error."""

from __future__ import annotations

import datetime as dt
import logging
import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Literal

import httpx

from adapters.alerts import Alert
from adapters.mail_relay import Relay
from domain.errors import PermanentError, TransientError

LOGGER = logging.getLogger("seconde.alerts")


@dataclass(frozen=True)
class SmtpSettings:
    """A mail relay. ``tls``: ``starttls`` upgrades a plain connection, ``implicit`` begins encrypted (port 465).

    Raises:
        PermanentError: no recipient, or a password that would cross the network in clear.
    """

    host: str
    sender: str
    recipients: tuple[str, ...]
    port: int = 25
    tls: Literal["none", "starttls", "implicit"] = "none"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout_seconds: int = 10

    def __post_init__(self) -> None:
        if not self.recipients:
            raise PermanentError(f"alerts by mail through {self.host} have no recipient; name at least one")
        self.relay()

    def relay(self, trust: ssl.SSLContext | None = None) -> Relay:
        """The connection the alerts leave by."""
        return Relay(self.host, self.port, self.tls, self.user, self.password, self.timeout_seconds, trust)


@dataclass(frozen=True)
class WebhookSettings:
    """Where alerts are posted as JSON. The address often carries a secret, so it is never printed."""

    url: str = field(repr=False)
    timeout_seconds: int = 10


@dataclass(frozen=True)
class SmtpChannel:
    """Alerts by mail: one message for all recipients, whose Message-ID is the alert's, so a repeat is recognised."""

    settings: SmtpSettings
    # A private certificate authority; the system's trust when it is None.
    trust: ssl.SSLContext | None = field(default=None, repr=False)
    name: str = field(default="smtp", init=False)

    def send(self, alert: Alert) -> None:
        settings = self.settings
        try:
            with settings.relay(self.trust).connect() as server:
                refused = server.send_message(self._message(alert))
        except OSError as error:  # smtplib's own errors are OSError too
            raise TransientError(_cause(error)) from error
        if refused:
            # The others have it: sending again until a wrong address becomes right would only teach them to look away.
            LOGGER.warning("alert %s: the relay refused %s", alert.alert_id, ", ".join(sorted(refused)))

    def _message(self, alert: Alert) -> EmailMessage:
        message = EmailMessage()
        message["Subject"] = f"[Seconde] {alert.severity}: {alert.check_name} ({alert.month})"
        message["From"] = self.settings.sender
        message["To"] = ", ".join(self.settings.recipients)
        message["Message-ID"] = f"<{alert.alert_id}@seconde.invalid>"
        message["Date"] = alert.raised_at.replace(tzinfo=dt.UTC)
        message.set_content(alert.text)
        return message


@dataclass(frozen=True)
class WebhookChannel:
    """Alerts as JSON, one POST each. ``text`` is what chat tools show; a receiver drops a repeat by Idempotency-Key."""

    settings: WebhookSettings
    name: str = field(default="webhook", init=False)

    def send(self, alert: Alert) -> None:
        body = {
            "text": alert.text,
            "alert_id": alert.alert_id,
            "check_name": alert.check_name,
            "month": alert.month,
            "severity": alert.severity,
            "message": alert.message,
            "failing_rows": alert.failing_rows,
            "raised_at": f"{alert.raised_at.isoformat()}Z",
        }
        timeout, headers = self.settings.timeout_seconds, {"Idempotency-Key": alert.alert_id}
        try:
            httpx.post(self.settings.url, json=body, headers=headers, timeout=timeout).raise_for_status()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise TransientError(_cause(error)) from None


def _cause(error: Exception) -> str:
    """What went wrong, without the message: an HTTP error quotes the address, which may hold a secret."""
    if isinstance(error, httpx.HTTPStatusError):
        return f"HTTP {error.response.status_code}"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{type(error).__name__} {error.smtp_code}"
    return type(error).__name__
