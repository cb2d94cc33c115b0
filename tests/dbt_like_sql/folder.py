"""A small project on disk, right in every respect, that a test spoils in one."""

from __future__ import annotations

from pathlib import Path

from dbt_like_sql.project import Project

MONTH = "{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='month') }}"
VIEW = "{{ config(materialized='view') }}"
SOURCES = """
sources:
  - name: warehouse
    tables:
      - name: calls
        columns:
          - {name: month, data_type: varchar}
          - {name: leg_id, data_type: varchar}
          - {name: seconds, data_type: bigint}
          - {name: started_at, data_type: timestamp}
      - name: other_calls
        columns: [{name: month, data_type: varchar}, {name: seconds, data_type: bigint}]
"""
SQL = """
with

calls as (
    select * from {{ source('warehouse', 'calls') }} where month = '{{ var("month") }}'
),

counted as (
    select month, count(*) as calls from calls group by month
)

select * from counted
"""
YML = """
models:
  - name: NAME
    description: One row per month.
    columns:
      - {name: month, data_type: varchar, description: The month., data_tests: [not_null]}
      - {name: calls, data_type: bigint, description: Its calls.}
unit_tests:
  - name: counts_NAME
    model: NAME
    overrides: {vars: {month: "2026-10"}}
    given:
      - input: source('warehouse', 'calls')
        rows: [{month: "2026-10", leg_id: a}, {month: "2026-09", leg_id: b}]
    expect:
      rows: [{month: "2026-10", calls: 1}]
"""
HALF_UP = "{% macro half_up(n, d) %}(2 * ({{ n }}) + ({{ d }})) // (2 * ({{ d }})){% endmacro %}"
TEST = "-- Fails when a month has no call.\nselect * from {{ ref('kpi_calls') }} where calls < 1\n"


class Folder:
    """``write`` replaces a file, ``model`` a model and its .yml; ``load`` reads the whole."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write("models/sources.yml", SOURCES)
        self.write("macros/half_up.sql", HALF_UP)
        self.model("marts/kpi_calls")
        self.write("tests/kpi_calls/a_month_has_calls.sql", TEST)

    def write(self, path: str, text: str) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def model(self, path: str, sql: str = SQL, config: str = MONTH, yml: str = YML) -> None:
        self.write(f"models/{path}.sql", f"{config}\n{sql}")
        self.write(f"models/{path}.yml", yml.replace("NAME", path.rsplit("/", maxsplit=1)[-1]))

    def load(self) -> Project:
        return Project.load(self.root)
