"""What this machine has and lacks: each thing with why it is needed and the command that brings it."""

from __future__ import annotations

import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from ctypes.util import find_library
from dataclasses import dataclass
from typing import Literal

from domain.errors import SecondeError
from orchestration.settings import LOOPBACK, Settings
from orchestration.switches import Switch

State = Literal["ok", "missing", "optional"]
OLDEST_PYTHON = (3, 11)
PANGO = {"pango-1.0": "libpango-1.0-0", "pangoft2-1.0": "libpangoft2-1.0-0", "harfbuzz-subset": "libharfbuzz-subset0"}
CONNECT_SECONDS = 1.0


@dataclass(frozen=True)
class Finding:
    """One thing looked for. ``missing`` keeps Seconde from working, ``optional`` does not."""

    what: str
    state: State
    detail: str
    remedy: str = ""


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at everything once, most needed first."""
    yield _python()
    yield _program("uv", "installs exactly the packages of uv.lock", "scripts/bootstrap installs it", needed=False)
    yield _pango()
    yield _home(settings)
    yield _ledger(settings)
    yield _password(settings)
    for switch in settings.all_switches:
        yield _switch(switch)
    yield _program("psql", "the ledger's tests on PostgreSQL", "apt-get install postgresql", needed=False)
    yield _program("pdftoppm", "looking at documents as pictures", "apt-get install poppler-utils", needed=False)
    yield _program("chromium", "the tests that open the Dagster UI", "apt-get install chromium", needed=False)
    yield _program("duckdb", "asking the warehouse without `seconde sql`", "pip install duckdb-cli", needed=False)


def is_able(findings: list[Finding]) -> bool:
    """Whether nothing that Seconde cannot do without is missing."""
    return all(finding.state != "missing" for finding in findings)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST_PYTHON:
        return Finding("Python", "missing", f"{version} is too old", "apt-get install python3.11")
    return Finding("Python", "ok", version)


def _program(name: str, why: str, remedy: str, *, needed: bool) -> Finding:
    path = shutil.which(name)
    if path is not None:
        return Finding(name, "ok", path)
    return Finding(name, "missing" if needed else "optional", why, remedy)


def _pango() -> Finding:
    lacking = [package for library, package in PANGO.items() if find_library(library) is None]
    if lacking:
        return Finding("Pango", "missing", "WeasyPrint draws the PDFs with it", f"apt-get install {' '.join(lacking)}")
    return Finding("Pango", "ok", "WeasyPrint can draw PDFs")


def _home(settings: Settings) -> Finding:
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=settings.home):
            free = shutil.disk_usage(settings.home).free
    except OSError as error:
        remedy = "make it writable by this user, or set SECONDE_HOME"
        return Finding("SECONDE_HOME", "missing", f"{settings.home}: {error.strerror}", remedy)
    return Finding("SECONDE_HOME", "ok", f"{settings.home}, {free // 2**30} GiB free")


def _ledger(settings: Settings) -> Finding:
    from adapters.ledger.store import Ledger

    def legal_name() -> str:
        return Ledger(settings.ledger).operator().legal_name

    return _attempt("ledger", legal_name, "missing", "seconde init --seed demo")


def _password(settings: Settings) -> Finding:
    return _attempt("password", lambda: "known" if settings.event_socket_password() else "empty", "missing", "")


def _attempt(what: str, question: Callable[[], str], state: State, remedy: str) -> Finding:
    try:
        return Finding(what, "ok", question())
    except SecondeError as error:
        return Finding(what, state, str(error), remedy)


def _switch(switch: Switch) -> Finding:
    address = f"{switch.host}:{switch.port}"
    remedy = "start FreeSWITCH, or set SECONDE_ESL_HOST and SECONDE_ESL_PORT; `make demo` needs none"
    try:
        with socket.create_connection((switch.host, switch.port), CONNECT_SECONDS):
            return Finding("FreeSWITCH", "ok", f"something listens on {address}")
    except OSError as error:
        state: State = "optional" if switch.host in LOOPBACK else "missing"
        return Finding("FreeSWITCH", state, f"{address}: {error.strerror or error}", remedy)
