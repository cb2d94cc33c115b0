"""What was issued does not change, a closed month does not reopen, validity does not overlap.

SQLite's ``insert or replace`` deletes without firing delete triggers, so inserting over a row is refused too.
Overlaps are excluded by PostgreSQL where its btree_gist extension can be had; everywhere they are refused by
``adapters.ledger.overlaps`` inside the writing transaction.

Revision ID: 0003
"""

from __future__ import annotations

from typing import NamedTuple

from alembic import op

revision = "0003"
down_revision = "0002"

MONTH_IS_CLOSED = "exists (select 1 from billing_period where month = new.month and state = 'closed')"
ITS_MONTH_IS_CLOSED = (
    "exists (select 1 from issued_document d join billing_period p on p.month = d.month"
    " where d.number = new.number and p.state = 'closed')"
)
DOCUMENT_EXISTS = (
    "exists (select 1 from issued_document where number = new.number"
    " or (series = new.series and year = new.year and sequence = new.sequence)"
    " or (kind <> 'credit_note' and kind = new.kind and month = new.month and customer_id = new.customer_id))"
)
LINE_EXISTS = "exists (select 1 from issued_document_line where number = new.number and line_number = new.line_number)"
SERIES_EXISTS = "exists (select 1 from document_series where series = new.series and year = new.year)"
SERIES_GOES_BACK = (
    "new.series <> old.series or new.year <> old.year or new.last_sequence <= old.last_sequence"
    " or new.last_issue_date < old.last_issue_date"
)
DOCUMENT = "an issued document never changes: issue a credit note"
PERIOD = "a closed month does not change and does not reopen"
SERIES = "a document number is given out once, and dates follow numbers"


class Guard(NamedTuple):
    """A trigger: what it refuses to a row of a table, and why."""

    name: str
    table: str
    event: str
    condition: str
    message: str


GUARDS = (
    Guard("document_update", "issued_document", "update", "true", DOCUMENT),
    Guard("document_delete", "issued_document", "delete", "true", DOCUMENT),
    Guard("document_late", "issued_document", "insert", MONTH_IS_CLOSED, "its month is closed"),
    Guard("document_replace", "issued_document", "insert", DOCUMENT_EXISTS, "it is issued already"),
    Guard("line_update", "issued_document_line", "update", "true", DOCUMENT),
    Guard("line_delete", "issued_document_line", "delete", "true", DOCUMENT),
    Guard("line_late", "issued_document_line", "insert", ITS_MONTH_IS_CLOSED, "its month is closed"),
    Guard("line_replace", "issued_document_line", "insert", LINE_EXISTS, "it is issued already"),
    Guard("period_update", "billing_period", "update", "old.state = 'closed'", PERIOD),
    Guard("period_delete", "billing_period", "delete", "old.state = 'closed'", PERIOD),
    Guard("period_replace", "billing_period", "insert", MONTH_IS_CLOSED, PERIOD),
    Guard("series_update", "document_series", "update", SERIES_GOES_BACK, SERIES),
    Guard("series_delete", "document_series", "delete", "true", SERIES),
    Guard("series_replace", "document_series", "insert", SERIES_EXISTS, SERIES),
)
# What may not overlap: (table, columns that are equal when two rows compete).
EXCLUSIONS = (
    ("phone_number", ("number",)),
    ("tariff_version", ("plan",)),
    ("tariff_rate", ("version_id", "origin_country", "origin_number_type", "destination_prefix")),
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _guard_sqlite()
    else:
        _guard_postgresql()
        _exclude_overlaps()


def _guard_sqlite() -> None:
    for guard in GUARDS:
        op.execute(
            f"create trigger guard_{guard.name} before {guard.event} on {guard.table} when {guard.condition}"
            f" begin select raise(abort, '{guard.table}: {guard.message}'); end"
        )


def _guard_postgresql() -> None:
    # 23000 is integrity_constraint_violation: a trigger's refusal reaches Python as a constraint's does.
    for guard in GUARDS:
        # PostgreSQL takes no subquery in a trigger's when clause: the condition stands in its function.
        _create_function(guard.name, f"if {guard.condition} then {_refuse(guard)} end if; return {_row(guard)};")
        op.execute(
            f"create trigger guard_{guard.name} before {guard.event} on {guard.table}"
            f" for each row execute function guard_{guard.name}()"
        )
    _create_function("truncate", "raise exception '%: what is final stays', tg_table_name using errcode = '23000';")
    for table in sorted({guard.table for guard in GUARDS}):
        op.execute(
            f"create trigger guard_{table}_truncate before truncate on {table} execute function guard_truncate()"
        )


def _create_function(name: str, body: str) -> None:
    op.execute(f"create function guard_{name}() returns trigger language plpgsql as $$ begin {body} end $$")


def _refuse(guard: Guard) -> str:
    return f"raise exception '{guard.table}: {guard.message}' using errcode = '23000';"


def _row(guard: Guard) -> str:
    return "old" if guard.event == "delete" else "new"


def _exclude_overlaps() -> None:
    bind = op.get_bind()
    has = bind.exec_driver_sql("select count(*) from pg_extension where extname = 'btree_gist'").scalar()
    # Trusted since PostgreSQL 13: the owner of the database may create it, where the package is installed.
    can = bind.exec_driver_sql(
        "select count(*) from pg_available_extensions where name = 'btree_gist'"
        " and has_database_privilege(current_database(), 'create')"
    ).scalar()
    if not has and not can:
        return
    op.execute("create extension if not exists btree_gist")
    for table, columns in EXCLUSIONS:
        keys = ", ".join(f"{column} with =" for column in columns)
        # Deferred: ending one row and beginning the next is one change, in whatever order it is written.
        op.execute(
            f"alter table {table} add constraint ex_{table}_validity exclude using gist"
            f" ({keys}, daterange(valid_from, valid_to, '[)') with &&) deferrable initially deferred"
        )
