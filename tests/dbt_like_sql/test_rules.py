"""Each rule takes what is right and refuses what is wrong beside it, and says what to write instead."""

from __future__ import annotations

import pytest

from dbt_like_sql.project import Project
from dbt_like_sql.rules import MAX_LINES, check
from tests.dbt_like_sql.folder import HALF_UP, SQL, TEST, VIEW, YML, Folder

COUNTED = "select month, count(*) as calls from calls group by month"


def test_the_project_keeps_every_rule(project: Project) -> None:
    assert check(project) == []


def test_a_small_right_project_keeps_every_rule(folder: Folder) -> None:
    assert check(folder.load()) == []


def faults_with(folder: Folder, select: str) -> list[str]:
    """Faults when the model's last CTE is ``select``."""
    folder.model("marts/kpi_calls", SQL.replace(COUNTED, select))
    return check(folder.load())


@pytest.mark.parametrize(
    ("right", "wrong", "fault"),
    [
        ("select month, 7 // 2 as calls from calls", "select month, 7 / 2 as calls from calls", "divides with /"),
        (
            "select month, {{ half_up('seconds', 60) }} as calls from calls",
            "select month, cast(seconds / 60 as bigint) as calls from calls",
            "divides with /",
        ),
        ("select sum(seconds) from calls", "select avg(seconds) from calls", "takes avg"),
        ("select abs(seconds) from calls", "select round(seconds, 2) as calls from calls", "rounds"),
        ("select abs(seconds) from calls", "select round_even(seconds, 2) from calls", "calls ROUND_EVEN"),
        ("select cast(seconds as bigint) from calls", "select cast(seconds as double) from calls", "type DOUBLE"),
        ("select cast(seconds as bigint) from calls", "select seconds::float from calls", "the type"),
        ("select cast(sum(seconds) as bigint) from calls", "select seconds::hugeint from calls", "type INT128"),
        ("select seconds::decimal(18, 2) from calls", "select cast(seconds as bigint[]) from calls", "BIGINT[]"),
        ("select 1000000 * seconds from calls", "select 1e6 * seconds from calls", "1e6, a float"),
        (
            "select c.month from calls as c inner join calls as d on c.leg_id = d.leg_id",
            "select c.month from calls as c asof join calls as d on c.seconds >= d.seconds",
            "ASOF",
        ),
        ("select * from calls", "select * exclude (leg_id) from calls", "star"),
        ("select * from calls", "select * replace (1 as seconds) from calls", "star"),
        (COUNTED, "select month, count(*) as calls from calls group by all", "groups by all"),
        ("select max(leg_id) from calls", "select array_agg(leg_id) from calls", "makes a list"),
        ("select leg_id from calls", "select [leg_id] from calls", "makes a list"),
        ("select leg_id from calls", "select unnest(leg_id) from calls", "unnests"),
        ("select leg_id from calls", "select {'leg': leg_id} from calls", "makes a struct"),
        ("select leg_id from calls", "select leg_id[1] from calls", "element of a list"),
        (
            "select row_number() over (partition by month order by leg_id) as position from calls",
            "select month from calls qualify row_number() over (partition by month order by leg_id) = 1",
            "qualify",
        ),
        ("select started_at from calls", "select started_at at time zone 'Europe/Paris' from calls", "zone"),
        ("select started_at from calls", "select timezone('Europe/Paris', started_at) from calls", "TIMEZONE"),
        ("select started_at from calls", "select current_date from calls", "asks the time"),
        ("select last_day(started_at) from calls", "select now() from calls", "calls NOW()"),
        ("select coalesce(leg_id, '') from calls", "select current_timestamp from calls", "asks the time"),
        ("select substr(leg_id, 1, 2) from calls", "select uuid() from calls", "calls UUID()"),
        ("select * from calls", "select * from {{ source('warehouse', 'calls') }} union all select * from other_calls",
         "reads other_calls by its bare name"),
        ("select * from (select * from calls) as c", "select * from (select * from other_calls) as c", "other_calls"),
        ("select * from calls where seconds in (select seconds from calls)",
         "select * from calls where seconds in (select seconds from other_calls)", "other_calls"),
        ("select * from {{ source('warehouse', 'other_calls') }}", "select * from main.calls", "reads main.calls"),
        ("select * from calls", "select * from read_parquet('calls.parquet')", "by its bare name"),
        ("select * from calls", "select * from 'calls.parquet'", "by its bare name"),
        (COUNTED, "{% if true %}" + COUNTED + "{% endif %}", "Jinja statements"),
    ],
)  # fmt: skip
def test_the_subset_of_sql(folder: Folder, right: str, wrong: str, fault: str) -> None:
    assert faults_with(folder, right) == []
    assert any(fault in found for found in faults_with(folder, wrong)), faults_with(folder, wrong)


