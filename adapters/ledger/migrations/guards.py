"""Triggers that keep what is final, on SQLite and on PostgreSQL. Migrations call them: what they make never changes.

SQLite's ``insert or replace`` deletes without firing a delete trigger: an insert over a row must be refused, too.
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic import op


def guard(name: str, table: str, event: str, condition: str, message: str) -> None:
    """Refuse ``event`` (insert, update or delete) to a row of ``table`` that meets ``condition`` (on old and new)."""
    if is_sqlite():
        op.execute(
            f"create trigger guard_{name} before {event} on {table} when {condition}"
            f" begin select raise(abort, '{message}'); end"
        )
        return
    row = "old" if event == "delete" else "new"
    # 23000 is integrity_constraint_violation: a trigger's refusal reaches Python as a constraint's does.
    op.execute(
        f"create function guard_{name}() returns trigger language plpgsql as $$ begin"
        f" if {condition} then raise exception '{message}' using errcode = '23000'; end if; return {row}; end $$"
    )
    op.execute(f"create trigger guard_{name} before {event} on {table} for each row execute function guard_{name}()")


def refuse_replace(table: str, key: Iterable[str], message: str) -> None:
    """Refuse an insert over a row of the same key: on SQLite alone, where one can delete what it stands on."""
    if is_sqlite():
        same = " and ".join(f"{column} = new.{column}" for column in key)
        guard(f"{table}_replace", table, "insert", f"exists (select 1 from {table} where {same})", message)


def refuse_truncate(table: str) -> None:
    """Only PostgreSQL truncates; its function is migration 0003's."""
    if not is_sqlite():
        op.execute(
            f"create trigger guard_{table}_truncate before truncate on {table} execute function guard_truncate()"
        )


def is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"
