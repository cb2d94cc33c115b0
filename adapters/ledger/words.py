"""Columns that hold one of a few words."""

from __future__ import annotations


def one_of(column: str, allowed: tuple[str, ...]) -> str:
    """The text of a check that a column holds one of a few words."""
    return f"{column} in ({','.join(repr(word) for word in allowed)})"
