"""No two truths at once: validity periods that compete may not overlap.

A number belongs to one contract at a time and only while that contract runs; a tariff plan has one
version in force, a version one price per kind of call, a contract one number of included minutes per
destination group. SQLite has no exclusion constraint, so the check runs inside every writing
transaction, before its commit, on what the transaction touched; both databases have one writer at a
time, so nothing changes between the check and the commit. PostgreSQL excludes the same overlaps by
constraint as well where btree_gist can be had (migrations 0003 and 0006).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Hashable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise

from sqlmodel import Session, SQLModel, select

from adapters.ledger.tables import Contract, ContractAllowance, PhoneNumber, TariffRate, TariffVersion
from domain.errors import PermanentError


@dataclass(frozen=True)
class Validity:
    """What ``name`` says about ``key`` on ``[valid_from, valid_to)``; ``valid_to`` None is for ever."""

    key: Hashable
    name: str
    valid_from: dt.date
    valid_to: dt.date | None
    # The row of the file it comes from; None for what the ledger has already.
    row: int | None = None

    def __str__(self) -> str:
        place = "" if self.row is None else f" (row {self.row})"
        return f"{self.name} [{self.valid_from}, {self.valid_to or 'no end'}){place}"


def overlapping(validities: Iterable[Validity]) -> Iterator[tuple[Validity, Validity]]:
    """Pairs of one key that overlap, earlier first: each with its next one, so none means no overlap at all."""
    ordered = sorted(validities, key=lambda v: (repr(v.key), v.valid_from))
    for _, same_key in groupby(ordered, key=lambda v: v.key):
        for earlier, later in pairwise(same_key):
            if earlier.valid_to is None or later.valid_from < earlier.valid_to:
                yield earlier, later


def number_validity(row: PhoneNumber, place: int | None = None) -> Validity:
    """A number belongs to one contract at a time."""
    return Validity(row.number, f"{row.number} on {row.contract_id}", row.valid_from, row.valid_to, place)


def version_validity(row: TariffVersion, place: int | None = None) -> Validity:
    """A plan has one version in force at a time."""
    return Validity(row.plan, f"{row.plan} version {row.version_id}", row.valid_from, row.valid_to, place)


def rate_validity(row: TariffRate, place: int | None = None) -> Validity:
    """A version has one price at a time from a kind of number to a prefix."""
    key = (row.version_id, row.origin_country, row.origin_number_type, row.destination_prefix, row.call_category)
    name = f"{row.version_id} rate {row.origin_country}/{row.origin_number_type} to {row.destination_prefix}"
    if row.call_category != "*":
        name += f" ({row.call_category})"
    return Validity(key, name, row.valid_from, row.valid_to, place)


def allowance_validity(row: ContractAllowance, place: int | None = None) -> Validity:
    """A contract includes one number of minutes at a time to a destination group."""
    key = (row.contract_id, row.destination_group)
    name = f"{row.contract_id} allowance to {row.destination_group}"
    return Validity(key, name, row.valid_from, row.valid_to, place)


def refuse_overlaps(session: Session, touched: Collection[SQLModel]) -> None:
    """Check what competes with the ``touched`` rows, as the transaction would leave it.

    The inventory and the versions are read whole (some thousand rows, a few times a day), rates version by version.

    Raises:
        PermanentError: every overlap, and every number that outlives or precedes its contract.
    """
    kinds = {type(row) for row in touched}
    problems: list[str] = []
    if kinds & {PhoneNumber, Contract}:
        inventory = session.exec(
            select(PhoneNumber, Contract).where(PhoneNumber.contract_id == Contract.contract_id)
        ).all()
        problems += _pairs(number_validity(number) for number, _ in inventory)
        problems += sorted(
            f"{number_validity(number)} is not inside its contract's own [{contract.started_on},"
            f" {contract_end(contract) or 'no end'})"
            for number, contract in inventory
            if not inside(number, contract)
        )
    if TariffVersion in kinds:
        problems += _pairs(map(version_validity, session.exec(select(TariffVersion))))
    for version_id in sorted({row.version_id for row in touched if isinstance(row, TariffRate)}):
        rates = session.exec(select(TariffRate).where(TariffRate.version_id == version_id))
        problems += _pairs(map(rate_validity, rates))
    if ContractAllowance in kinds:
        problems += _pairs(map(allowance_validity, session.exec(select(ContractAllowance))))
    if problems:
        raise PermanentError("; ".join(problems) + "; nothing was written: end the earlier one first")


def inside(number: PhoneNumber, contract: Contract) -> bool:
    """Whether a number is assigned only on days its contract runs."""
    if number.valid_from < contract.started_on:
        return False
    end = contract_end(contract)
    return end is None or (number.valid_to is not None and number.valid_to <= end)


def contract_end(contract: Contract) -> dt.date | None:
    """The first day without service: the half-open end of what the order form says inclusively."""
    return None if contract.ended_on is None else contract.ended_on + dt.timedelta(days=1)


def _pairs(validities: Iterable[Validity]) -> list[str]:
    return [f"{earlier} overlaps {later}" for earlier, later in overlapping(validities)]
