"""The file each document was written as, and what each contract gets of its calls.

Revision ID: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

FINAL = "a document was written once; its file does not change"


def upgrade() -> None:
    op.create_table(
        "document_file",
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.CheckConstraint("length(sha256) = 64", name="ck_document_file_sha256"),
        sa.CheckConstraint("pages > 0", name="ck_document_file_pages"),
        sa.ForeignKeyConstraint(["number"], ["issued_document.number"]),
        sa.PrimaryKeyConstraint("number"),
    )
    # In one statement: SQLite adds a column with its own constraint, and no constraint alone.
    op.execute(
        "alter table contract add column itemised_annex varchar not null default 'pdf'"
        " constraint ck_contract_itemised_annex check (itemised_annex in ('none','pdf','pdf_csv'))"
    )
    if op.get_bind().dialect.name == "sqlite":
        for event in ("update", "delete"):
            op.execute(
                f"create trigger guard_document_file_{event} before {event} on document_file"
                f" begin select raise(abort, 'document_file: {FINAL}'); end"
            )
        # INSERT OR REPLACE deletes without a trigger.
        op.execute(
            "create trigger guard_document_file_replace before insert on document_file"
            " when exists (select 1 from document_file where number = new.number)"
            f" begin select raise(abort, 'document_file: {FINAL}'); end"
        )
        return
    op.execute(
        "create function guard_document_file() returns trigger language plpgsql as $$ begin"
        f" raise exception 'document_file: {FINAL}' using errcode = '23000'; end $$"
    )
    op.execute(
        "create trigger guard_document_file before update or delete on document_file"
        " for each row execute function guard_document_file()"
    )
    op.execute(
        "create trigger guard_document_file_truncate before truncate on document_file"
        " for each statement execute function guard_document_file()"
    )
