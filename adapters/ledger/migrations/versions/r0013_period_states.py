"""A month may be frozen; who froze, closed or overrode, when and why, is kept for ever.

``accepted_gap`` becomes ``close_override``: a gap in the call records is one gate among others. Tables of earlier
migrations whose last word could still be replaced (SQLite) or truncated (PostgreSQL) are guarded like the others.

Revision ID: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from adapters.ledger.migrations.guards import guard, is_sqlite, refuse_replace, refuse_truncate

revision = "0013"
down_revision = "0012"

STATES = (
    "(state = 'open' and issue_date is null and closed_calls_sha256 is null)"
    " or (state = 'frozen' and issue_date is null and closed_calls_sha256 is not null)"
    " or (state = 'closed' and issue_date is not null and closed_calls_sha256 is not null)"
)
EVENT_KEY = ("month", "rank")
OVERRIDE_KEY = ("month", "gate", "facts_sha256")
# Table, its key, what to say: what was written once is never changed, taken away or written over.
FINAL = (
    ("period_event", EVENT_KEY, "what was done to a month never changes: it is followed by what is done next"),
    ("close_override", OVERRIDE_KEY, "an override never changes: other facts need another one"),
)
ADJUSTMENT = "a correction that was issued stays"
DECISION = "what was decided never changes: decide again, in another credit note"
MONTH_CLOSED = "exists (select 1 from billing_period where month = new.month and state = 'closed')"


def upgrade() -> None:
    _allow_frozen()
    _events()
    _overrides()
    for table, key, message in FINAL:
        for event in ("update", "delete"):
            guard(f"{table}_{event}", table, event, "true", f"{table}: {message}")
        refuse_truncate(table)
        refuse_replace(table, key, f"{table}: {message}")
    guard("period_event_late", "period_event", "insert", MONTH_CLOSED, "period_event: its month is closed")
    refuse_replace("credit_decision", ("number",), f"credit_decision: {DECISION}")
    for table in ("credit_decision", "rating_adjustment"):
        refuse_truncate(table)


def _allow_frozen() -> None:
    if not is_sqlite():
        op.drop_constraint("ck_billing_period_closed", "billing_period")
        op.create_check_constraint("ck_billing_period_state", "billing_period", STATES)
        return
    # SQLite changes no check: another table takes the place of the first. Triggers that look at it would stop the
    # renaming, and its own go with it: all are made again, word for word.
    triggers = (
        op.get_bind()
        .exec_driver_sql(
            "select name, sql from sqlite_master where type = 'trigger' and sql like '%billing_period%' order by name"
        )
        .all()
    )
    for name, _ in triggers:
        op.execute(f"drop trigger {name}")
    op.create_table(
        "new_billing_period",
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("issue_date", sa.Date()),
        sa.Column("closed_calls_sha256", sa.String()),
        sa.CheckConstraint(STATES, name="ck_billing_period_state"),
        sa.CheckConstraint("month like '____-__'", name="ck_billing_period_month"),
        sa.PrimaryKeyConstraint("month"),
    )
    op.execute(
        "insert into new_billing_period select month, state, issue_date, closed_calls_sha256 from billing_period"
    )
    op.execute("drop table billing_period")
    op.execute("alter table new_billing_period rename to billing_period")
    for _, sql in triggers:
        op.execute(str(sql))


def _events() -> None:
    op.create_table(
        "period_event",
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("because", sa.String()),
        sa.Column("decided_at", sa.DateTime(), nullable=False),
        sa.Column("facts_sha256", sa.String()),
        sa.CheckConstraint("month like '____-__'", name="ck_period_event_month"),
        sa.CheckConstraint("rank > 0", name="ck_period_event_rank"),
        sa.CheckConstraint("event in ('frozen','unfrozen','closed')", name="ck_period_event_event"),
        sa.CheckConstraint(
            "trim(decided_by) <> '' and (event <> 'unfrozen' or (because is not null and trim(because) <> ''))",
            name="ck_period_event_signed",
        ),
        sa.CheckConstraint(
            "(event = 'unfrozen') = (facts_sha256 is null) and (facts_sha256 is null or length(facts_sha256) = 64)",
            name="ck_period_event_facts",
        ),
        sa.PrimaryKeyConstraint(*EVENT_KEY),
    )


def _overrides() -> None:
    op.create_table(
        "close_override",
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("gate", sa.String(), nullable=False),
        sa.Column("facts_sha256", sa.String(), nullable=False),
        sa.Column("facts", sa.Integer(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("because", sa.String(), nullable=False),
        sa.Column("decided_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("month like '____-__'", name="ck_close_override_month"),
        sa.CheckConstraint("trim(gate) <> ''", name="ck_close_override_gate"),
        sa.CheckConstraint("length(facts_sha256) = 64", name="ck_close_override_sha256"),
        sa.CheckConstraint("facts > 0", name="ck_close_override_facts"),
        sa.CheckConstraint("trim(decided_by) <> '' and trim(because) <> ''", name="ck_close_override_signed"),
        sa.PrimaryKeyConstraint(*OVERRIDE_KEY),
    )
    midnight = "accepted_on || ' 00:00:00.000000'" if is_sqlite() else "cast(accepted_on as timestamp)"
    op.execute(
        "insert into close_override (month, gate, facts_sha256, facts, summary, decided_by, because, decided_at)"
        " select month, 'every_leg_is_accounted_for', gap_sha256, legs, 'legs missing from the call records',"
        f" accepted_by, reason, {midnight} from accepted_gap"
    )
    op.drop_table("accepted_gap")
