"""What a version that is not in the ledger yet would have made of a month's calls: the rating models, other rates.

Nothing is written. The models run as they are, in memory, on a month's own call records; only ``tariff_rates`` and
``tariff_tiers`` are other tables, in which the version is in force all the time, and the month is open: of a closed
one they would say what it billed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import NamedTuple

import duckdb
import pyarrow as pa

from adapters.decks.reader import DeckRate
from adapters.ledger.announcements import last_rates
from adapters.ledger.tables import TariffTier
from adapters.warehouse import Warehouse, literal
from assets.platform import Platform
from assets.rating.tables import TARIFF_RATES
from dbt_like_sql.ancestry import ancestors
from dbt_like_sql.runner import compile_sql
from domain.calendar import Month

# Before any call.
ALWAYS = dt.datetime(1970, 1, 1)
RATED = "rated_calls"
NEEDED = f"{RATED} contracts tariff_rates tariff_tiers billing_periods"
VERSION = "preview"
AMOUNTS = ("amount_micros", "surcharge_micros")


class Moved(NamedTuple):
    """The calls of a month to a country, under the plan: what they cost, and would have cost."""

    country: str
    calls: int
    before_micros: int
    after_micros: int
    newly_priced: int
    unpriced: int


class Effect(NamedTuple):
    """What a version does to a month's calls, by country, those that move most first."""

    month: str
    plans: tuple[str, ...]
    countries: list[Moved]


def last_complete_month(warehouse: Warehouse, today: dt.date) -> str | None:
    """The last month that has ended and has rated calls; None without any."""
    months = {path.parent.name.removeprefix("month=") for path in warehouse.files(RATED)}
    return max((month for month in months if month < str(Month.of(today))), default=None)


def effect(
    platform: Platform,
    plans: Sequence[str],
    rates: Collection[DeckRate],
    today: dt.date,
    tiers: Sequence[TariffTier] = (),
) -> Effect | None:
    """Rate the last complete month again with a version of ``plans[0]``; the other plans fall back to it.

    Of several dates of a rate the last counts. None where the warehouse has no complete month of rated calls.
    """
    month = last_complete_month(platform.warehouse, today)
    if month is None:
        return None
    made = ancestors(platform.project, RATED)
    models = {model.name: compile_sql(platform.project, model.name, {"month": month}) for model in made}
    with platform.warehouse.connect(platform.warehouse.named_in(NEEDED, *models.values())) as connection:
        connection.execute(f"create temp table calls_before as {_calls(connection, RATED, month, plans)}")
        _replace_rates(connection, plans[0], rates)
        _add_tiers(connection, tiers)
        connection.execute("create temp table known_periods as select * from billing_periods")
        earlier = f"select * from known_periods where month < {literal(month)}"
        connection.execute(f"create or replace view billing_periods as {earlier}")
        only = ", ".join(map(literal, plans))
        connection.execute("create temp table all_contracts as select * from contracts")
        contracts = f"select * from all_contracts where tariff_plan in ({only})"
        connection.execute(f"create or replace view contracts as {contracts}")
        for name, sql in models.items():
            connection.execute(f"drop view if exists {name}")
            connection.execute(f"create table {name} as {sql}")
        connection.execute(f"create temp table calls_after as {_calls(connection, RATED, month, plans)}")
        return Effect(month, tuple(plans), [Moved(*row) for row in connection.execute(COMPARED).fetchall()])


COMPARED = """
    with sides as (
        select
            coalesce(after.destination_country, before.destination_country) as country,
            before.amount as before_micros,
            after.amount as after_micros
        from calls_before as before
        full outer join calls_after as after on before.boot_id = after.boot_id and before.leg_id = after.leg_id
    )
    select
        country,
        count(*),
        cast(coalesce(sum(before_micros), 0) as bigint),
        cast(coalesce(sum(after_micros), 0) as bigint),
        count(*) filter (where before_micros is null),
        count(*) filter (where after_micros is null)
    from sides
    group by country
    order by abs(coalesce(sum(after_micros), 0) - coalesce(sum(before_micros), 0)) desc, country
"""


def _calls(connection: duckdb.DuckDBPyConnection, table: str, month: str, plans: Sequence[str]) -> str:
    """The calls of the plans' contracts, each with all it costs."""
    columns = {row[0] for row in connection.execute(f"describe {table}").fetchall()}
    amount = " + ".join(f"coalesce({name}, 0)" for name in AMOUNTS if name in columns)
    only = ", ".join(map(literal, plans))
    return (
        f"select calls.boot_id, calls.leg_id, calls.destination_country, {amount} as amount"
        f" from {table} as calls inner join contracts on calls.contract_id = contracts.contract_id"
        f" where calls.month = {literal(month)} and contracts.tariff_plan in ({only})"
    )


def _replace_rates(connection: duckdb.DuckDBPyConnection, plan: str, rates: Collection[DeckRate]) -> None:
    """``tariff_rates`` with the version as all that ``plan`` has, in force at any instant."""
    connection.execute("create temp table known_rates as select * from tariff_rates")
    first = connection.execute("select coalesce(max(rate_id), 0) + 1 from known_rates").fetchall()[0][0]
    connection.register("deck_rates", _rate_table(plan, list(last_rates(rates).values()), int(first)))
    connection.execute(
        f"create or replace view tariff_rates as select * from known_rates where plan <> {literal(plan)}"
        " union all select * from deck_rates"
    )


def _add_tiers(connection: duckdb.DuckDBPyConnection, tiers: Sequence[TariffTier]) -> None:
    """``tariff_tiers`` with those of the version."""
    connection.execute("create temp table all_tiers as select * from tariff_tiers")
    connection.execute("create or replace view tariff_tiers as select * from all_tiers")
    for tier in tiers:
        row = [VERSION, tier.destination_group, tier.from_minutes, tier.price_per_minute_micros]
        connection.execute(
            "insert into all_tiers (version_id, destination_group, from_minutes, price_per_minute_micros)"
            " values ($1, $2, $3, $4)", row,
        )  # fmt: skip


def _rate_table(plan: str, rates: list[DeckRate], first_id: int) -> pa.Table:
    """The rates by the columns of the warehouse's table."""
    said = {name: list(values) for name, values in zip(DeckRate._fields, zip(*rates, strict=True), strict=True)}
    said |= {
        "rate_id": list(range(first_id, first_id + len(rates))),
        "version_id": [VERSION] * len(rates),
        "plan": [plan] * len(rates),
        "prefix_length": [len(rate.destination_prefix) for rate in rates],
        "valid_from": [ALWAYS.date()] * len(rates),
        "valid_to": [None] * len(rates),
        "valid_from_at": [ALWAYS] * len(rates),
        "valid_to_at": [None] * len(rates),
    }
    schema = TARIFF_RATES.arrow_schema
    return pa.table([pa.array(said[name], schema.field(name).type) for name in schema.names], schema=schema)
