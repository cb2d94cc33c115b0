"""Imports beside the decks: plans and what they fall back to, the minutes contracts include."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from sqlmodel import Session, select

from adapters.ledger.csv_files import Column, Row, RowProblem, read_csv
from adapters.ledger.csv_values import as_date, as_text, as_whole
from adapters.ledger.merging import ImportReport, Rule, overlap_problems, plan, refuse
from adapters.ledger.overlaps import allowance_validity, contract_end
from adapters.ledger.store import Ledger
from adapters.ledger.tables import Contract, ContractAllowance, TariffPlan
from adapters.ledger.tariff_guards import fallback_problems
from domain.errors import BadInput


def as_minutes(text: str, what: str) -> int:
    """At least one. Raises BadInput."""
    minutes = as_whole(text, what)
    if minutes < 1:
        raise BadInput(f"{what}: {text} minutes; the least is 1")
    return minutes


PLANS = (Column("plan", as_text), Column("fallback_plan", as_text, None))
ALLOWANCES = (
    Column("contract_id", as_text),
    Column("destination_group", as_text),
    Column("minutes", as_minutes),
    Column("valid_from", as_date),
    Column("valid_to", as_date, None),
)
_PLANS = Rule(
    TariffPlan, ("plan",), frozenset(), "a plan that contracts name does not change: make another one, and contracts"
)
_ALLOWANCES = Rule(
    ContractAllowance,
    ("contract_id", "destination_group", "valid_from"),
    frozenset({"valid_to"}),
    "minutes that were signed do not change: end them, and begin others on that day",
)


def import_plans(ledger: Ledger, path: Path) -> ImportReport:
    """New plans, each with what it falls back to. Raises ImportRefused."""
    rows, problems = read_csv(path, PLANS)
    with ledger.session() as session:
        merge = plan(session, _PLANS, rows)
        known = list(session.exec(select(TariffPlan)))
        plans = {row.plan: row for row in [*known, *(TariffPlan(**row.values) for row in merge.new)]}
        for row in rows:
            name, fallback = row.values["plan"], row.values["fallback_plan"]
            if fallback == name:
                problems.append(RowProblem(row.number, f"plan {name} falls back to itself; leave fallback_plan empty"))
            elif fallback is not None and fallback not in plans:
                problems.append(RowProblem(row.number, f"fallback plan {fallback} is neither known nor in this file"))
            elif twice := fallback_problems([plans[name], *([plans[fallback]] if fallback else [])]):
                problems.append(RowProblem(row.number, twice[0]))
        refuse(path, [*problems, *merge.problems])
        session.add_all(TariffPlan(plan=row.values["plan"]) for row in merge.new)
        session.flush()
        for row in merge.new:
            session.get_one(TariffPlan, row.values["plan"]).fallback_plan = row.values["fallback_plan"]
        return ImportReport(len(merge.new), len(merge.known))


def add_plans(session: Session, names: Iterable[str]) -> None:
    """Make the plans of a deck known, without a fallback, where they are not."""
    known = set(session.exec(select(TariffPlan.plan)))
    session.add_all(TariffPlan(plan=name) for name in sorted(set(names) - known))
    session.flush()


def import_allowances(ledger: Ledger, path: Path) -> ImportReport:
    """Minutes that contracts include each month, and the end of known ones.

    Raises:
        ImportRefused: also when a contract would include two numbers of minutes to one group at once, or outside
            the days it runs.
    """
    rows, problems = read_csv(path, ALLOWANCES)
    with ledger.session() as session:
        contracts = {row.contract_id: row for row in session.exec(select(Contract))}
        problems += unknown_names(contracts, rows, "contract_id", "contract")
        for row in rows:
            problems += _unfit_days(row, contracts.get(row.values["contract_id"]))
        merge = plan(session, _ALLOWANCES, rows)
        in_file = {_ALLOWANCES.key_of(row.values) for row in rows}
        kept = [
            allowance_validity(row)
            for row in session.exec(select(ContractAllowance))
            if _ALLOWANCES.key_of(row.model_dump()) not in in_file
        ]
        given = [allowance_validity(ContractAllowance(**row.values), row.number) for row in _ALLOWANCES.once(rows)]
        problems += overlap_problems([*kept, *given])
        refuse(path, [*problems, *merge.problems])
        return merge.apply(session)


def unknown_names(known: Iterable[str], rows: Sequence[Row], column: str, what: str) -> list[RowProblem]:
    """The rows that name what the ledger does not know."""
    names = set(known)
    return [
        RowProblem(row.number, f"{what} {row.values[column]} is not in the ledger; import it first")
        for row in rows
        if row.values[column] not in names
    ]


def _unfit_days(row: Row, contract: Contract | None) -> list[RowProblem]:
    begins, ends = row.values["valid_from"], row.values["valid_to"]
    if ends is not None and ends <= begins:
        return [RowProblem(row.number, f"valid_to {ends} is not after valid_from {begins}")]
    end = None if contract is None else contract_end(contract)
    if contract is not None and (begins < contract.started_on or (end is not None and begins >= end)):
        runs = f"[{contract.started_on}, {end or 'no end'})"
        return [RowProblem(row.number, f"{contract.contract_id} runs on {runs}; the minutes begin on {begins}")]
    return []
