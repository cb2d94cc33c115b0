"""A real SMTP server and a real HTTP receiver on loopback, for what leaves the platform."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Mailbox:
    """What the SMTP server took, and from whom; it refuses the recipients named in ``refused``."""

    mails: list[EmailMessage] = field(default_factory=list)
    refused: frozenset[str] = frozenset()
    users: list[object] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd's own name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        self.mails.append(message_from_bytes(envelope.content, policy=default))
        self.users.append(session.auth_data)
        self.encrypted.append(session.ssl is not None)
        return "250 OK"


class FreePortController(Controller):
    """aiosmtpd connects to the port it was given to see that it listens; here the system chose it."""

    def _trigger_server(self) -> None:
        server: Any = self.server
        self.port = server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def smtp_server(mailbox: Mailbox, **options: Any) -> Iterator[int]:
    """An SMTP server that fills ``mailbox``; its port. ``options`` are aiosmtpd's."""
    server = FreePortController(mailbox, hostname="127.0.0.1", port=0, **options)
    server.start()
    try:
        yield server.port
    finally:
        server.stop()


@dataclass
class Receiver:
    """What the HTTP receiver was sent: headers and JSON. It answers ``status``."""

    url: str
    status: int = 200
    posts: list[tuple[dict[str, str], dict[str, Any]]] = field(default_factory=list)


@contextmanager
def http_receiver() -> Iterator[Receiver]:
    """An HTTP server that keeps what it is sent, behind an address with a secret in it."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            state.posts.append((dict(self.headers), body))
            self.send_response(state.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Silent: the test reads ``posts``."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    state = Receiver(f"http://127.0.0.1:{server.server_port}/hook/s3cret")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def unheard_url() -> str:
    """An address nobody listens to: its port was free a moment ago."""
    server = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.server_close()
    return f"http://127.0.0.1:{server.server_port}/hook/s3cret"
