"""Runs a project's models: templates to SQL, contracts and tests to verdicts. Writes nothing.

The caller owns the connection and says where rows go: compile, write where nobody sees it, ask
``contract_faults`` and ``run_test`` about the new rows, publish (docs/decisions/0007).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import duckdb

from dbt_like_sql.project import Column, Project, Row, UnitTest

SAMPLE_ROWS = 100


@dataclass(frozen=True)
class Verdict:
    """What a test found: how many rows break its rule, and the first of them."""

    test: str
    failing_rows: int
    sample: list[Row]


def compile_sql(project: Project, name: str, variables: Mapping[str, str]) -> str:
    """A model's select statement; each relation stands under its own name."""
    return project.render(project.models[name].sql, var=lambda variable: variables[variable])


def contract_faults(connection: duckdb.DuckDBPyConnection, project: Project, name: str, relation: str) -> list[str]:
    """How the columns of ``relation``, names and types, differ from a model's contract."""
    found = {f"{row[0]} {row[1]}" for row in connection.execute(f"describe select * from {relation}").fetchall()}
    promised = {f"{column.name} {column.data_type}" for column in project.models[name].columns}
    return [f"contract and rows differ in {column}" for column in sorted(found ^ promised)]


def run_test(
    connection: duckdb.DuckDBPyConnection, project: Project, test: str, variables: Row, relations: Mapping[str, str]
) -> Verdict:
    """Ask a data test, by its name. ``relations`` say which models' rows stand elsewhere than under their name."""
    sql = project.render(project.tests[test], ref=lambda name: relations.get(name, name), var=variables.__getitem__)
    offenders = connection.sql(sql)
    sample = _dicts(offenders.limit(SAMPLE_ROWS))
    return Verdict(test, len(sample) if len(sample) < SAMPLE_ROWS else len(offenders), sample)


def run_unit_test(project: Project, name: str, unit: UnitTest) -> list[str]:
    """Run a model in memory on the given rows, typed by the contracts. Returns what is not as expected."""
    columns = {**project.sources, **{model.name: model.columns for model in project.models.values()}}
    said = [column for column in columns[name] if column.name in unit.expected[0]] if unit.expected else columns[name]
    with duckdb.connect() as connection:
        for table, rows in unit.given.items():
            _create(connection, table, columns[table], rows)
        _create(connection, "expected", said, unit.expected)
        connection.execute(f"create view actual as {compile_sql(project, name, unit.variables)}")
        faults = contract_faults(connection, project, name, "actual")
        names = ", ".join(column.name for column in said)
        for fault, left, right in (("missing", "expected", "actual"), ("unexpected", "actual", "expected")):
            rows = _dicts(connection.sql(f"select {names} from {left} except all select {names} from {right}"))
            faults += [f"{fault}: {row}" for row in rows]
        return faults


def _create(connection: duckdb.DuckDBPyConnection, table: str, columns: Iterable[Column], rows: list[Row]) -> None:
    connection.execute(f"create table {table} ({', '.join(f'{c.name} {c.data_type}' for c in columns)})")
    for row in rows:
        marks = ", ".join("?" for _ in row)
        connection.execute(f"insert into {table} ({', '.join(row)}) values ({marks})", list(row.values()))


def _dicts(relation: duckdb.DuckDBPyRelation) -> list[Row]:
    return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]
