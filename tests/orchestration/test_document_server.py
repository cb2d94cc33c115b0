"""The server beside the UI: PDFs of documents and dry runs on loopback, and nothing else of the installation."""

from __future__ import annotations

import httpx
import pytest

from domain.errors import PermanentError
from orchestration.document_server import serving_documents


def test_it_gives_documents_and_previews_and_nothing_else(tmp_path):
    for name in ("documents/2026-10/FA-1.pdf", "previews/2026-10/P.pdf", "documents/notes.txt", "journal/x.pdf"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("%PDF")
    (tmp_path / "ledger.sqlite").write_text("secret")
    with serving_documents(tmp_path, 0) as port, httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        found = client.get("/documents/2026-10/FA-1.pdf")
        assert (found.status_code, found.headers["content-type"], found.text) == (200, "application/pdf", "%PDF")
        assert client.get("/previews/2026-10/P.pdf").status_code == 200
        hidden = (
            "/ledger.sqlite", "/documents/", "/documents/notes.txt", "/journal/x.pdf", "/documents/../ledger.sqlite",
            "/documents/%2e%2e/journal/x.pdf",
        )  # fmt: skip
        assert {client.get(path).status_code for path in hidden} == {404}
        elsewhere = client.get("/documents/2026-10/FA-1.pdf", headers={"Host": "evil.example:3001"})
        assert elsewhere.status_code == 404


def test_a_taken_port_is_said_with_the_setting(tmp_path):
    with (
        serving_documents(tmp_path, 0) as port,
        pytest.raises(PermanentError, match="SECONDE_DOCUMENTS_PORT"),
        serving_documents(tmp_path, port),
    ):
        pass
