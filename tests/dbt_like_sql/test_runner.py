"""Templates become SQL, and contracts and tests say what is wrong with rows."""

from __future__ import annotations

import re
from dataclasses import replace

import duckdb
import pytest

from dbt_like_sql.runner import SAMPLE_ROWS, compile_sql, contract_faults, run_test, run_unit_test
from dbt_like_sql.views import view_statements, views_read_by
from domain.errors import PermanentError
from tests.dbt_like_sql.folder import SQL, VIEW, YML, Folder

OCTOBER = {"month": "2026-10"}


def test_a_model_compiles_to_plain_sql_over_the_tables_own_names(folder: Folder) -> None:
    sql = compile_sql(folder.load(), "kpi_calls", OCTOBER)
    assert sql.startswith("with")
    assert "select * from calls where month = '2026-10'" in sql
    assert "{" not in sql


def test_half_up_rounds_ties_up_in_integers(folder: Folder) -> None:
    project = folder.load()
    for n, d, expected in ((5, 2, 3), (4, 3, 1), (0, 7, 0), (10**17 + 1, 2, 5 * 10**16 + 1)):
        expression = project.render(f"{{{{ half_up('{n}', {d}) }}}}")
        assert duckdb.execute(f"select {expression}").fetchall() == [(expected,)]


def test_a_product_past_bigint_is_an_error_and_never_a_wrong_price(folder: Folder) -> None:
    expression = folder.load().render("{{ half_up('n * p', 60) }}")
    with pytest.raises(duckdb.OutOfRangeException):
        duckdb.execute(f"select {expression} from (select 86400 as n, 9000000000000000 as p)")


def test_a_missing_variable_is_named(folder: Folder) -> None:
    with pytest.raises(PermanentError, match=re.escape("no value for the variable 'month'; give it")):
        compile_sql(folder.load(), "kpi_calls", {})


def test_views_are_made_parents_first(folder: Folder) -> None:
    folder.model("staging/stg_a__y", "with c as (select * from {{ ref('stg_b__x') }})\n\nselect * from c\n", VIEW)
    folder.model("staging/stg_b__x", "with c as (select 1 as x)\n\nselect * from c\n", VIEW)
    with duckdb.connect() as connection:
        for statement in view_statements(folder.load()):
            connection.execute(statement)
        assert connection.sql("select x from stg_a__y").fetchall() == [(1,)]


def test_only_the_views_a_statement_reads_are_made_and_those_they_read(folder: Folder) -> None:
    for name, rows in (("x", "select 1 as n"), ("y", "select * from {{ ref('stg_a__x') }}"), ("z", "select 2 as n")):
        folder.model(f"staging/stg_a__{name}", f"with c as ({rows})\n\nselect * from c\n", VIEW)
    made = views_read_by(folder.load(), {}, "select n from stg_a__y")
    assert [statement.split()[4] for statement in made] == ["stg_a__x", "stg_a__y"]


@pytest.mark.parametrize(
    ("rows", "faults"),
    [
        ("select 'x' as month, cast(1 as bigint) as calls", []),
        ("select cast(1 as bigint) as calls, 'x' as month", []),
        ("select 'x' as month", ["contract and rows differ in calls BIGINT"]),
        (
            "select 'x' as month, sum(1) as calls",
            ["contract and rows differ in calls BIGINT", "contract and rows differ in calls HUGEINT"],
        ),
        (
            "select 'x' as month, cast(1 as bigint) as calls, 2 as more",
            ["contract and rows differ in more INTEGER"],
        ),
    ],
)
def test_a_contract_is_names_and_types_whatever_the_order(folder: Folder, rows: str, faults: list[str]) -> None:
    with duckdb.connect() as connection:
        assert contract_faults(connection, folder.load(), "kpi_calls", f"({rows})") == faults


def test_a_test_counts_all_rows_that_break_it_and_shows_the_first(folder: Folder) -> None:
    project = folder.load()
    with duckdb.connect() as connection:
        connection.execute("create table kpi_calls as select '2026-09' as month, 1 as calls")
        rows = "(select 'm' || i as month, 0 as calls from range(250) t(i))"
        wrong = run_test(connection, project, "a_month_has_calls", {}, {"kpi_calls": rows})
        right = run_test(connection, project, "a_month_has_calls", {}, {})
    assert (wrong.failing_rows, len(wrong.sample), sorted(wrong.sample[0])) == (250, SAMPLE_ROWS, ["calls", "month"])
    assert (right.failing_rows, right.sample) == (0, [])


def test_a_unit_test_tells_rows_that_are_missing_and_rows_too_many(folder: Folder) -> None:
    project = folder.load()
    (unit,) = project.models["kpi_calls"].unit_tests
    assert run_unit_test(project, "kpi_calls", unit) == []
    wrong = replace(unit, expected=[{"month": "2026-10", "calls": 2}])
    assert run_unit_test(project, "kpi_calls", wrong) == [
        "missing: {'month': '2026-10', 'calls': 2}",
        "unexpected: {'month': '2026-10', 'calls': 1}",
    ]


def test_a_unit_test_counts_equal_rows(folder: Folder) -> None:
    counted = "select month, count(*) as calls from calls group by month"
    folder.model("marts/kpi_calls", SQL.replace(counted, f"{counted} union all {counted}"))
    project = folder.load()
    (unit,) = project.models["kpi_calls"].unit_tests
    assert run_unit_test(project, "kpi_calls", unit) == ["unexpected: {'month': '2026-10', 'calls': 1}"]


def test_a_unit_test_that_expects_no_row_compares_every_column(folder: Folder) -> None:
    folder.model("marts/kpi_calls", yml=YML.replace('[{month: "2026-10", calls: 1}]', "[]"))
    project = folder.load()
    (unit,) = project.models["kpi_calls"].unit_tests
    assert run_unit_test(project, "kpi_calls", unit) == ["unexpected: {'month': '2026-10', 'calls': 1}"]


def test_a_unit_test_checks_the_contract_too(folder: Folder) -> None:
    yml = YML.replace("data_type: bigint", "data_type: integer")
    folder.model("marts/kpi_calls", yml=yml)
    project = folder.load()
    (unit,) = project.models["kpi_calls"].unit_tests
    assert run_unit_test(project, "kpi_calls", unit) == [
        "contract and rows differ in calls BIGINT",
        "contract and rows differ in calls INTEGER",
    ]
