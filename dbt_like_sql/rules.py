"""The rules of the SQL, checked on its syntax tree: exact money, a portable subset, no hidden dependency.

``Project.load`` refuses what cannot run (a missing parent, a cycle, an unknown materialisation); here stands
what would run and be wrong one day. Reasons and figures: docs/decisions 0006 and 0008, README.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import sqlglot
from sqlglot import exp
from sqlglot.optimizer.scope import traverse_scope

from dbt_like_sql.project import Model, Project

DIALECT = "duckdb"
MAX_LINES = 80
MACROS = frozenset({"half_up"})
# A schema no warehouse has: what ref and source render to, so that any other relation is hard-coded.
DECLARED = "declared"

NAMES = {
    "staging": re.compile(r"stg_[a-z0-9]+__[a-z0-9_]+"),
    "intermediate": re.compile(r"int_[a-z0-9]+__[a-z0-9_]+"),
    # The marts of the billing flow bear the names its assets are known by.
    "marts": re.compile(
        r"(fct|dim|kpi)_[a-z0-9_]+|rated_calls|rated_call_parts|unrated_calls|usage_charges"
        r"|rating_changes|rating_adjustments"
    ),
}
TYPES = frozenset({"BIGINT", "BOOLEAN", "DATE", "DECIMAL", "TEXT", "TIMESTAMP"})
# What DuckDB, Spark and Trino compute alike on those types. A newcomer needs a look at all three.
FUNCTIONS = frozenset(
    {
        exp.Abs, exp.And, exp.Case, exp.Cast, exp.Coalesce, exp.Count, exp.DateDiff, exp.Greatest, exp.If, exp.LastDay,
        exp.Least, exp.Length, exp.Max, exp.Min, exp.Nullif, exp.Or, exp.RowNumber, exp.Substring, exp.Sum,
    }
)  # fmt: skip
BANNED: tuple[tuple[type[exp.Expression], str], ...] = (
    (exp.Div, "divides with /, which leaves exact arithmetic; write half_up, or // on integers"),
    (exp.Avg, "takes avg, a float; write half_up(sum, count)"),
    (exp.Round, "rounds in SQL; write half_up on integers"),
    (exp.AtTimeZone, "converts a time zone; local days and months are columns of the call records"),
    (exp.CurrentDate, "asks the time; a month is a variable"),
    (exp.CurrentTimestamp, "asks the time; a month is a variable"),
    (exp.Localtimestamp, "asks the time; a month is a variable"),
    (exp.Array, "makes a list; join rows instead"),
    (exp.ArrayAgg, "makes a list; join rows instead"),
    (exp.Explode, "unnests a list; join rows instead"),
    (exp.Bracket, "takes an element of a list; join rows instead"),
    (exp.Struct, "makes a struct; name columns instead"),
    (exp.Map, "makes a map; name columns instead"),
    (exp.Qualify, "filters with qualify; filter row_number() in a later CTE"),
    (exp.Pivot, "pivots; write one case per column"),
)


def check(project: Project) -> list[str]:
    """Every fault of a project, each naming its file and what to write instead."""
    faults = [*macro_faults(project), *test_faults(project)]
    for model in project.models.values():
        found = [*file_faults(model), *promise_faults(model), *sql_faults(project, model.sql)]
        faults += [f"{model.path.name}: {fault}" for fault in found]
    return faults


def file_faults(model: Model) -> Iterator[str]:
    """Name, layer, length and shape of the file."""
    pattern = NAMES.get(model.layer)
    if pattern is None:
        yield f"stands in {model.layer}; the layers are {', '.join(NAMES)}"
    elif not pattern.fullmatch(model.name):
        yield f"the name does not fit the layer {model.layer}; it has the form {pattern.pattern}"
    lines = model.sql.splitlines()
    if len(lines) > MAX_LINES:
        yield f"{len(lines)} lines; cut it into two models of at most {MAX_LINES}"
    if not re.fullmatch(r"select \* from [a-z0-9_]+", lines[-1]):
        yield "the last line is not `select * from <the last CTE>`; make it so"


def promise_faults(model: Model) -> Iterator[str]:
    """What the .yml promises: grain, columns, tests that can stop a wrong row."""
    if not model.description.startswith("One row per"):
        yield 'the description does not begin with its grain; begin it with "One row per"'
    for column in model.columns:
        if not column.description:
            yield f"column {column.name} has no description; say what it is and its unit"
    if not model.unit_tests:
        yield "has no unit test; write one beside its description"
    if model.materialized == "month" and "month" not in {column.name for column in model.columns}:
        yield "is written by month and has no column month; select it"
    if model.materialized == "month" and any(test.startswith("unique_") for test in model.tests):
        yield "is unique by column, which dbt asks of all months at once; write a singular test of one month"
    if model.materialized == "view" and model.tests:
        yield "is a view, whose tests would stop nothing; test the models that read it"


def macro_faults(project: Project) -> Iterator[str]:
    for name in sorted(set(re.findall(r"{%-?\s*macro\s+(\w+)", project.macros)) - MACROS):
        yield f"macros: {name} is not one of {', '.join(sorted(MACROS))}; write SQL, or move the whole to dbt"


def test_faults(project: Project) -> Iterator[str]:
    """Singular tests: where they stand, what they say, and the SQL in them."""
    for path in sorted(project.folder.glob("tests/**/*.sql")):
        text, folder = path.read_text(), path.relative_to(project.folder / "tests").parent
        faults = list(sql_faults(project, text))
        if folder != Path() and str(folder) not in project.models:
            faults.append(f"guards {folder}, which is no model; name its folder after one")
        if not text.startswith("-- Fails when "):
            faults.append("does not begin with `-- Fails when ...`; say what its rows mean")
        yield from (f"{path.name}: {fault}" for fault in faults)


def sql_faults(project: Project, template: str) -> list[str]:
    """Faults of one template's SQL."""
    if "{%" in template:
        return ["has Jinja statements; what it selects must not depend on them"]
    sql = project.render(template, ref=declared, source=lambda _, name: declared(name))
    try:
        statements = sqlglot.parse(sql, dialect=DIALECT)
    except sqlglot.ParseError as error:
        return [f"does not parse: {error}"]
    if len(statements) != 1:
        return [f"has {len(statements)} statements; a model is one select"]
    if not isinstance(statements[0], exp.Query):
        return ["is not a select; the runner makes the table"]
    query = statements[0]
    return list(dict.fromkeys([*relation_faults(query), *subset_faults(query)]))


