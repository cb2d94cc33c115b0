"""One writer, readers at one moment, migrations that make what the tables say."""

from __future__ import annotations

import sqlite3
import subprocess
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlmodel import SQLModel

from adapters.ledger import engine
from adapters.ledger.store import Ledger
from domain.errors import PermanentError, TransientError

MIGRATE = "import sys; from adapters.ledger.store import Ledger; Ledger(sys.argv[1]).migrate()"


def test_the_migrations_make_the_tables_the_code_declares(ledger):
    with ledger.reading() as session:
        context = MigrationContext.configure(session.connection(), opts={"compare_type": True})
        found = compare_metadata(context, SQLModel.metadata)
    assert found == []


def test_the_migrations_make_the_constraints_the_code_declares(ledger):
    inspector = inspect(ledger.engine)
    for name, table in SQLModel.metadata.tables.items():
        declared = {c.name for c in table.constraints if c.name} | {i.name for i in table.indexes}
        checks = {c["name"]: c["sqltext"] for c in inspector.get_check_constraints(name)}
        uniques = {c["name"] for c in inspector.get_unique_constraints(name)}
        indexes = {i["name"] for i in inspector.get_indexes(name)}
        assert declared <= checks.keys() | uniques | indexes
        assert {c for c in checks if c} <= declared


def test_a_check_says_the_same_in_the_migration_and_in_the_code(sqlite_template):
    # On SQLite only: PostgreSQL rewrites a check's text, and both ran the same migration.
    inspector = inspect(Ledger(f"sqlite:///{sqlite_template}").engine)
    for name, table in SQLModel.metadata.tables.items():
        made = {c["name"]: c["sqltext"] for c in inspector.get_check_constraints(name)}
        assert made == {c.name: str(c.sqltext) for c in table.constraints if hasattr(c, "sqltext")}


def test_migrating_twice_changes_nothing(ledger):
    ledger.migrate()
    with ledger.reading() as session:
        assert session.connection().execute(text("select count(*) from alembic_version")).scalar() == 1


def test_a_ledger_with_versions_and_contracts_gets_their_plans(tmp_path):
    """A ledger of before the plans keeps every row, and what its rows name becomes a plan."""
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.sqlite")
    ledger.migrate("0005")
    with sqlite3.connect(tmp_path / "ledger.sqlite") as connection:
        connection.execute("insert into tariff_version values ('V1', 'standard', '2026-01-01', null, '2025-11-01')")
        connection.execute(
            "insert into tariff_rate values (7, 'V1', '*', '*', '33', 'FR', 'X', 8000, 0, 1, 1, '2026-01-01', null)"
        )
        connection.execute(
            "insert into customer values ('acct-1', 'X', 'X', '75011', 'Paris', 'FR', 'x@x.x', '732829320', null,"
            " 'FR_MAINLAND', 0, null, 0)"
        )
        connection.execute(
            "insert into contract values ('ctr-1', 'acct-1', 'X', 0, 0, 0, 0, 0, 'gold', 'prorata', 30, '2026-01-01',"
            " null)"
        )
        connection.execute(
            "insert into phone_number values (1, '+33170181001', 'ctr-1', 'FR', 'fixed', 0, '2026-01-01', null)"
        )
    connection.close()
    ledger.migrate()
    assert [(row.plan, row.fallback_plan) for row in ledger.tariff_plans()] == [("gold", None), ("standard", None)]
    (rate,) = ledger.rates()
    assert (rate.id, rate.call_category, rate.minimum_charge_micros, rate.destination_group) == (7, "*", 0, None)
    assert [row.contract_id for row in ledger.phone_numbers()] == [row.contract_id for row in ledger.contracts()]
    with pytest.raises(PermanentError, match=r"(?i)foreign key"), ledger.session() as session:
        session.connection().execute(text("delete from contract"))


def test_a_migration_that_leaves_a_reference_to_nothing_is_undone(tmp_path):
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.sqlite")
    ledger.migrate("0005")
    with sqlite3.connect(tmp_path / "ledger.sqlite") as connection:
        connection.execute(
            "insert into tariff_rate values (7, 'V9', '*', '*', '33', 'FR', 'X', 8000, 0, 1, 1, '2026-01-01', null)"
        )
    connection.close()
    with pytest.raises(PermanentError, match="tariff_rate row 7 names no tariff_version"):
        ledger.migrate()
    assert "tariff_plan" not in inspect(ledger.engine).get_table_names()


def test_two_processes_may_migrate_a_new_ledger_at_once(tmp_path):
    url = f"sqlite:///{tmp_path}/new/ledger.sqlite"
    processes = [subprocess.Popen([sys.executable, "-c", MIGRATE, url]) for _ in range(3)]
    assert [process.wait() for process in processes] == [0, 0, 0]
    assert Ledger(url).customers() == []


def test_a_session_that_fails_leaves_nothing(ledger, customer):
    def fail():
        with ledger.session() as session:
            session.add(customer())
            session.flush()
            raise RuntimeError("the power went")

    with pytest.raises(RuntimeError):
        fail()
    assert ledger.customers() == []


def test_a_migration_that_fails_half_way_leaves_no_table(tmp_path):
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.sqlite")
    with sqlite3.connect(tmp_path / "ledger.sqlite") as connection:
        # In the way of the second migration; the first has made its tables by then.
        connection.execute("create table payment (reference text)")
    with pytest.raises(PermanentError, match="payment already exists"):
        ledger.migrate()
    assert inspect(ledger.engine).get_table_names() == ["payment"]


def test_a_reader_cannot_write(ledger, customer):
    with pytest.raises(PermanentError, match=r"readonly|read-only"), ledger.reading() as session:
        session.connection().execute(text("delete from customer"))
    assert ledger.customers() == []


def test_a_reader_sees_one_moment_while_another_writes(ledger, customer):
    count = text("select count(*) from customer")
    with ledger.reading() as reader:
        assert reader.connection().execute(count).scalar() == 0
        with ledger.session() as writer:
            writer.add(customer())
        assert reader.connection().execute(count).scalar() == 0
    assert len(ledger.customers()) == 1


def test_a_second_writer_does_not_begin_while_one_writes(ledger, monkeypatch):
    monkeypatch.setattr(engine, "WAIT_MILLISECONDS", 1)
    with ledger.session():
        with pytest.raises(TransientError), ledger.session():
            pass
        assert ledger.customers() == [], "a reader waits for nobody"


def test_what_a_reader_returns_outlives_its_session(customers):
    assert [row.legal_name for row in customers.customers()] == ["Centre d'Appels Imaginaire SAS"] * 3


def test_foreign_keys_are_enforced(ledger, contract):
    with pytest.raises(PermanentError, match=r"(?i)foreign key"), ledger.session() as session:
        session.add(contract(customer_id="acct-9999"))


def test_sqlite_keeps_a_write_ahead_log(tmp_path):
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.sqlite")
    ledger.migrate()
    with ledger.reading() as session:
        assert session.connection().execute(text("pragma journal_mode")).scalar() == "wal"
