"""Whole numbers in SQL, and nothing else."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, TypeDecorator


class Exact(TypeDecorator[int]):
    """64-bit integers that refuse a float: PostgreSQL would round 12.5 to 13, SQLite would keep it."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Any | None, dialect: Any) -> int | None:  # noqa: ARG002 SQLAlchemy's name
        if value is not None and type(value) is not int:
            raise TypeError(f"{value!r} is a {type(value).__name__}: the ledger keeps whole numbers only")
        return value
