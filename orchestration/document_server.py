"""The PDFs of documents and dry runs over HTTP, on loopback, beside the Dagster UI: its page may open no file."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from domain.errors import PermanentError

LOOPBACK = "127.0.0.1"
SERVED = ("documents", "previews")
SUFFIXES = (".pdf", ".csv")


@contextmanager
def serving_documents(home: Path, port: int) -> Iterator[int]:
    """Serve while the block runs; the port. Raises PermanentError when another program has it."""
    try:
        server = ThreadingHTTPServer((LOOPBACK, port), partial(_Documents, directory=str(home)))
    except OSError as error:
        raise PermanentError(
            f"port {port} of this machine is taken ({error.strerror}): set SECONDE_DOCUMENTS_PORT to a free one"
        ) from error
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Documents(SimpleHTTPRequestHandler):
    """Reads PDFs and lists of calls below ``documents`` and ``previews``, and nothing else."""

    def send_head(self) -> Any:
        # Another site's name that resolves to this machine must not read invoices through somebody's browser.
        host = (self.headers.get("Host") or "").rpartition(":")[0]
        home = Path(self.directory).resolve()
        path = Path(self.translate_path(self.path)).resolve()
        is_served = path.is_relative_to(home) and path.relative_to(home).parts[:1] in {(name,) for name in SERVED}
        if host not in (LOOPBACK, "localhost") or not is_served or path.suffix not in SUFFIXES or not path.is_file():
            self.send_error(HTTPStatus.NOT_FOUND)
            return None
        return super().send_head()

    def log_message(self, *_: object) -> None:
        """Says nothing: the UI's log is for runs."""
