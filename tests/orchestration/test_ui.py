"""The Dagster UI as a person opens it: the graph in its groups, a materialized month, the invoices' metadata."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestration.document_server import serving_documents
from orchestration.flow import Flow
from orchestration.settings import child_environment

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu"]
MILLISECONDS = 60_000

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is not installed: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def webserver(november: Flow) -> Iterator[str]:
    """The address of the UI's web server over the closed November."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    command = [sys.executable, "-m", "dagster_webserver", "--module-name", "orchestration.definitions"]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    log = (november.settings.home / "webserver.log").open("w+")
    process = subprocess.Popen(command, env=child_environment(november.settings), stdout=log, stderr=subprocess.STDOUT)
    with log, process:
        await_answer(process, port)
        yield f"http://127.0.0.1:{port}"
        process.terminate()


def await_answer(process: subprocess.Popen[bytes], port: int) -> None:
    """Until something listens on the port, or the server has ended."""
    while process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except ConnectionRefusedError:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.2)
    pytest.fail(f"the web server ended with code {process.returncode}; see webserver.log in SECONDE_HOME")


@pytest.fixture(scope="module")
def page(webserver: str) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        opened = browser.new_page(base_url=webserver, viewport={"width": 1800, "height": 1100})
        opened.set_default_timeout(MILLISECONDS)
        yield opened
        browser.close()


def test_the_asset_graph_shows_the_flow_in_its_groups(page: Any) -> None:
    page.goto("/asset-groups")
    for group in ("cdr", "rating", "invoices", "kpis"):
        page.get_by_text(group, exact=True).first.wait_for()
    assert page.get_by_text("error", exact=True).count() == 0


def test_a_closed_month_shows_its_documents_and_their_date(page: Any) -> None:
    page.goto("/assets/issued_documents?view=partitions&partition=2026-11")
    page.get_by_text("documents_of_the_month").first.wait_for()
    page.get_by_text("2026-12-01").first.wait_for()
    assert page.get_by_text("Materialized", exact=True).count()


def test_the_documents_of_a_month_are_where_the_metadata_says(page: Any, november: Flow) -> None:
    page.goto("/assets/invoice_documents?view=partitions&partition=2026-11")
    folder = page.get_by_text("documents/2026-11").first
    folder.wait_for()
    assert str(november.platform.documents / "2026-11") in folder.inner_text()


def test_finance_reads_the_month_s_tables_and_a_click_opens_an_invoice(page: Any, november: Flow) -> None:
    page.goto("/assets/invoice_documents?view=partitions&partition=2026-11")
    for name in ("documents", "vat_by_rate", "differences_to_last_month", "refused_documents"):
        page.get_by_text(name, exact=True).first.wait_for()
    page.get_by_text("[Show Markdown]").first.click()
    link = page.get_by_role("link").filter(has_text="FA-2026-000001").first
    address = link.get_attribute("href")
    assert address == f"{november.settings.documents_url}/documents/2026-11/FA-2026-000001.pdf"
    with serving_documents(november.settings.home, 0) as port:
        answer = page.request.get(address.replace(str(november.settings.documents_port), str(port)))
        assert answer.body() == (november.platform.documents / "2026-11" / "FA-2026-000001.pdf").read_bytes()
