"""A folder is read as dbt reads it, and what is not of the subset is refused with what to do."""

from __future__ import annotations

import re

import pytest

from dbt_like_sql.project import Column
from domain.errors import PermanentError
from tests.dbt_like_sql.folder import MONTH, SQL, TEST, VIEW, YML, Folder
from tests.dbt_like_sql.memory import PROJECT


def test_a_model_is_what_its_two_files_say(folder: Folder) -> None:
    model = folder.load().models["kpi_calls"]
    assert (model.layer, model.materialized, model.description) == ("marts", "month", "One row per month.")
    assert model.columns == (
        Column("month", "VARCHAR", "The month.", nullable=False),
        Column("calls", "BIGINT", "Its calls.", nullable=True),
    )
    assert (model.refs, model.sources) == ((), ("calls",))
    assert model.tests == ("not_null_kpi_calls_month", "a_month_has_calls")
    assert [unit.name for unit in model.unit_tests] == ["counts_kpi_calls"]


def test_parents_come_before_children_whatever_their_names(folder: Folder) -> None:
    folder.model("marts/fct_a", "with c as (select * from {{ ref('int_calls__b') }})\n\nselect * from c\n")
    folder.model("intermediate/int_calls__b", "with c as (select * from {{ ref('stg_x__c') }})\n\nselect * from c\n")
    folder.model("staging/stg_x__c", SQL, VIEW)
    assert [name for name in folder.load().models if name != "kpi_calls"] == ["stg_x__c", "int_calls__b", "fct_a"]


def test_a_singular_test_outside_a_models_folder_guards_none(folder: Folder) -> None:
    folder.write("tests/every_month_has_calls.sql", TEST)
    project = folder.load()
    assert "every_month_has_calls" in project.tests
    assert "every_month_has_calls" not in project.models["kpi_calls"].tests


def test_generic_tests_are_dbts_four(folder: Folder) -> None:
    tests = "[not_null, unique, {accepted_values: {arguments: {values: [a, b]}}}, "
    tests += "{relationships: {arguments: {to: \"source('warehouse', 'calls')\", field: month}}}]"
    folder.model("marts/kpi_calls", yml=YML.replace("[not_null]", tests))
    project = folder.load()
    asked = [project.render(project.tests[test]) for test in project.models["kpi_calls"].tests[:4]]
    parents = "select month from calls where month is not null"
    assert asked == [
        "select * from kpi_calls where month is null",
        "select * from kpi_calls where month in (select month from kpi_calls group by month having count(*) > 1)",
        "select * from kpi_calls where month not in ('a', 'b')",
        f"select * from kpi_calls where month in (select month from kpi_calls where month not in ({parents}))",
    ]


def test_csv_rows_of_a_unit_test_have_nulls_where_nothing_is_written(folder: Folder) -> None:
    rows = 'format: csv\n        rows: |\n          month,leg_id\n          2026-10, "a, b"\n          2026-09,\n'
    folder.model("marts/kpi_calls", yml=YML.replace(YML[YML.index("rows: [{") : YML.index("    expect")], rows))
    (unit,) = folder.load().models["kpi_calls"].unit_tests
    assert unit.given["calls"] == [{"month": "2026-10", "leg_id": "a, b"}, {"month": "2026-09", "leg_id": None}]


PARENTLESS = SQL.replace("source('warehouse', 'calls')", "ref('fct_missing')")


@pytest.mark.parametrize(
    ("path", "text", "fault"),
    [
        ("models/marts/kpi_calls.sql", SQL, "unknown materialisation {}"),
        ("models/marts/kpi_calls.sql", "{{ config(materialized='snapshot') }}" + SQL, "unknown materialisation"),
        ("models/marts/kpi_calls.sql", "{{ config(materialized='incremental') }}" + SQL, "unknown materialisation"),
        ("models/marts/kpi_calls.sql", MONTH.replace("month", "day") + SQL, "unknown materialisation"),
        ("models/marts/kpi_calls.sql", MONTH + PARENTLESS, "no model or source fct_missing"),
        ("models/marts/kpi_calls.sql", MONTH + SQL.replace("'calls')", "'bills')"), "no model or source bills"),
        ("models/marts/kpi_calls.sql", MONTH + "{{ env_var('HOME') }}" + SQL, "'env_var' is undefined"),
        ("models/marts/kpi_calls.sql", MONTH + "{{ run_query('x') }}" + SQL, "write only ref, source, var, config"),
        ("models/marts/kpi_calls.sql", MONTH + "{{ var('month' }}" + SQL, "write only ref, source, var, config"),
        ("models/marts/kpi_bills.sql", MONTH + SQL, "write kpi_bills.yml beside it"),
        ("models/staging/kpi_calls.sql", MONTH + SQL, "name kpi_calls is used twice"),
        ("models/staging/calls.sql", MONTH + SQL, "name calls is used twice"),
        (
            "models/marts/kpi_calls.yml",
            YML.replace("NAME", "kpi_calls").replace("not_null", "positive"),
            "unknown test",
        ),
    ],
)
def test_what_cannot_run_is_refused_with_what_to_do(folder: Folder, path: str, text: str, fault: str) -> None:
    folder.write(path, text)
    with pytest.raises(PermanentError, match=re.escape(fault)):
        folder.load()


def test_models_that_read_each_other_are_refused_by_name(folder: Folder) -> None:
    for name, parent in (("fct_a", "fct_b"), ("fct_b", "fct_a")):
        folder.model(f"marts/{name}", SQL.replace("source('warehouse', 'calls')", f"ref('{parent}')"))
    with pytest.raises(PermanentError, match=r"in a circle: (fct_a -> fct_b -> fct_a|fct_b -> fct_a -> fct_b)"):
        folder.load()


def test_the_runner_stays_thin() -> None:
    lines = sum(len((PROJECT / name).read_text().splitlines()) for name in ("project.py", "runner.py"))
    assert lines <= 250, "docs/decisions/0007: past 250 lines it is a bad dbt; turn to dbt itself"
