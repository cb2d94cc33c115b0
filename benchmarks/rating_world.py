"""A month of a large operator, made by SQL alone: decks of any size, calls by the hundred million.

Nothing here is random: a row follows from its number, so two runs rate the same calls. What a price costs to find
depends on how calls and decks are spread, so that is as real as it can be without anybody's data: a few destinations
take most calls, every country has its code in the deck, a fifth of the prefixes are the home country's, most have five
to seven digits and some ten, a quarter change price in the middle of the month, one contract in five has a plan of its
own with the standard one behind it, some with volume tiers, one in ten has included minutes, some prices have a minimum
or a surcharge, and a call in five hundred is to no number.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from adapters.warehouse import PARQUET, TableSpec, Warehouse, literal

MONTH = "2026-10"
DAYS = 31
CONTRACTS = 2000
OWN_PLANS = 50
TIERED_PLANS = 5
CHANGE = "2026-10-15"
CODES = (
    "1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 "
    "82 84 86 90 91 92 93 94 95 98 211 212 213 216 218 220 221 222 223 224 225 226 227 228 229 230 231 232 233 "
    "234 235 236 237 238 239 240 241 242 243 244 245 248 249 250 251 252 253 254 255 256 257 258 260 261 262 "
    "263 264 265 266 267 268 269 290 291 297 298 299 350 351 352 353 354 355 356 357 358 359 370 371 372 373 "
    "374 375 376 377 378 380 381 382 385 386 387 389 420 421 423 500 501 502 503 504 505 506 507 508 509 590 "
    "591 592 593 594 595 596 597 598 599 670 672 673 674 675 676 677 678 679 680 681 682 683 685 686 687 688 "
    "689 690 691 692 850 852 853 855 856 870 880 886 960 961 962 963 964 965 966 967 968 970 971 972 973 974 "
    "975 976 977 992 993 994 995 996 998 "
)
COUNTRY_CODES = CODES.split()
HOME_CODE = "33"
FILLERS = {"VARCHAR": "'-'", "BIGINT": "0", "INTEGER": "0", "BOOLEAN": "true", "DATE": "date '2026-10-01'",
           "TIMESTAMP": "timestamp '2026-10-01 00:00:00'"}  # fmt: skip

DECK = """
with numbers as (
    select i, hash(i) as a, hash(i + 1000000007) as b, hash(i + 2000000011) as c from range({rates} * 2) as t(i)
),
countries as (
    select *,
        case when i < {codes} then i when a % 10 < 2 then {home} else cast((a >> 8) % {codes} as bigint) end as nth
    from numbers
),
prefixes as (
    select min(i) as i, any_value(code) as code, any_value(c) as c, case
        when i < {codes} then code
        else substr(code || lpad(cast((b >> 8) % 10000000000 as varchar), 10, '0'), 1, case
            when b % 100 < 3 then 3 when b % 100 < 12 then 4 when b % 100 < 32 then 5 when b % 100 < 58 then 6
            when b % 100 < 79 then 7 when b % 100 < 91 then 8 when b % 100 < 98 then 9 else 10 end)
        end as prefix
    from countries inner join codes using (nth) group by prefix order by 1 limit {prefixes}
),
plans as (
    select *, case when i >= {codes} and c % 10 = 0 then 'own-' || cast((c >> 8) % {own_plans} as varchar)
        else 'standard' end as plan
    from prefixes
),
periods as (
    select *, date '2026-01-01' as valid_from,
        case when (c >> 16) % 4 = 0 then date '{change}' end as valid_to from plans
    union all
    select *, date '{change}', null from plans where (c >> 16) % 4 = 0
)
select
    'v' || cast(month(valid_from) as varchar) || case when plan = 'standard' then '' else '-' || plan end as version_id,
    plan,
    row_number() over (order by i, valid_from) as rate_id,
    '*' as origin_country, case when (c >> 24) % 50 = 0 then 'mobile' else '*' end as origin_number_type,
    '*' as call_category, prefix as destination_prefix, cast(length(prefix) as bigint) as prefix_length,
    'C' || code as destination_country, 'Destination ' || code as category,
    cast((c >> 20) % 900000 as bigint) as price_per_minute_micros,
    cast(case when c % 3 = 0 then 50000 else 0 end as bigint) as connection_fee_micros,
    cast(case when c % 5 = 0 then 30 else 1 end as bigint) as initial_seconds,
    cast(case when c % 7 = 0 then 6 else 1 end as bigint) as increment_seconds,
    cast(case when c % 11 = 0 then 150000 else 0 end as bigint) as minimum_charge_micros,
    cast(case when c % 97 = 0 then 250000 else 0 end as bigint) as surcharge_per_call_micros,
    cast(case when c % 89 = 0 then 99999 else 0 end as bigint) as surcharge_per_minute_micros,
    case when code = '{home_code}' then 'home' end as destination_group, valid_from, valid_to
