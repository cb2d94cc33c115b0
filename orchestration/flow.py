"""Running the flow from this process: the same jobs as the UI's, the same run history, one line per step."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import dagster as dg

from adapters.ledger.periods import CLOSED, OPEN, Signature, state_of
from adapters.ledger.tables import CloseOverride
from assets.cdr.retention import refuse_truncated
from assets.gates import CHARGE_MONTH, PREVIEW_INVOICES, RERATE_MONTH, Shut, answer_for, shut_gates
from assets.invoices.freezing import freeze_month, unfreeze_month
from assets.platform import Platform
from domain.calendar import Month
from domain.errors import PermanentError
from orchestration.build import build_definitions, build_platform
from orchestration.clock import now, today
from orchestration.dagster_home import open_instance
from orchestration.jobs import CLOSE_MONTH, LAND_CALLS, close_config, preview_config
from orchestration.settings import Settings

LOGGER = "seconde"
# Told when a step begins: how many steps the run has, and the step's name.
OnStep = Callable[[int, str], None]


class Flow:
    """The jobs of one installation, run in this process until they end.

    Everything a run raises comes out as it was raised: errors of ``domain.errors`` among it.
    """

    def __init__(self, settings: Settings, on_step: OnStep | None = None, platform: Platform | None = None) -> None:
        self.settings = settings
        self.platform = platform or build_platform(settings)
        self._on_step = on_step
        loggers = {LOGGER: _quiet_logger(self._step_began)}
        self.definitions = build_definitions(settings, platform=self.platform, loggers=loggers)

    def land(self) -> dg.ExecuteInProcessResult:
        """Take the journal's sealed segments."""
        return self._run(LAND_CALLS, {})

    def close(self, month: Month, as_of: dt.date | None = None, by: str = "") -> dg.ExecuteInProcessResult:
        """Close a month as of a day; today when none is said. ``by``: who closes it; by default who runs this process.

        Raises:
            PermanentError: the month is not over today, and no day was said; or its numbers are truncated.
        """
        day = self._day(month, as_of)
        refuse_truncated(self.platform.warehouse, month)
        config = close_config(day, by or self.settings.person)
        return self._run(CLOSE_MONTH, config, partition_key=str(month))

    def preview(self, month: Month, as_of: dt.date | None = None, customer_id: str | None = None) -> list[Shut]:
        """A dry run of a close, of all customers or one: everything but numbers and the ledger.

        Returns:
            The gates that are shut on the month: with one nobody answers for, a close would stop.

        Raises:
            PermanentError: the month is closed, so its documents are there; or it is not over, and no day was said.
        """
        if state_of(self.platform.ledger, month) == CLOSED:
            folder = self.platform.documents / str(month)
            raise PermanentError(f"{month} is closed: what it issued is in {folder}; a dry run is for an open month")
        day = self._day(month, as_of)
        self._run(PREVIEW_INVOICES, preview_config(day, customer_id), partition_key=str(month))
        return shut_gates(self.platform.ledger, self.platform.warehouse, month)

    def freeze(self, month: Month, by: str, because: str | None = None) -> None:
        """Land, rate and charge a month, and settle what it came to. Raises as ``freeze_month``."""
        signature = Signature(by, now(), because)
        refuse_truncated(self.platform.warehouse, month)
        if state_of(self.platform.ledger, month) == OPEN:
            self.land()
            self._run(CHARGE_MONTH, {}, partition_key=str(month))
        freeze_month(self.platform.ledger, self.platform.warehouse, month, signature)

    def unfreeze(self, month: Month, by: str, because: str) -> None:
        """Open a frozen month again."""
        unfreeze_month(self.platform.ledger, self.platform.warehouse, month, Signature(by, now(), because))

    def override(self, month: Month, gate: str, by: str, because: str) -> CloseOverride | None:
        """A person answers for what shuts a gate on a month now; None when nothing does."""
        signature = Signature(by, now(), because)
        return answer_for(self.platform.ledger, self.platform.warehouse, month, gate, signature)

    @staticmethod
    def _day(month: Month, as_of: dt.date | None) -> dt.date:
        if as_of is None and today() <= month.last_date:
            raise PermanentError(
                f"{month} is not over before {month.next.first_date}; wait, or say the date its documents shall bear: "
                f"seconde close {month} --as-of YYYY-MM-DD"
            )
        return as_of or today()

    def rerate(self, month: Month) -> dg.ExecuteInProcessResult:
        """Rate a month by what is known now. Of a closed month only ``rating_changes`` moves: its bills are out.

        Raises:
            PermanentError: its numbers are truncated, or were never kept leg by leg.
        """
        refuse_truncated(self.platform.warehouse, month)
        self.land()
        return self._run(RERATE_MONTH, {}, partition_key=str(month))

    def _run(self, name: str, config: dict[str, object], partition_key: str | None = None) -> dg.ExecuteInProcessResult:
        job = self.definitions.resolve_job_def(name)
        self._steps = len(job.nodes)
        with open_instance(self.settings) as instance, failed_checks_refused(name, partition_key):
            return job.execute_in_process(
                instance=instance,
                run_config={**config, "loggers": {LOGGER: {}}},
                partition_key=partition_key,
            )

    def _step_began(self, step: str) -> None:
        if self._on_step is not None:
            self._on_step(self._steps, step)


@contextmanager
def failed_checks_refused(job: str, partition_key: str | None) -> Iterator[None]:
    """A blocking check that failed is a refusal a person can act on, not a fault of Dagster's."""
    try:
        yield
    except dg.DagsterError as error:
        # DagsterAssetCheckFailedError, which Dagster 1.13 does not export.
        if "blocking asset check" not in str(error):
            raise
        month = f" and month = '{partition_key}'" if partition_key else ""
        what = " ".join(filter(None, (job, partition_key)))
        raise PermanentError(
            f"{what} stopped where a wrong bill would follow: {error}. See which "
            f"rows: select * from data_quality_findings where severity = 'error'{month}. Mend them, then run it again, "
            "or answer for them, where a person may: `seconde override MONTH CHECK --by NAME --because REASON`"
        ) from error


class _StepHandler(logging.Handler):
    """Dagster's records: a step that begins is told, warnings and errors go on to the process's own log."""

    def __init__(self, step_began: Callable[[str], None]) -> None:
        super().__init__()
        self.step_began = step_began

    def emit(self, record: logging.LogRecord) -> None:
        event = getattr(record, "dagster_meta", {}).get("dagster_event")
        if event is not None and event.event_type_value == "STEP_START":
            self.step_began(str(event.step_key))


def _quiet_logger(step_began: Callable[[str], None]) -> dg.LoggerDefinition:
    """In place of Dagster's console, which prints a dozen lines per step; its run log keeps them all."""

    def quiet(_: dg.InitLoggerContext) -> logging.Logger:
        logger = logging.getLogger("seconde.steps")
        logger.setLevel(logging.DEBUG)
        logger.propagate = False
        logger.handlers = [_StepHandler(step_began)]
        return logger

    return dg.LoggerDefinition(quiet, description="Tells the command line which step runs.")
