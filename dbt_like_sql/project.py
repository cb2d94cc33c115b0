"""A folder of SQL models, read as a strict subset of a dbt project. Reads files, runs nothing.

The subset: ``ref``, ``source``, ``var``, ``config`` and the macros of ``macros/``; models that are a view, a
table or a month (dbt's incremental, delete+insert by ``month``); contracts, data tests and unit tests in dbt's
own words. What is not of it is refused here or by ``rules``.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import jinja2
import yaml  # type: ignore[import-untyped]

from domain.errors import PermanentError

MONTH_CONFIG = {"materialized": "incremental", "incremental_strategy": "delete+insert", "unique_key": "month"}
MATERIALIZATIONS = {"view": "view", "table": "table", "incremental": "month"}
SAFE_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's reads a project six times as fast
Row = dict[str, Any]
Word = Callable[..., Any]
PLAIN: dict[str, Word] = {"ref": str, "source": lambda _, name: name, "var": str, "config": lambda **_: ""}


@dataclass(frozen=True)
class Column:
    """A column of a model's contract or of a source; ``data_type`` is a DuckDB type, upper case."""

    name: str
    data_type: str
    description: str
    nullable: bool


@dataclass(frozen=True)
class UnitTest:
    """dbt's unit test: rows ``given`` to each relation, rows ``expected`` of the model."""

    name: str
    given: Mapping[str, list[Row]]
    expected: list[Row]
    variables: Mapping[str, str]


@dataclass(frozen=True)
class Model:
    """One select statement and what its .yml promises. ``layer`` is its folder; ``tests`` guard its new rows."""

    name: str
    path: Path
    sql: str
    layer: str
    materialized: str
    description: str
    columns: tuple[Column, ...]
    refs: tuple[str, ...]
    sources: tuple[str, ...]
    tests: tuple[str, ...]
    unit_tests: tuple[UnitTest, ...]
    meta: Mapping[str, str]  # dbt's place for what dbt does not know: how a model is run (assets.slices)


@dataclass(frozen=True)
class Project:
    """A folder read whole. ``models`` has parents before children, ``sources`` the columns of each source.

    ``tests`` are questions to rows, templates by name: each row one returns breaks the rule in its name.
    """

    folder: Path
    models: Mapping[str, Model]
    sources: Mapping[str, tuple[Column, ...]]
    tests: Mapping[str, str]
    macros: str

    @classmethod
    def load(cls, folder: Path) -> Project:
        """Read a project folder. Raises PermanentError naming the file, the fault and what to do."""
        documents = [yaml.load(path.read_text(), SAFE_LOADER) for path in sorted(folder.glob("models/**/*.yml"))]  # noqa: S506
        sections = {key: [e for d in documents for e in d.get(key, [])] for key in ("models", "unit_tests", "sources")}
        columns = {table["name"]: _columns(table) for source in sections["sources"] for table in source["tables"]}
        entries = {entry["name"]: entry for entry in sections["models"]}
        tests = {path.stem: path.read_text() for path in sorted(folder.glob("tests/**/*.sql"))}
        tests |= dict(test for entry in entries.values() for test in _column_tests(entry))
        macros = "".join(path.read_text() for path in sorted(folder.glob("macros/*.sql")))
        project, models = cls(folder, {}, columns, tests, macros), dict[str, Model]()
        for path in sorted(folder.glob("models/**/*.sql")):
            if path.stem in models or path.stem in columns:
                raise PermanentError(f"{path}: the name {path.stem} is used twice; rename one of the two")
            if path.stem not in entries:
                raise PermanentError(f"{path}: no .yml describes it; write {path.stem}.yml beside it")
            units = [project._unit_test(unit) for unit in sections["unit_tests"] if unit["model"] == path.stem]
            models[path.stem] = replace(project._model(path, entries[path.stem]), unit_tests=tuple(units))
        return replace(project, models=_parents_first(models, columns))

    def render(self, template: str, **words: Word) -> str:
        """A template to SQL. ``words`` say what ref, source, var and config mean here, if not the plain names."""
        try:
            return _template(self.macros + template).render(PLAIN | words).strip()
        except KeyError as missing:
            raise PermanentError(f"no value for the variable {missing}; give it, as in month=2026-10") from None
        except jinja2.TemplateError as error:
            raise PermanentError(f"{error}; write only ref, source, var, config: {template[:99]!r}") from error

    def _model(self, path: Path, entry: Row) -> Model:
        sql, refs, sources, config = path.read_text(), list[str](), list[str](), Row()
        words: dict[str, Word] = {"ref": refs.append, "source": lambda _, s: sources.append(s), "config": config.update}
        self.render(sql, **words)
        materialized = MATERIALIZATIONS.get(config.get("materialized", ""))
        if materialized is None or (materialized == "month" and config != MONTH_CONFIG):
            raise PermanentError(f"{path}: unknown materialisation {config}; use view, table or {MONTH_CONFIG}")
        singular = sorted(test.stem for test in (self.folder / "tests" / path.stem).glob("*.sql"))
        tests = (*dict(_column_tests(entry)), *singular)  # a singular test guards the model its folder is named after
        named = (path.stem, path, sql, path.parent.name, materialized, entry.get("description", "").strip())
        parents = (tuple(dict.fromkeys(refs)), tuple(dict.fromkeys(sources)))
        return Model(*named, _columns(entry), *parents, tests, (), entry.get("config", {}).get("meta", {}))

    def _unit_test(self, unit: Row) -> UnitTest:
        given = {self.render("{{ " + rows["input"] + " }}"): _rows(rows) for rows in unit["given"]}
        return UnitTest(unit["name"], given, _rows(unit["expect"]), unit.get("overrides", {}).get("vars", {}))


