"""Files into tables: what is new is added, what is known stays, what may change changes, or nothing does."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlmodel import Session, SQLModel, select

from adapters.ledger.csv_files import Row, RowProblem
from adapters.ledger.overlaps import Validity, overlapping
from domain.errors import BadInput

# So many problems are shown; all are in ``ImportRefused.problems``.
_SHOWN = 50


@dataclass(frozen=True)
class ImportReport:
    """What an import did, in rows. Those that were not taken stand with their reason."""

    accepted: int = 0
    already_known: int = 0
    rejected: tuple[RowProblem, ...] = ()


class ImportRefused(BadInput):
    """A file that was not imported at all, with every problem found in it by row."""

    def __init__(self, path: Path, problems: Iterable[RowProblem]) -> None:
        self.problems = tuple(sorted(problems))
        listed = "".join(f"\n  row {problem.row}: {problem.reason}" for problem in self.problems[:_SHOWN])
        more = f"\n  and {len(self.problems) - _SHOWN} more" if len(self.problems) > _SHOWN else ""
        super().__init__(
            f"{path}: nothing was imported, {len(self.problems)} problem(s) to correct first{listed}{more}"
        )


def refuse(path: Path, problems: Collection[RowProblem]) -> None:
    """Raises ImportRefused when there is any problem."""
    if problems:
        raise ImportRefused(path, problems)


@dataclass(frozen=True)
class Rule:
    """How a file's rows meet a table's: the key they are known by, and which fields of a known row may change.

    ``may_change`` None is all of them; otherwise ``instead`` says what to do about a change of the others. Of a known
    row a file changes nothing that it does not say: a column it has not, or an empty cell of ``kept_when_empty``.
    """

    table: type[SQLModel]
    key: tuple[str, ...]
    may_change: frozenset[str] | None = None
    instead: str = ""
    kept_when_empty: frozenset[str] = frozenset()

    def once(self, rows: Iterable[Row]) -> list[Row]:
        """The first row of each key; ``plan`` names the others."""
        first: dict[tuple[Any, ...], Row] = {}
        for row in rows:
            first.setdefault(self.key_of(row.values), row)
        return list(first.values())

    def key_of(self, values: dict[str, Any]) -> tuple[Any, ...]:
        """The key of a row's values."""
        return tuple(values[field] for field in self.key)


@dataclass(frozen=True)
class Merge:
    """What a file would do to a table, and what stands against it. Nothing is written before ``apply``."""

    rule: Rule
    new: list[Row] = field(default_factory=list)
    changed: list[tuple[Row, SQLModel]] = field(default_factory=list)
    known: list[Row] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)

    def apply(self, session: Session) -> ImportReport:
        """Write it, changes before additions."""
        for row, current in self.changed:
            for name, value in row.values.items():
                setattr(current, name, value)
        session.flush()
        session.add_all(self.rule.table(**row.values) for row in self.new)
        session.flush()
        return ImportReport(len(self.new) + len(self.changed), len(self.known))


def plan(session: Session, rule: Rule, rows: Sequence[Row]) -> Merge:
    """Compare the rows of a file with those of the ledger, by key."""
    merge = Merge(rule)
    kept = {rule.key_of(row.model_dump()): row for row in session.exec(select(rule.table))}
    seen: dict[tuple[Any, ...], int] = {}
    for row in rows:
        key = rule.key_of(row.values)
        first = seen.setdefault(key, row.number)
        if first != row.number:
            merge.problems.append(RowProblem(row.number, f"{_named(key)} is on row {first} already"))
        elif key not in kept:
            merge.new.append(row)
        else:
            _compare(merge, row, kept[key])
    return merge


def overlap_problems(validities: Iterable[Validity]) -> list[RowProblem]:
    """Overlaps as problems of the row that brings them."""
    return [
        RowProblem(later.row or earlier.row or 0, f"{later} overlaps {earlier}; end the earlier one first")
        for earlier, later in overlapping(validities)
    ]


def _compare(merge: Merge, row: Row, current: SQLModel) -> None:
    rule = merge.rule
    empty = {name for name in rule.kept_when_empty if row.values[name] is None}
    row.values.update({name: getattr(current, name) for name in (row.unsaid & row.values.keys()) | empty})
    differing = [name for name, value in row.values.items() if getattr(current, name) != value]
    fixed = [name for name in differing if rule.may_change is not None and name not in rule.may_change]
    if fixed:
        said = ", ".join(f"{name} is {getattr(current, name)} in the ledger, {row.values[name]} here" for name in fixed)
        merge.problems.append(RowProblem(row.number, f"{_named(rule.key_of(row.values))}: {said}; {rule.instead}"))
    elif differing:
        merge.changed.append((row, current))
    else:
        merge.known.append(row)


def _named(key: tuple[Any, ...]) -> str:
    return " ".join(str(part) for part in key)