def declared(name: str) -> str:
    return f"{DECLARED}.{name}"


def relation_faults(query: exp.Query) -> Iterator[str]:
    """Relations that are neither a CTE in sight nor named through ref or source."""
    for scope in traverse_scope(query):
        for table in scope.tables:
            is_cte = not table.db and table.name in scope.cte_sources
            if table.db != DECLARED and not is_cte:
                yield f"reads {table.sql(dialect=DIALECT)} by its bare name; name it with ref or source"


def subset_faults(query: exp.Query) -> Iterator[str]:
    for node in query.walk():
        reasons = [why for kind, why in BANNED if isinstance(node, kind)]
        yield from reasons
        if reasons:
            continue
        if isinstance(node, exp.Join) and node.method == "ASOF":
            yield "joins ASOF; join on equal keys and rank"
        elif isinstance(node, exp.Star) and any(node.args.get(word) for word in ("except_", "replace", "rename")):
            yield "changes a star with exclude, replace or rename; name the columns"
        elif isinstance(node, exp.Group) and node.args.get("all"):
            yield "groups by all; name the columns"
        elif isinstance(node, exp.DataType) and node.this.name not in TYPES:
            yield f"uses the type {node.sql(dialect=DIALECT)}; the types are {', '.join(sorted(TYPES))}"
        elif isinstance(node, exp.Literal) and not node.is_string and "e" in node.name.lower():
            yield f"writes {node.name}, a float; write the digits"
        elif isinstance(node, exp.Func) and type(node) not in FUNCTIONS:
            yield f"calls {node.sql(dialect=DIALECT)}; keep to {', '.join(sorted(f.__name__ for f in FUNCTIONS))}"
