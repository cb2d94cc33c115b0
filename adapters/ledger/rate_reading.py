"""Prices read in bulk: a deck of 260,000 rates as Arrow, without an object for each."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
from sqlmodel import col, or_, select

from adapters.ledger.store import Ledger
from adapters.ledger.tables import TariffRate, TariffVersion

FIELDS = (
    "id", "origin_country", "origin_number_type", "call_category", "destination_prefix", "price_per_minute_micros",
    "connection_fee_micros", "initial_seconds", "increment_seconds", "minimum_charge_micros",
    "surcharge_per_call_micros", "surcharge_per_minute_micros", "valid_from", "valid_to",
)  # fmt: skip
TEXTS = frozenset({"origin_country", "origin_number_type", "call_category", "destination_prefix"})
DATES = frozenset({"valid_from", "valid_to"})
SCHEMA = pa.schema(
    [
        ("plan", pa.string()),
        ("version_from", pa.date32()),
        ("version_to", pa.date32()),
        *((name, pa.string() if name in TEXTS else pa.date32() if name in DATES else pa.int64()) for name in FIELDS),
    ]
)


def rates_between(ledger: Ledger, first: dt.date, last: dt.date) -> pa.Table:
    """Every rate of a version in force on some local day from ``first`` to ``last``, with its plan and days."""
    columns = (getattr(TariffRate, name) for name in FIELDS)
    query = (
        select(TariffVersion.plan, TariffVersion.valid_from, TariffVersion.valid_to, *columns)  # type: ignore[call-overload]
        .join(TariffRate, col(TariffRate.version_id) == col(TariffVersion.version_id))
        .where(col(TariffVersion.valid_from) <= last)
        .where(or_(col(TariffVersion.valid_to).is_(None), col(TariffVersion.valid_to) > first))
    )
    with ledger.reading() as session:
        rows = session.connection().execute(query).all()
    values = zip(*rows, strict=True) if rows else [[] for _ in SCHEMA]
    return pa.Table.from_arrays([pa.array(v, f.type) for v, f in zip(values, SCHEMA, strict=True)], schema=SCHEMA)
