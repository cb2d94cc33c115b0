"""The gates of a close: what must be true before a month issues anything, or a named person answers for it.

A gate is a blocking check whose facts a person may know and bear: legs nobody brought, calls without a price, records
or rates that break a rule, a new price whose notice did not reach the customer. ``issued_documents`` asks them all
again, however it is run. What is no gate cannot be borne: a model that breaks its contract, a draft whose sums are
wrong is never written: nothing could be issued.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import dagster as dg

from adapters.data_quality import ALL_MONTHS, FINDINGS_KEPT, FINDINGS_TABLE
from adapters.ledger.contract_notices import untold
from adapters.ledger.periods import CLOSED, Signature, override, overrides, state_of
from adapters.ledger.store import Ledger
from adapters.ledger.tables import CloseOverride
from adapters.warehouse import Warehouse
from assets.cdr.unaccounted import unaccounted
from assets.platform import Platform
from domain.calendar import Month
from domain.errors import BadInput, PermanentError

Row = dict[str, Any]
# The rows that shut a gate on a month now.
Facts = Callable[[Ledger, Warehouse, Month], list[Row]]
ACCOUNTED_FOR = "every_leg_is_accounted_for"
PRICED = "calls_without_a_price"
RECORDS = "call_record_integrity"
RATES = "tariff_integrity"
TOLD = "new_prices_were_told"
# A dry run: nothing is issued, so nothing is stopped; what would be is said.
PREVIEW_INVOICES = "preview_invoices"
# They rate and charge a month, and issue nothing.
RERATE_MONTH = "rerate_month"
CHARGE_MONTH = "charge_month"
REASONS_TOLD = 3


def _unaccounted(_ledger: Ledger, warehouse: Warehouse, month: Month) -> list[Row]:
    return unaccounted(warehouse, month)


def _untold(ledger: Ledger, _warehouse: Warehouse, month: Month) -> list[Row]:
    return [{"row_key": key, "reason": reason} for key, reason in untold(ledger, month)]


def _unpriced(_ledger: Ledger, warehouse: Warehouse, month: Month) -> list[Row]:
    sql = "select boot_id || '/' || leg_id as row_key, reason from unrated_calls where month = $1 order by all"
    rows: list[Row] = warehouse.read(sql, [str(month)]).to_pylist()
    return rows


def _found(check: str) -> Facts:
    """What a check found, as it was kept: in the month, or in an earlier one whose late calls this one bills."""

    def facts(_ledger: Ledger, warehouse: Warehouse, month: Month) -> list[Row]:
        rows: list[Row] = warehouse.read(
            f"select row_key, reason from {FINDINGS_TABLE} where check_name = $1 and (month <= $2 or month = $3)"
            " order by all",
            [check, str(month), ALL_MONTHS],
        ).to_pylist()
        return rows

    return facts


# By the name of the check that blocks: the rows that shut it now, as row_key and reason.
GATES: dict[str, Facts] = {
    ACCOUNTED_FOR: _unaccounted,
    PRICED: _unpriced,
    RECORDS: _found(RECORDS),
    RATES: _found(RATES),
    TOLD: _untold,
}


@dataclass(frozen=True)
class Shut:
    """A gate that is shut: the facts that shut it, and who answers for exactly them."""

    gate: str
    facts: list[Row]
    override: CloseOverride | None

    @property
    def summary(self) -> str:
        """``3 rows: 2 x a leg is lost; 1 x ...``."""
        counted = Counter(str(row["reason"]) for row in self.facts)
        told = "; ".join(f"{count} x {reason}" for reason, count in counted.most_common(REASONS_TOLD))
        return f"{len(self.facts)} row{'s' if len(self.facts) > 1 else ''}: {told}"

    @property
    def answered(self) -> str | None:
        """``A. Martin, 2026-11-02: the disk of fs2 is lost``."""
        said = self.override
        return None if said is None else f"{said.decided_by}, {said.decided_at:%Y-%m-%d}: {said.because}"


def shut_gates(ledger: Ledger, warehouse: Warehouse, month: Month) -> list[Shut]:
    """The gates that are shut on a month, in the order of the flow."""
    said = {(row.gate, row.facts_sha256): row for row in overrides(ledger, month)}
    found = ((gate, facts(ledger, warehouse, month)) for gate, facts in GATES.items())
    return [Shut(gate, facts, said.get((gate, facts_sha256(facts)))) for gate, facts in found if facts]


def facts_sha256(facts: list[Row]) -> str:
    """What a person answers for: these rows, and no other."""
    keys = sorted(f"{row['row_key']} {row['reason']}" for row in facts)
    return hashlib.sha256(json.dumps(keys).encode()).hexdigest()


def refuse_shut(ledger: Ledger, warehouse: Warehouse, month: Month) -> None:
    """Raises PermanentError when a gate is shut that nobody answers for; the message says what to do."""
    standing = [shut for shut in shut_gates(ledger, warehouse, month) if shut.override is None]
    if standing:
        told = " ".join(f"{shut.gate} ({shut.summary})." for shut in standing)
        ways = " or ".join(how_to_override(shut.gate, month) for shut in standing)
        raise PermanentError(f"{month} is not issued: {told} Mend them, or {ways}, then close again")


def how_to_override(gate: str, month: Month) -> str:
    """What a person types who answers for what is wrong."""
    return f"answer for them: `seconde override {month} {gate} --by NAME --because REASON`"


def answer_for(
    ledger: Ledger, warehouse: Warehouse, month: Month, gate: str, signature: Signature
) -> CloseOverride | None:
    """Write down that a person lets the month close with what shuts a gate now; None when nothing does.

    Raises:
        BadInput: no such gate, or no reason.
        PermanentError: so much is wrong that nobody has read it, or the month is closed.
    """
    if gate not in GATES:
        raise BadInput(f"{gate!r} is no gate of a close; one of {', '.join(GATES)}")
    because = (signature.because or "").strip()
    if not because:
        raise BadInput(f"{gate}: who answers for a month says why: --because 'REASON'")
    facts = GATES[gate](ledger, warehouse, month)
    if not facts:
        return None
    if len(facts) >= FINDINGS_KEPT:
        raise PermanentError(f"{month}, {gate}: {len(facts)} rows or more; nobody answers for so many: mend them first")
    shut = Shut(gate, facts, None)
    return override(
        ledger,
        CloseOverride(
            month=str(month),
            gate=gate,
            facts_sha256=facts_sha256(facts),
            facts=len(facts),
            summary=shut.summary,
            decided_by=signature.by.strip(),
            because=because,
            decided_at=signature.decided_at,
        ),
    )


def answered(platform: Platform, gate: str, month: Month, found: Iterable[Row] = ()) -> str | None:
    """Why what shuts a gate on a month now stops nothing: the month is closed, or somebody answers for it. Else None.

    ``found``: what the gate's check finds in this moment, and has not kept yet.
    """
    # What is issued is issued, whatever is found of it since.
    if state_of(platform.ledger, month) == CLOSED:
        return "the month is closed"
    if gate not in GATES:
        return None
    facts = list(found) if gate in (RECORDS, RATES) else GATES[gate](platform.ledger, platform.warehouse, month)
    said = {(row.gate, row.facts_sha256): row for row in overrides(platform.ledger, month)}
    return Shut(gate, facts, said.get((gate, facts_sha256(facts)))).answered


def check_severity(context: dg.AssetCheckExecutionContext, check: str, *, is_bearable: bool) -> dg.AssetCheckSeverity:
    """What a failed check does to the run: a warning stops nothing.

    In a dry run there is nothing to stop, and a call without a price stops no rating: it is what rating finds.
    """
    job = context.run.job_name
    stops_nothing = job == PREVIEW_INVOICES or (check == PRICED and job in (RERATE_MONTH, CHARGE_MONTH))
    return dg.AssetCheckSeverity.WARN if is_bearable or stops_nothing else dg.AssetCheckSeverity.ERROR