@cache  # a month of one model renders a dozen views, and each takes 3 ms to compile
def _template(text: str) -> jinja2.Template:
    return jinja2.Template(text, undefined=jinja2.StrictUndefined)


def _columns(entry: Row) -> tuple[Column, ...]:
    return tuple(
        Column(c["name"], c["data_type"].upper(), c.get("description", ""), "not_null" not in c.get("data_tests", []))
        for c in entry.get("columns", [])
    )


def _column_tests(entry: Row) -> Iterator[tuple[str, str]]:
    """dbt's four generic tests as the select statements they stand for; none reads all columns to find nothing."""
    table = "{{ ref('" + entry["name"] + "') }}"
    for name, test in [(c["name"], test) for c in entry.get("columns", []) for test in c.get("data_tests", [])]:
        kind, given = (test, {}) if isinstance(test, str) else next(iter(test.items()))
        asked = given.get("arguments", {})
        values, field = ", ".join(f"'{value}'" for value in asked.get("values", [])), asked.get("field")
        parents = f"select {field} from {{{{ {asked.get('to')} }}}} where {field} is not null"
        conditions = {
            "not_null": "is null",
            "unique": f"in (select {name} from {table} group by {name} having count(*) > 1)",
            "accepted_values": f"not in ({values})",
            "relationships": f"in (select {name} from {table} where {name} not in ({parents}))",
        }
        if kind not in conditions:
            raise PermanentError(f"{entry['name']}.{name}: unknown test {kind}; write it as a singular test")
        yield f"{kind}_{entry['name']}_{name}", f"select * from {table} where {name} {conditions[kind]}"


def _rows(given: Row) -> list[Row]:
    if given.get("format") != "csv":
        return list(given["rows"])
    lines = csv.DictReader(given["rows"].strip().splitlines(), skipinitialspace=True)
    return [{name: value or None for name, value in line.items()} for line in lines]


def _parents_first(models: dict[str, Model], sources: Collection[str]) -> dict[str, Model]:
    for model in models.values():
        for missing in sorted({*model.refs, *model.sources} - {*models, *sources}):
            raise PermanentError(f"{model.path}: no model or source {missing}; write it, or describe it in sources.yml")
    try:
        order = TopologicalSorter({model.name: model.refs for model in models.values()}).static_order()
        return {name: models[name] for name in order}
    except CycleError as error:
        raise PermanentError(f"models read each other in a circle: {' -> '.join(error.args[1])}; cut one") from None
