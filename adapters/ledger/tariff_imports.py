"""Imports of tariffs: whole versions of plans, told in time, without overlap, or nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from sqlmodel import Session, select

from adapters.ledger.csv_files import Column, Row, RowProblem, read_csv
from adapters.ledger.csv_values import as_date, as_match, as_micros, as_one_of, as_text, as_whole
from adapters.ledger.merging import ImportReport, Merge, Rule, overlap_problems, plan, refuse
from adapters.ledger.overlaps import rate_validity, version_validity
from adapters.ledger.plan_imports import add_plans
from adapters.ledger.price_tables import CALL_CATEGORIES
from adapters.ledger.store import Ledger
from adapters.ledger.tables import TariffRate, TariffVersion
from domain.errors import BadInput
from domain.tariff import check_notice, parse_prefix


def _prefix(text: str, what: str) -> str:
    return parse_prefix(text, what=what)


def _seconds(text: str, what: str) -> int:
    seconds = as_whole(text, what)
    if seconds < 1:
        raise BadInput(f"{what}: {text} seconds; the least is 1")
    return seconds


def _unit(text: str, what: str) -> str:
    if text != "EUR/min":
        raise BadInput(f"{what}: {text!r} is not EUR/min; convert the prices to euros per minute")
    return text


# The version's columns, under names that the rate's own do not have.
VERSION = (
    Column("version_id", as_text),
    Column("plan", as_text),
    Column("version_valid_from", as_date),
    Column("version_valid_to", as_date, None),
    # Empty is refused by the rule of notice, which says what to do.
    Column("notice_date", as_date, None),
    Column("told_customers", as_text, None),
)
RATE = (
    Column("origin_country", as_match(r"\*|[A-Z]{2}", "a country code of two capitals, or *")),
    Column(
        "origin_number_type", as_one_of("*", "fixed", "mobile", "free", "shared", "surcharged", "special", "satellite")
    ),
    Column("destination_prefix", _prefix),
    # 001 is the world's code: satellites and international networks are in no country.
    Column("destination_country", as_match(r"[A-Z]{2}|001", "a country code of two capitals, or 001")),
    Column("category", as_text),
    Column("price_eur", as_micros, field="price_per_minute_micros"),
    Column("connection_fee_eur", as_micros, 0, field="connection_fee_micros"),
    Column("initial_seconds", _seconds, 1),
    Column("increment_seconds", _seconds, 1),
    Column("valid_from", as_date, None),
    Column("valid_to", as_date, None),
    Column("call_category", as_one_of(*CALL_CATEGORIES), "*"),
    Column("minimum_charge_eur", as_micros, 0, field="minimum_charge_micros"),
    Column("surcharge_per_call_eur", as_micros, 0, field="surcharge_per_call_micros"),
    Column("surcharge_per_minute_eur", as_micros, 0, field="surcharge_per_minute_micros"),
    Column("destination_group", as_text, None),
)
TARIFFS = (*VERSION, *RATE, Column("unit", _unit))
_INSTEAD = "a tariff that was announced does not change: announce another version"
_VERSIONS = Rule(TariffVersion, ("version_id",), frozenset({"valid_to"}), _INSTEAD)
_RATES = Rule(
    TariffRate,
    ("version_id", "origin_country", "origin_number_type", "destination_prefix", "call_category", "valid_from"),
    frozenset(),
    _INSTEAD,
)


def import_tariffs(ledger: Ledger, path: Path) -> ImportReport:
    """New versions of plans with all their rates, and the end of known versions. Counts are of rates.

    Raises:
        ImportRefused: every problem by row: a price, unit, prefix or date that is wrong, a version whose notice is
            missing or late, rates or versions that overlap or come twice, a known version that would change.
    """
    rows, problems = read_csv(path, TARIFFS)
    versions = _versions(rows, problems)
    rates = [_rate(row, versions[row.values["version_id"]], problems) for row in rows]
    with ledger.session() as session:
        version_merge, rate_merge = plan(session, _VERSIONS, list(versions.values())), plan(session, _RATES, rates)
        problems += [*version_merge.problems, *rate_merge.problems, *_rewritten(session, rate_merge, versions)]
        problems += overlap_problems(rate_validity(TariffRate(**row.values), row.number) for row in _RATES.once(rates))
        problems += _competing(session, versions)
        refuse(path, problems)
        ended = {row.values["version_id"] for row, _ in version_merge.changed}
        add_plans(session, (row.values["plan"] for row in versions.values()))
        version_merge.apply(session)
        rate_merge.apply(session)
    accepted = [row for row in rates if row in rate_merge.new or row.values["version_id"] in ended]
    return ImportReport(len(accepted), len(rates) - len(accepted))


def _versions(rows: Iterable[Row], problems: list[RowProblem]) -> dict[str, Row]:
    """Each version as its first row says it; the rows after must say the same."""
    versions: dict[str, Row] = {}
    for row in rows:
        given = {column.name: row.values[column.name] for column in VERSION}
        values = {name.removeprefix("version_") if "valid" in name else name: given[name] for name in given}
        first = versions.setdefault(given["version_id"], Row(row.number, values))
        for name, value in values.items():
            if value != first.values[name]:
                reason = f"{given['version_id']}: {name} is {value} here, {first.values[name]} on row {first.number}"
                problems.append(RowProblem(row.number, reason))
    for version in versions.values():
        problems += _unfit_version(version)
    return versions


def _unfit_version(version: Row) -> list[RowProblem]:
    valid_from, valid_to = version.values["valid_from"], version.values["valid_to"]
    if valid_to is not None and valid_to <= valid_from:
        return [RowProblem(version.number, f"version_valid_to {valid_to} is not after version_valid_from {valid_from}")]
    try:
        check_notice(valid_from, version.values["notice_date"], version_id=version.values["version_id"])
    except BadInput as error:
        return [RowProblem(version.number, str(error))]
    return []


def _rate(row: Row, version: Row, problems: list[RowProblem]) -> Row:
    """The rate's own fields; it begins with its version unless it says when, and stays inside it."""
    values = {column.field or column.name: row.values[column.field or column.name] for column in RATE}
    values["version_id"] = version.values["version_id"]
    first, last = version.values["valid_from"], version.values["valid_to"]
    values["valid_from"] = values["valid_from"] or first
    begins, ends = values["valid_from"], values["valid_to"]
    if ends is not None and ends <= begins:
        problems.append(RowProblem(row.number, f"valid_to {ends} is not after valid_from {begins}"))
    elif begins < first or (last is not None and (begins >= last or (ends is not None and ends > last))):
        reason = f"the rate is valid on [{begins}, {ends or 'no end'}), its version on [{first}, {last or 'no end'})"
        problems.append(RowProblem(row.number, reason))
    return Row(row.number, values)


