"""Tariffs: the ledger's versions and rates as the instants between which each price is in force.

A version the customers were not told of a month before, or two rates that would both price a call,
stop here: the rates that stood before stay, and nothing is rated with the wrong price.
"""

import dataclasses
import datetime as dt
from collections.abc import Iterable

import dagster as dg
import pyarrow as pa

from adapters.ledger.store import Ledger
from adapters.ledger.tables import TariffVersion
from assets.platform import Platform
from assets.rating.tables import TARIFF_RATES
from domain import tariff
from domain.errors import BadInput


def rates_in_force(ledger: Ledger) -> list[tariff.Rate]:
    """Every rate of the ledger with its instants.

    Raises:
        BadInput: a version without its month's notice, or an overlap; the message lists them all.
    """
    versions = {row.version_id: _version(row) for row in ledger.tariff_versions()}
    rows = [row.model_dump() for row in ledger.rates()]
    faults = [fault for version in versions.values() if (fault := _notice_fault(version))]
    rates = [rate for row in rows if (rate := _rate(versions[row["version_id"]], row))]
    faults += [str(overlap) for overlap in tariff.find_overlaps(rates)]
    if faults:
        raise BadInput("; ".join(faults))
    return rates


def tariff_rate_rows(rates: Iterable[tariff.Rate]) -> pa.Table:
    """The rates as the warehouse's table, in the ledger's order."""
    rows = [
        {
            **dataclasses.asdict(rate),
            "prefix_length": len(rate.destination_prefix),
            "valid_from_at": _naive_utc(rate.valid_from_at),
            "valid_to_at": None if rate.valid_to_at is None else _naive_utc(rate.valid_to_at),
        }
        for rate in sorted(rates, key=lambda rate: rate.rate_id)
    ]
    return pa.Table.from_pylist(rows, schema=TARIFF_RATES.arrow_schema)


def _version(row: TariffVersion) -> tariff.TariffVersion:
    return tariff.TariffVersion(row.version_id, row.plan, row.valid_from, row.valid_to, row.notice_date)


def _notice_fault(version: tariff.TariffVersion) -> str | None:
    try:
        tariff.check_notice(version.valid_from, version.notice_date, version_id=version.version_id)
    except BadInput as error:
        return str(error)
    return None


def _rate(version: tariff.TariffVersion, row: dict[str, object]) -> tariff.Rate | None:
    """The rate between its instants; None for one that never meets its version's days."""
    days = tariff.validity_instants(version, row.pop("valid_from"), row.pop("valid_to"))  # type: ignore[arg-type]
    fields = {"rate_id": row.pop("id"), "plan": version.plan, **row}
    return None if days is None else tariff.Rate(valid_from_at=days[0], valid_to_at=days[1], **fields)  # type: ignore[arg-type]


def _naive_utc(instant: dt.datetime) -> dt.datetime:
    return instant.astimezone(dt.UTC).replace(tzinfo=None)


@dg.asset(
    group_name="rating",
    description=TARIFF_RATES.description,
    kinds={"python", "parquet"},
    owners=["team:billing"],
)
def tariff_rates(context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]) -> dg.MaterializeResult[None]:
    """Write the rates of the ledger with the instants between which each is in force."""
    rates = rates_in_force(platform.ledger)
    written = platform.warehouse.replace("tariff_rates", tariff_rate_rows(rates))
    versions = sorted({rate.version_id for rate in rates})
    context.log.info("%d rates of %d versions", written.rows, len(versions))
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": written.rows,
            "versions": ", ".join(versions),
            "destinations": len({rate.destination_country for rate in rates}),
        }
    )
