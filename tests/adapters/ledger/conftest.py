"""A migrated ledger on SQLite, and the same on a PostgreSQL that the run starts for itself."""

from __future__ import annotations

import datetime as dt
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import SQLModel

from adapters.ledger.engine import open_engine
from adapters.ledger.store import Ledger
from adapters.ledger.tables import Contract, Customer, TariffPlan
from domain.invoice import DraftDocument, DraftLine

INSTALL = "PostgreSQL is not installed: apt-get install postgresql (its initdb and pg_ctl are looked for)"


def _tool(name: str) -> str | None:
    packaged = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(packaged[-1]) if packaged else shutil.which(name)


def _server_user() -> str | None:
    """PostgreSQL refuses to run as root: the account to run it as, None for our own."""
    if os.geteuid() != 0:
        return None
    return "postgres" if any(entry.pw_name == "postgres" for entry in pwd.getpwall()) else "nobody"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of a migrated ledger on a PostgreSQL of its own, behind a Unix socket."""
    initdb, pg_ctl = _tool("initdb"), _tool("pg_ctl")
    if initdb is None or pg_ctl is None:
        pytest.skip(INSTALL)
    user = _server_user()
    # Not tmp_path: the server's account cannot enter it, and a socket's path has at most 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="seconde-pg-"))
    identity: dict[str, Any] = {}
    if user is not None:
        shutil.chown(folder, user)
        identity = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}

    def run(*command: str) -> None:
        done = subprocess.run(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, check=False, **identity
        )
        assert done.returncode == 0, f"{command[0]} failed:\n{(folder / 'log').read_text()}"

    data = str(folder / "data")
    with (folder / "log").open("w") as log:
        run(initdb, "-D", data, "-U", "seconde", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        options = f"-c listen_addresses='' -k {folder} -c fsync=off -c max_connections=30"
        run(pg_ctl, "start", "-w", "-s", "-D", data, "-o", options)
        try:
            url = f"postgresql://seconde@/postgres?host={folder}"
            Ledger(url).migrate()
            yield url
        finally:
            run(pg_ctl, "stop", "-w", "-s", "-m", "immediate", "-D", data)
            shutil.rmtree(folder)


def _empty(url: str) -> None:
    """Delete every row. In this mode no trigger speaks; 30 ms against 200 for a database per test."""
    with open_engine(url).begin() as connection:
        connection.exec_driver_sql("set session_replication_role = replica")
        for table in SQLModel.metadata.sorted_tables:
            connection.exec_driver_sql(f"delete from {table.name}")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite ledger to copy."""
    path = tmp_path_factory.mktemp("ledger") / "template.sqlite"
    Ledger(f"sqlite:///{path}").migrate()
    return path


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of a migrated ledger with nothing in it, on each of the two databases."""
    if request.param == "sqlite":
        path = tmp_path / "ledger.sqlite"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    url: str = request.getfixturevalue("postgres_server")
    yield url
    _empty(url)


@pytest.fixture
def ledger(ledger_url: str) -> Ledger:
    """A migrated ledger with nothing in it."""
    return Ledger(ledger_url)


def customer(customer_id: str = "acct-1001", **changed: Any) -> Customer:
    given: dict[str, Any] = {
        "customer_id": customer_id,
        "legal_name": "Centre d'Appels Imaginaire SAS",
        "address_line": "12 rue de l'Exemple",
        "postal_code": "75011",
        "city": "Paris",
        "country": "FR",
        "email": "compta@centre-imaginaire.example",
        "siren": "732829320",
        "vat_territory": "FR_MAINLAND",
    }
    return Customer(**given | changed)


def contract(contract_id: str = "ctr-1001-1", **changed: Any) -> Contract:
    given: dict[str, Any] = {
        "contract_id": contract_id,
        "customer_id": "acct-1001",
        "subscription_type": "Standard d'entreprise",
        "subscription_cents": 4900,
        "tariff_plan": "standard",
        "started_on": dt.date(2026, 1, 1),
    }
    return Contract(**given | changed)


@pytest.fixture
def customers(ledger: Ledger) -> Ledger:
    """The ledger with customers acct-1001 to acct-1003, each with a contract."""
    with ledger.session() as session:
        session.add(TariffPlan(plan="standard"))
        session.flush()
        for digits in ("1001", "1002", "1003"):
            session.add(customer(f"acct-{digits}"))
            session.flush()
            session.add(contract(f"ctr-{digits}-1", customer_id=f"acct-{digits}"))
    return ledger


def draft(customer_id: str = "acct-1001", **changed: Any) -> DraftDocument:
    """An invoice of one line: 49.00 EUR net, 58.80 EUR with VAT, for October 2026."""
    line = DraftLine(1, "subscription", "Abonnement", "1", "mois", 49_000_000, 4900, "S", 2000)
    given: dict[str, Any] = {
        "customer_id": customer_id,
        "kind": "invoice",
        "month": "2026-10",
        "issue_date": dt.date(2026, 11, 1),
        "due_date": dt.date(2026, 12, 1),
        "lines": (line,),
        "net_cents": 4900,
        "vat_cents": 980,
        "total_cents": 5880,
        "payload": {"buyer": {"legal_name": "Centre d'Appels Imaginaire SAS"}},
    }
    return DraftDocument(**given | changed)


Make = Callable[..., Any]


@pytest.fixture(name="customer")
def _customer() -> Make:
    return customer


@pytest.fixture(name="contract")
def _contract() -> Make:
    return contract


@pytest.fixture(name="draft")
def _draft() -> Make:
    return draft
