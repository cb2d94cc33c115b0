"""The words suites are written in: what must be true of each row, and what to say when it is not.

An expectation speaks of **one row**; whatever spans rows (a duplicate, a sum of lines, an overlap) is a
column the suite's SQL computes first. Importing this costs nothing: Great Expectations, seven seconds, is
called by ``adapters.data_quality`` when a suite is evaluated. A null passes everywhere but in ``present``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["error", "warning"]
CHECK_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Expectation:
    """One of Great Expectations' column-map expectations and its arguments.

    ``reason`` is read by an analyst, beside the row's key and the columns concerned.
    """

    type: str
    arguments: Mapping[str, Any]
    reason: str


@dataclass(frozen=True)
class Suite:
    """Expectations on one table.

    ``sql`` selects the key and only the columns judged, one row per row of ``table``; ``$month`` stands for
    the month. ``blocking`` suites stop what comes downstream: a wrong bill would follow.
    """

    name: str
    table: str
    description: str
    sql: str
    key: tuple[str, ...]
    expectations: tuple[Expectation, ...]
    severity: Severity = "error"
    blocking: bool = False

    def __post_init__(self) -> None:
        if not CHECK_NAME.fullmatch(self.name):
            raise ValueError(f"{self.name!r} names a file of findings: small letters, digits and _ only")
        if self.blocking and self.severity != "error":
            raise ValueError(f"{self.name}: a warning does not block")


def present(column: str, reason: str) -> Expectation:
    """The column is not null."""
    return Expectation("expect_column_values_to_not_be_null", {"column": column}, reason)


def one_of(column: str, values: Collection[object], reason: str) -> Expectation:
    """The column is one of ``values``."""
    return Expectation("expect_column_values_to_be_in_set", {"column": column, "value_set": list(values)}, reason)


def none_of(column: str, values: Collection[object], reason: str) -> Expectation:
    """The column is none of ``values``."""
    return Expectation("expect_column_values_to_not_be_in_set", {"column": column, "value_set": list(values)}, reason)


def matching(column: str, regex: str, reason: str) -> Expectation:
    """The text has a place where ``regex`` matches; anchor it to mean the whole. Groups are written ``(?:...)``."""
    return Expectation("expect_column_values_to_match_regex", {"column": column, "regex": regex}, reason)


def at_least(column: str, least: int, reason: str) -> Expectation:
    """The integer is ``least`` or more."""
    return Expectation("expect_column_values_to_be_between", {"column": column, "min_value": least}, reason)


def at_most(column: str, most: int, reason: str) -> Expectation:
    """The integer is ``most`` or less."""
    return Expectation("expect_column_values_to_be_between", {"column": column, "max_value": most}, reason)


def equal(column: str, other: str, reason: str) -> Expectation:
    """Two columns of the row say the same."""
    return _pair("expect_column_pair_values_to_be_equal", column, other, reason)


def above(column: str, other: str, reason: str) -> Expectation:
    """The first column is more than the second."""
    return _pair("expect_column_pair_values_a_to_be_greater_than_b", column, other, reason)


def not_below(column: str, other: str, reason: str) -> Expectation:
    """The first column is the second or more."""
    return _pair("expect_column_pair_values_a_to_be_greater_than_b", column, other, reason, or_equal=True)


def _pair(what: str, column: str, other: str, reason: str, **arguments: Any) -> Expectation:
    pair = {"column_A": column, "column_B": other, "ignore_row_if": "either_value_is_missing"}
    return Expectation(what, pair | arguments, reason)
