"""A simulated switch for the customers of a ledger: their own numbers, the calling habits of a folder of seeds."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from adapters.ledger.store import Ledger
from domain.calendar import Month, local_date
from domain.errors import BadInput, PermanentError
from ingest.event_journal import sealed_segments
from ingest.simulator import (
    Destination,
    Forward,
    SimulatedCustomer,
    SimulatedNumber,
    SimulatedQueue,
    SimulatedWorld,
)

SEEDS = Path(__file__).resolve().parent.parent / "seeds"
DEMO_SEEDS = SEEDS / "demo"
RECORDED_CALLS = SEEDS / "recorded_calls"
# The captured stream whose calls lend their shape to the simulated ones.
SHAPES = RECORDED_CALLS / "twenty-two-calls.esl"
# A customer of whom nothing is known calls France, on numbers the regulator keeps for fiction.
DEFAULT_HABITS = {"calls_per_day": "5", "incoming_percent": "30"}
DEFAULT_DESTINATIONS = (Destination("+3319900", 4, 60), Destination("+3363998", 4, 40))


def simulated_world(
    ledger: Ledger, *, switch: str, percent: int = 100, only: Collection[str] = (), seeds: Path = DEMO_SEEDS
) -> SimulatedWorld:
    """The ledger's customers as callers. ``percent`` scales their calls, ``only`` names some of them.

    Raises:
        BadInput: a seed file's line is wrong, or ``only`` names a customer the ledger does not have.
        PermanentError: the ledger has no phone number at all.
    """
    numbers = _numbers(ledger)
    if not numbers:
        raise PermanentError(
            "the ledger has no phone number to simulate; run `seconde init --seed demo`, or import some"
        )
    unknown = sorted(set(only) - set(numbers))
    if unknown:
        raise BadInput(f"{', '.join(unknown)}: no such customer with a number; choose from {', '.join(numbers)}")
    habits = {row["customer_id"]: row for row in _rows(seeds / "callers.csv")}
    destinations = _destinations(seeds / "destinations.csv")
    names = {customer.customer_id: customer.legal_name for customer in ledger.customers()}
    customers = [
        _customer(
            customer_id,
            names[customer_id],
            numbers[customer_id],
            habits.get(customer_id, DEFAULT_HABITS),
            tuple(destinations.get(customer_id, DEFAULT_DESTINATIONS)),
            percent,
        )
        for customer_id in sorted(only or numbers)
    ]
    return SimulatedWorld(customers=tuple(customers), recording=SHAPES, switch=switch)


def has_segments(journal: Path, switch: str, month: Month) -> bool:
    """Whether the journal already holds the month of that switch."""
    return any(
        segment.switch == switch and segment.opened_at is not None and Month.of(local_date(segment.opened_at)) == month
        for segment in sealed_segments(journal)
    )


def _numbers(ledger: Ledger) -> dict[str, list[SimulatedNumber]]:
    """Every customer's numbers and the days they are in use: the inventory, clipped to the contract."""
    contracts = {contract.contract_id: contract for contract in ledger.contracts()}
    numbers: dict[str, list[SimulatedNumber]] = defaultdict(list)
    for row in ledger.phone_numbers():
        contract = contracts[row.contract_id]
        numbers[contract.customer_id].append(SimulatedNumber(row.number, row.valid_from, row.valid_to))
    return dict(sorted(numbers.items()))


def _customer(
    customer_id: str,
    name: str,
    numbers: Sequence[SimulatedNumber],
    habits: dict[str, str],
    destinations: tuple[Destination, ...],
    percent: int,
) -> SimulatedCustomer:
    queue, forwarded = habits.get("queue"), habits.get("forwarded_number")
    return SimulatedCustomer(
        customer_id=customer_id,
        name=name,
        numbers=tuple(numbers),
        calls_per_day=int(habits["calls_per_day"]) * percent // 100,
        destinations=destinations,
        incoming_percent=int(habits["incoming_percent"]),
        queues=(SimulatedQueue(queue, habits["queue_number"], tuple(habits["agents"].split())),) if queue else (),
        forwards=(Forward(forwarded, habits["forwarded_to"]),) if forwarded else (),
        campaigns=tuple(habits.get("campaigns", "").split()),
    )


def _destinations(path: Path) -> dict[str, list[Destination]]:
    destinations: dict[str, list[Destination]] = defaultdict(list)
    for row in _rows(path):
        destinations[row["customer_id"]].append(Destination(row["prefix"], int(row["digits"]), int(row["weight"])))
    return destinations


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