def test_a_cte_is_in_sight_only_of_what_follows_it(folder: Folder) -> None:
    sql = "with later as (select * from other_calls), other_calls as (select 1 as x)\n\nselect * from later\n"
    folder.model("marts/kpi_calls", sql)
    assert any("reads other_calls" in fault for fault in check(folder.load()))


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        (f"{SQL};\nselect * from {{{{ source('warehouse', 'calls') }}}}", "2 statements"),
        ("create table kpi_calls as\nselect * from x", "not a select"),
        ("drop table x;", "not a select"),
        ("select from where\nselect * from x", "does not parse"),
        (SQL.replace("select * from counted", "select month, calls from counted"), "last line"),
        (SQL.replace("with\n", "with\n" + MAX_LINES * "\n"), "lines; cut it"),
    ],
)
def test_a_model_is_one_short_select_from_its_last_cte(folder: Folder, sql: str, fault: str) -> None:
    folder.model("marts/kpi_calls", sql)
    assert any(fault in found for found in check(folder.load())), check(folder.load())


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("staging/stg_ledger__calls", "staging/ledger_calls"),
        ("intermediate/int_calls__counted", "intermediate/int_calls"),
        ("marts/fct_calls", "marts/calls_mart"),
        ("marts/rated_calls", "marts/rated"),
        ("marts/dim_numbers", "staging/dim_numbers"),
        ("marts/dim_numbers", "reports/dim_numbers"),
    ],
)
def test_a_name_tells_its_layer(folder: Folder, right: str, wrong: str) -> None:
    folder.model(right)
    assert check(folder.load()) == []
    (folder.root / "models" / f"{right}.sql").unlink()
    folder.model(wrong)
    assert any("layer" in fault for fault in check(folder.load()))


@pytest.mark.parametrize(
    ("said", "instead", "fault"),
    [
        ("One row per month.", "Calls of each month.", "begin it with"),
        ("description: Its calls.", "description: ''", "column calls has no description"),
        ("model: NAME", "model: another", "no unit test"),
        ("- {name: month,", "- {name: period,", "no column month"),
        ("[not_null]", "[unique]", "which dbt asks of all months"),
    ],
)
def test_a_model_says_its_grain_columns_and_tests(folder: Folder, said: str, instead: str, fault: str) -> None:
    folder.model("marts/kpi_calls", yml=YML.replace(said, instead))
    assert any(fault in found for found in check(folder.load())), check(folder.load())


def test_a_view_has_no_data_test_because_nothing_would_stop(folder: Folder) -> None:
    sql = SQL.replace(""" where month = '{{ var("month") }}'""", "")
    folder.model("staging/stg_calls__counted", sql, VIEW, YML.replace(", data_tests: [not_null]", ""))
    assert check(folder.load()) == []
    folder.model("staging/stg_calls__counted", sql, VIEW)
    assert any("is a view" in fault for fault in check(folder.load()))


def test_half_up_is_the_only_macro(folder: Folder) -> None:
    folder.write("macros/other.sql", HALF_UP.replace("half_up", "cents_to_euros"))
    assert check(folder.load()) == ["macros: cents_to_euros is not one of half_up; write SQL, or move the whole to dbt"]


@pytest.mark.parametrize(
    ("path", "text", "fault"),
    [
        ("tests/kpi_calls/a_test.sql", TEST.removeprefix("-- Fails when "), "does not begin with"),
        ("tests/kpi_cals/a_test.sql", TEST, "guards kpi_cals, which is no model"),
        ("tests/kpi_calls/a_test.sql", TEST.replace("{{ ref('kpi_calls') }}", "kpi_calls"), "bare name"),
    ],
)
def test_a_singular_test_says_what_its_rows_mean_and_guards_a_model(
    folder: Folder, path: str, text: str, fault: str
) -> None:
    folder.write("tests/the_whole_project.sql", TEST)
    assert check(folder.load()) == []
    folder.write(path, text)
    assert any(fault in found for found in check(folder.load()))
