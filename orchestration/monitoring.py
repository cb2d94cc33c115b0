"""``/metrics`` and ``/healthz`` of the listeners, on loopback unless the settings say otherwise."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from domain.errors import PermanentError
from ingest.esl_listener import EslListener
from orchestration.listener_metrics import exposition

log = logging.getLogger(__name__)

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@contextmanager
def monitored(host: str, port: int, listeners: Sequence[EslListener]) -> Iterator[int | None]:
    """Answer while inside; gives the port taken (``port`` 0 takes none: nothing answers).

    Raises:
        PermanentError: the address or the port cannot be taken.
    """
    if port == 0:
        yield None
        return
    with serving(host, port, listeners) as taken:
        log.info("http://%s:%d/metrics and /healthz", host, taken)
        yield taken


@contextmanager
def serving(host: str, port: int, listeners: Sequence[EslListener]) -> Iterator[int]:
    """Serve on the port, 0 for any free one."""

    class Answer(BaseHTTPRequestHandler):
        timeout = 5

        def do_GET(self) -> None:
            if self.path == "/metrics":
                self._answer(200, METRICS_TYPE, exposition(listeners))
            elif self.path == "/healthz":
                complaints = {each.settings.switch: each.status.complaints() for each in listeners}
                is_well = not any(complaints.values())
                state = {"healthy": is_well, "complaints": complaints}
                self._answer(200 if is_well else 503, "application/json", json.dumps(state, indent=2) + "\n")
            else:
                self._answer(404, "text/plain; charset=utf-8", "/metrics or /healthz\n")

        def _answer(self, code: int, content_type: str, text: str) -> None:
            body = text.encode()
            self.send_response(code)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            log.debug(format, *args)

    try:
        server = ThreadingHTTPServer((host, port), Answer)
    except OSError as error:
        raise PermanentError(
            f"{host}:{port} cannot be taken for /metrics and /healthz ({error.strerror}); "
            "set SECONDE_MONITOR_PORT to a free port, or to 0 for none"
        ) from error
    thread = threading.Thread(target=server.serve_forever, name="monitoring", daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
