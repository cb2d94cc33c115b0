"""Tariffs: the ledger's versions and rates as the days and instants between which each price is in force.

A version the customers were not told of a month before, and that nobody answers for, or two rates that would both
price a call, stop here: the rates that stood before stay, and nothing is rated with the wrong price. A deck of
260,000 rates never becomes as many objects: DuckDB joins and compares, and the domain says what is wrong.
"""

import dataclasses
import datetime as dt
from collections.abc import Iterable
from typing import Any

import dagster as dg
import duckdb
import pyarrow as pa

from adapters.ledger.store import Ledger
from adapters.warehouse import arrow_type
from assets.platform import Platform
from assets.rating.tables import TARIFF_RATES
from domain import tariff
from domain.calendar import midnight_utc
from domain.errors import BadInput
from domain.prefixes import PREFIX

# A deck that is wrong everywhere is one mistake: its first rows are enough to find it.
SHOWN = 20
VERSION = {"version_id": "VARCHAR", "plan": "VARCHAR", "valid_from": "DATE", "valid_to": "DATE"}
# Where a rate's days meet its version's; the instants are those of ``domain.calendar.midnight_utc``.
IN_FORCE = """
    create temp table in_force as
    select
        rates.* exclude (id, valid_from, valid_to), versions.plan, rates.id as rate_id,
        cast(length(destination_prefix) as bigint) as prefix_length, days.valid_from, days.valid_to,
        first_day.midnight_at as valid_from_at, last_day.midnight_at as valid_to_at
    from rates
    inner join versions using (version_id)
    cross join lateral (
        select greatest(rates.valid_from, versions.valid_from) as valid_from,
            least(rates.valid_to, versions.valid_to) as valid_to
    ) as days
    left join midnights as first_day on days.valid_from = first_day.day
    left join midnights as last_day on days.valid_to = last_day.day
    where days.valid_to is null or days.valid_to > days.valid_from
"""
# Every rate that begins while another of its key is in force, and the one that lasts longest before it.
SUSPECTS = f"""
    with ordered as (
        select rate_id,
            valid_from < max(coalesce(valid_to, date '9999-12-31')) over earlier as is_overlapping,
            arg_max(rate_id, coalesce(valid_to, date '9999-12-31')) over earlier as lasting_rate_id
        from in_force
        window earlier as (
            partition by plan, origin_country, origin_number_type, destination_prefix, call_category
            order by valid_from, version_id, rate_id rows between unbounded preceding and 1 preceding
        )
    ),
    overlapping as (select rate_id, lasting_rate_id from ordered where is_overlapping order by rate_id limit {SHOWN}),
    malformed as (
        select rate_id from in_force
        where not regexp_full_match(destination_prefix, '{PREFIX.pattern}')
            or least(initial_seconds, increment_seconds) < 1
            or least(price_per_minute_micros, connection_fee_micros, minimum_charge_micros, surcharge_per_call_micros,
                surcharge_per_minute_micros) < 0
        order by rate_id limit {SHOWN}
    )
    select * from in_force
    where rate_id in (
        select rate_id from overlapping union select lasting_rate_id from overlapping
        union select rate_id from malformed
    )
    order by rate_id
"""


def rates_in_force(ledger: Ledger, connection: duckdb.DuckDBPyConnection) -> str:
    """Every rate of the ledger with its days and instants: a query on the connection, in the ledger's order.

    Raises:
        BadInput: a version without its month's notice that nobody waived, a rate that cannot be right, or an overlap.
    """
    faults = notice_faults(ledger)
    versions = [row.model_dump(include=set(VERSION)) for row in ledger.tariff_versions()]
    columns = ledger.rate_columns()
    days = {day for name in ("valid_from", "valid_to") for day in columns[name] if day is not None}
    days |= {day for row in versions for day in (row["valid_from"], row["valid_to"]) if day is not None}
    for name, table in (
        ("rates", _rates(columns)),
        ("versions", _typed(versions, VERSION)),
        ("midnights", _typed([_midnight(day) for day in sorted(days)], {"day": "DATE", "midnight_at": "TIMESTAMP"})),
    ):
        connection.register(name, table)
    connection.execute(IN_FORCE)
    faults += _rate_faults(connection.sql(SUSPECTS).to_arrow_table().to_pylist())
    if faults:
        raise BadInput("; ".join(faults))
    names = ", ".join(column.name for column in TARIFF_RATES.columns)
    return f"select {names} from in_force order by rate_id"


def notice_faults(ledger: Ledger) -> list[str]:
    """Versions told too late or to nobody, that no recorded waiver lets rate a call."""
    waived: dict[str, set[str]] = {}
    for waiver in ledger.tariff_waivers():
        waived.setdefault(waiver.version_id, set()).add(waiver.rule)
    faults = []
    for row in ledger.tariff_versions():
        try:
            tariff.check_notice(
                row.valid_from, row.notice_date, version_id=row.version_id, waived=waived.get(row.version_id, ())
            )
        except BadInput as error:
            faults.append(str(error))
    return faults


def _rate_faults(rows: Iterable[dict[str, Any]]) -> list[str]:
    """What the domain says of the rates the queries found wrong."""
    names = {field.name for field in dataclasses.fields(tariff.Rate)}
    rates, faults = list[tariff.Rate](), list[str]()
    for row in rows:
        instants = {name: _aware(row[name]) for name in ("valid_from_at", "valid_to_at")}
        try:
            rates.append(tariff.Rate(**{name: cell for name, cell in {**row, **instants}.items() if name in names}))
        except BadInput as error:
            faults.append(str(error))
    return [*faults, *(str(overlap) for overlap in tariff.find_overlaps(rates))]


def _rates(columns: dict[str, list[Any]]) -> pa.Table:
    types = {column.name: column.type for column in TARIFF_RATES.columns}
    return pa.table({name: pa.array(cells, arrow_type(types.get(name, "BIGINT"))) for name, cells in columns.items()})


def _typed(rows: list[dict[str, Any]], types: dict[str, str]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=pa.schema([(name, arrow_type(type_)) for name, type_ in types.items()]))


def _midnight(day: dt.date) -> dict[str, Any]:
    return {"day": day, "midnight_at": midnight_utc(day).replace(tzinfo=None)}


def _aware(instant: dt.datetime | None) -> dt.datetime | None:
    return None if instant is None else instant.replace(tzinfo=dt.UTC)


@dg.asset(
    group_name="rating",
    description=TARIFF_RATES.description,
    kinds={"python", "parquet"},
    owners=["team:billing"],
)
def tariff_rates(context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]) -> dg.MaterializeResult[None]:
    """Write the rates of the ledger with the days and instants between which each is in force."""
    with platform.warehouse.connect(()) as connection:
        rows = rates_in_force(platform.ledger, connection)
        written = platform.warehouse.replace("tariff_rates", rows, connection=connection)
        totals = connection.sql(
            "select coalesce(string_agg(distinct version_id, ', ' order by version_id), ''),"
            " count(distinct destination_country) from in_force"
        ).fetchall()
    versions, destinations = totals[0]
    context.log.info("%d rates of versions %s", written.rows, versions)
    return dg.MaterializeResult(
        metadata={"dagster/row_count": written.rows, "versions": versions, "destinations": destinations}
    )
