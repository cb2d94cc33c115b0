"""URLs, and database errors as the house's kinds."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from adapters.ledger.engine import open_engine
from adapters.ledger.store import Ledger
from domain.errors import PermanentError, TransientError


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_ledger_in_memory_is_refused(url):
    with pytest.raises(PermanentError, match="name a file"):
        Ledger(url)


def test_another_database_is_refused():
    with pytest.raises(PermanentError, match="sqlite:/// or postgresql://"):
        Ledger("mysql://localhost/ledger")


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_is_spoken_through_psycopg(scheme):
    assert open_engine(f"{scheme}://host/name").dialect.driver == "psycopg"


def test_a_text_that_is_no_url_is_refused():
    with pytest.raises(PermanentError, match=r"var/ledger\.sqlite.*sqlite:////path"):
        Ledger("var/ledger.sqlite")


def test_a_server_that_is_down_is_transient_and_its_password_is_not_told(tmp_path):
    with pytest.raises(TransientError) as raised:
        Ledger(f"postgresql://seconde:secret@/ledger?host={tmp_path}").customers()
    assert "secret" not in str(raised.value)


@pytest.mark.postgres
@pytest.mark.parametrize("wrong", ["@/nowhere?", "-nobody@/postgres?"])
def test_a_database_or_account_that_is_not_there_is_permanent(postgres_server, wrong):
    with pytest.raises(PermanentError, match="does not exist"):
        Ledger(postgres_server.replace("@/postgres?", wrong)).customers()


@pytest.mark.postgres
def test_a_postgresql_that_was_never_migrated_says_what_to_do(postgres_server):
    with pytest.raises(PermanentError, match="seconde init"):
        Ledger(postgres_server.replace("/postgres?", "/template1?")).customers()


def test_a_ledger_that_was_never_migrated_says_what_to_do(tmp_path):
    with pytest.raises(PermanentError, match="seconde init"):
        Ledger(f"sqlite:///{tmp_path}/ledger.sqlite").customers()


def test_a_folder_that_is_missing_is_permanent(tmp_path):
    with pytest.raises(PermanentError, match="unable to open"):
        Ledger(f"sqlite:///{tmp_path}/none/ledger.sqlite").customers()


def test_a_wrong_statement_is_permanent(ledger):
    with pytest.raises(PermanentError, match="syntax"), ledger.session() as session:
        session.connection().execute(text("selekt 1"))
