"""Composition: what Dagster loads, and when its sensor and schedule ask for a run."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from domain.errors import PermanentError
from ingest.event_journal import EventJournal
from orchestration.build import alert_channels, build_definitions, build_platform
from orchestration.jobs import DATED, close_config
from orchestration.settings import Settings

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(home=tmp_path / "home")


def test_the_definitions_are_loadable(settings):
    definitions = build_definitions(settings)
    dg.Definitions.validate_loadable(definitions)
    assert {job.name for job in definitions.jobs or ()} == {
        "land_calls",
        "charge_month",
        "preview_invoices",
        "close_month",
        "rerate_month",
        "deliver_documents",
    }


def test_composing_writes_nothing_and_connects_to_nothing(settings):
    build_definitions(settings)
    assert not settings.home.exists()


def test_importing_what_dagster_loads_imports_neither_the_graph_nor_the_adapters():
    question = "import sys, orchestration.definitions; print('assets' in sys.modules, 'duckdb' in sys.modules)"
    command = [sys.executable, "-c", question]
    answer = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert answer.stdout.split() == ["False", "False"]


@pytest.mark.parametrize(
    ("tick", "month", "as_of"),
    [
        (dt.datetime(2026, 11, 1, 6, 0), "2026-10", "2026-11-01"),
        (dt.datetime(2027, 1, 1, 6, 0), "2026-12", "2027-01-01"),
        (dt.datetime(2026, 4, 1, 6, 0), "2026-03", "2026-04-01"),
    ],
)
def test_the_schedule_closes_the_month_that_ended_as_of_the_day_of_its_tick(settings, tick, month, as_of):
    definitions = build_definitions(settings)
    schedule = definitions.resolve_schedule_def("monthly_close")
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_schedule_context(
            instance=instance,
            scheduled_execution_time=tick.replace(tzinfo=ZoneInfo("Europe/Paris")),
            repository_def=definitions.get_repository_def(),
        )
        [request] = schedule.evaluate_tick(context).run_requests or ()
    assert request.partition_key == month
    assert request.run_config == close_config(dt.date.fromisoformat(as_of), by="schedule monthly_close")


def test_the_schedule_ticks_on_the_first_of_the_month_in_paris(settings):
    schedule = build_definitions(settings).resolve_schedule_def("monthly_close")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 6 1 * *", "Europe/Paris")


def test_every_step_of_a_close_that_needs_its_day_is_told_it(settings):
    """A step that asks for a day the run config does not give would fail at the end of a month."""
    job = build_definitions(settings).resolve_job_def("close_month")
    fields = {node.name: getattr(node.definition, "config_schema", None) for node in job.nodes}
    asking = {
        name for name, schema in fields.items() if schema and "as_of" in getattr(schema.config_type, "fields", {})
    }
    assert asking == set(DATED)


def seal_segment(settings: Settings, at_micros: int) -> None:
    with EventJournal(settings.home / "journal", "fslab1", lambda: at_micros, 1 << 20, 60) as journal:
        journal.append(at_micros, "json", b'{"Event-Name":"HEARTBEAT"}')


def test_the_sensor_asks_once_for_the_segments_that_wait(settings):
    platform = build_platform(settings)
    sensor = build_definitions(settings, platform=platform).resolve_sensor_def("sealed_segments")
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_sensor_context(instance=instance)

        def asked() -> list[str | None]:
            return [request.run_key for request in sensor.evaluate_tick(context).run_requests or ()]

        assert asked() == []
        seal_segment(settings, 1_795_372_163_000_000)
        first, again = asked(), asked()
        seal_segment(settings, 1_795_372_263_000_000)
        both = asked()
    assert len(first) == 1
    assert again == first
    assert both != first


def test_without_settings_only_the_log_is_told(settings):
    assert alert_channels(settings) == []


def test_mail_and_webhook_are_channels_once_set(settings):
    told = settings.model_copy(
        update={"smtp_host": "127.0.0.1", "alert_recipients": ("a@b.example",), "webhook_url": "https://h.example/x"}
    )
    assert [channel.name for channel in alert_channels(Settings(**told.model_dump()))] == ["smtp", "webhook"]


def test_mail_without_a_recipient_is_refused_when_composing(settings):
    with pytest.raises(PermanentError, match="recipient"):
        alert_channels(settings.model_copy(update={"smtp_host": "127.0.0.1"}))