from periods
order by rate_id
"""
DAY = """
with numbers as (select i, hash(i) as a, hash(i * 7 + 3) as b, hash(i * 11 + 5) as c from range({rows}) as t(i)),
-- A few contracts, and a few of the numbers called, have most of the calls.
choices as (
    select *, cast(floor({contracts} * power((a % 1000003) / 1000003.0, 2)) as bigint) as contract,
        hash(cast(floor(({calls} // 4 + 1) * power((b % 1000000007) / 1000000007.0, 3)) as bigint)) as called
    from numbers
),
called_numbers as (
    select choices.*, code, (c >> 40) % 500 <> 0 as is_number, substr(
        code || case when code <> '{home_code}' then ''
            when called % 3 = 0 then '6' else cast(1 + called % 5 as varchar) end
        || lpad(cast((called >> 12) % 1000000000 as varchar), 9, '0'), 1, 11) as digits
    from choices
    inner join codes on nth = case when (called >> 4) % 100 < 80 then {home}
        else cast(floor({codes} * power(((called >> 9) % 1000) / 1000.0, 2)) as bigint) end
)
select
    '{month}' as month, date '{date}' as record_date, 'boot-' || cast(i % 3 as varchar) as boot_id,
    '00' || substr(cast(cast(md5(cast(i as varchar)) as uuid) as varchar), 3) as leg_id,
    'outgoing' as direction, true as is_billable,
    'acct-' || cast(1000 + contract as varchar) as customer_id,
    'ctr-' || cast(1000 + contract as varchar) as contract_id,
    '+33' || cast(170000000 + contract * 10 + c % 10 as varchar) as origin_number,
    case when c % 20 = 0 then 'BE' else 'FR' end as origin_country,
    case when (c >> 8) % 10 = 0 then 'mobile' else 'fixed' end as origin_number_type,
    case when is_number then '+' || digits end as destination_number,
    case when is_number then digits end as called_digits, 'C' || code as destination_country,
    case when called % 3 = 0 then 'mobile' else 'fixed' end as destination_number_type,
    case when (c >> 16) % 20 = 0 then 'forwarded' when (c >> 16) % 20 < 3 then 'campaign' else 'direct' end
        as call_category,
    timestamp '{date} 00:00:00' - interval 2 hour
        + to_microseconds(cast(i * (86399000000 // {rows}) + c % 1000000 as bigint)) as answered_at,
    cast(1 + floor(-90 * ln(1 - ((c >> 20) % 1000003) / 1000004.0)) as bigint) as billed_seconds
from called_numbers
order by i
"""
WORDS = {
    "codes": len(COUNTRY_CODES),
    "home": COUNTRY_CODES.index(HOME_CODE),
    "home_code": HOME_CODE,
    "own_plans": OWN_PLANS,
    "contracts": CONTRACTS,
    "change": CHANGE,
    "month": MONTH,
}


@contextmanager
def country_codes(warehouse: Warehouse) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the table the templates join: each country code and its place in the list."""
    with warehouse.connect(tables=()) as connection:
        rows = ", ".join(f"({number}, '{code}')" for number, code in enumerate(COUNTRY_CODES))
        connection.execute(f"create table codes as select * from (values {rows}) as c(nth, code)")
        yield connection


def filled(spec: TableSpec, sql: str) -> str:
    """``sql`` with every column of the table, in its order: null, or a plain value, where it has none."""
    with duckdb.connect() as connection:
        connection.execute("create table codes (nth integer, code varchar)")
        made = {row[0] for row in connection.execute(f"describe {sql}").fetchall()}
    columns = [
        c.name if c.name in made else f"cast({'null' if c.nullable else FILLERS[c.type]} as {c.type}) as {c.name}"
        for c in spec.columns
    ]
    return f"select {', '.join(columns)} from ({sql})"


def write_deck(warehouse: Warehouse, rates: int) -> int:
    """``tariff_rates`` of about ``rates`` rates; exactly how many."""
    words = {**WORDS, "rates": rates, "prefixes": rates * 4 // 5}
    with country_codes(warehouse) as connection:
        sql = filled(warehouse.tables["tariff_rates"], DECK.format(**words))
        return warehouse.replace("tariff_rates", sql, connection=connection).rows


def write_contracts(warehouse: Warehouse) -> None:
    """Contracts, one in five with a plan of its own, and what plans fall back on; no month is closed.

    One in ten has included minutes at home, and the first five plans of their own volume tiers.
    """
    plan = f"case when i % 5 = 0 then 'own-' || cast(i // 5 % {OWN_PLANS} as varchar) else 'standard' end"
    rows = {
        "contracts": f"select 'ctr-' || cast(1000 + i as varchar) as contract_id, {plan} as tariff_plan "
        f"from range({CONTRACTS}) as t(i)",
        "tariff_plans": "select 'standard' as plan, cast(null as varchar) as fallback_plan union all "
        f"select 'own-' || cast(i as varchar), 'standard' from range({OWN_PLANS}) as t(i)",
        "contract_allowances": "select 'ctr-' || cast(1000 + 10 * i + 3 as varchar) as contract_id, "
        "'home' as destination_group, cast(600 as bigint) as minutes, date '2026-01-01' as valid_from "
        f"from range({CONTRACTS // 10}) as t(i)",
        "tariff_tiers": "select version || '-own-' || cast(i as varchar) as version_id, 'home' as destination_group, "
        "cast(500 * step as bigint) as from_minutes, cast(9000 - 1000 * step as bigint) as price_per_minute_micros "
        f"from range({TIERED_PLANS}) as t(i), (values ('v1'), ('v10')) as v(version), range(1, 4) as s(step)",
    }
    with warehouse.connect(tables=()) as connection:
        for table, sql in rows.items():
            warehouse.replace(table, filled(warehouse.tables[table], sql), connection=connection)


def write_calls(warehouse: Warehouse, calls: int) -> Iterator[Path]:
    """``call_detail_records`` of the month, a day file at a time: one day is made, the others are it again later."""
    spec = warehouse.tables["call_detail_records"]
    first = warehouse.path(spec.name, MONTH, f"{MONTH}-01")
    with country_codes(warehouse) as connection:
        for day in range(DAYS):
            date = f"{MONTH}-{day + 1:02d}"
            sql = filled(spec, DAY.format(**WORDS, calls=calls, rows=-(-calls // DAYS), date=date))
            if day:
                moved = (
                    f"date '{date}' as record_date, answered_at + interval {day} day as answered_at, "
                    f"'{day:02x}' || substr(leg_id, 3) as leg_id"
                )
                sql = f"select * replace ({moved}) from read_parquet({literal(str(first))}, hive_partitioning = false)"
            yield warehouse.replace(spec.name, sql, month=MONTH, part=date, connection=connection).path


def copy_floor(warehouse: Warehouse, columns: str, target: Path) -> None:
    """The least any rating can do: the calls' columns read from their files and written to one like it."""
    with warehouse.connect(["call_detail_records"]) as connection:
        where = f"month = {literal(MONTH)} and is_billable"
        sql = f"select {columns} from call_detail_records where {where}"
        connection.execute(f"copy ({sql}) to {literal(str(target))} ({PARQUET})")