def _rewritten(session: Session, merge: Merge, versions: dict[str, Row]) -> list[RowProblem]:
    """Known versions that the file would add rates to, or leave rates out of."""
    known = [version_id for version_id in session.exec(select(TariffVersion.version_id)) if version_id in versions]
    problems = [
        RowProblem(row.number, f"{row.values['version_id']} is known without this rate; {_INSTEAD}")
        for row in merge.new
        if row.values["version_id"] in known
    ]
    in_file = Counter(row.values["version_id"] for row in merge.known)
    in_ledger = Counter(session.exec(select(TariffRate.version_id)))
    for version_id in sorted(known):
        left_out = in_ledger[version_id] - in_file[version_id]
        # A rate that differs is named already, and would be counted as left out.
        if left_out and not merge.problems:
            reason = f"{version_id} is known with {left_out} more rate(s), which the file leaves out; {_INSTEAD}"
            problems.append(RowProblem(versions[version_id].number, reason))
    return problems


def _competing(session: Session, versions: dict[str, Row]) -> list[RowProblem]:
    """Versions of one plan that would be in force at once, the ledger's others included."""
    kept = [row for row in session.exec(select(TariffVersion)) if row.version_id not in versions]
    given = [version_validity(TariffVersion(**row.values), row.number) for row in versions.values()]
    return overlap_problems([*map(version_validity, kept), *given])
