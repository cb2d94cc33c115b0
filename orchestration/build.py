"""The composition root: settings in, one platform and its Dagster definitions out."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

import dagster as dg

from adapters.alert_channels import SmtpChannel, SmtpSettings, WebhookChannel, WebhookSettings
from adapters.alerts import Alerts, Channel
from adapters.invoice_renderer import InvoiceRenderer
from adapters.ledger.store import Ledger
from adapters.mail_relay import Relay
from adapters.numbering import Numbering
from adapters.platform_folder import PlatformFolder
from adapters.post import Mail, Post
from adapters.warehouse import Warehouse
from assets.cdr.completeness_daily import completeness_checks
from assets.invoices.checks import price_checks
from assets.platform import Platform
from assets.quality import quality_checks
from assets.rating.checks import rating_checks
from assets.sql_models import sql_model_assets
from assets.tables import all_tables
from dbt_like_sql.project import Project
from domain.errors import PermanentError
from orchestration.deliveries import deliver_documents_job, deliveries_due_sensor
from orchestration.jobs import (
    charge_month_job,
    close_month_job,
    land_calls_job,
    preview_invoices_job,
    rerate_month_job,
)
from orchestration.schedules import monthly_close_schedule
from orchestration.sensors import sealed_segment_sensor
from orchestration.settings import Settings

# A PDF of some megabytes through a slow relay.
MAIL_TIMEOUT_SECONDS = 60
SQL_PROJECT = Path(__file__).resolve().parent.parent / "dbt_like_sql"
# In the order of the flow. A module outside this list is in no graph.
ASSET_MODULES = (
    "assets.cdr.call_events",
    "assets.cdr.call_detail_records",
    "assets.cdr.cdr_completeness",
    "assets.fraud.spend_daily",
    "assets.ledger_snapshots",
    "assets.rating.tariffs",
    "assets.cdr.completeness_daily",
    "assets.invoices.subscription_charges",
    "assets.invoices.late_payment_penalties",
    "assets.invoices.invoice_lines",
    "assets.invoices.refused_drafts",
    "assets.invoices.invoices",
    "assets.invoices.issued_documents",
    "assets.invoices.invoice_documents",
    "assets.invoices.invoice_previews",
    "assets.catalog",
)


def build_platform(settings: Settings) -> Platform:
    """The adapters of one installation. Opens no connection and writes nothing."""
    project = Project.load(SQL_PROJECT)
    root = settings.home / "warehouse"
    warehouse = Warehouse(root, root / "warehouse.duckdb", all_tables(project), settings.warehouse_memory)
    return Platform(
        home=settings.home,
        warehouse=warehouse,
        ledger=Ledger(settings.ledger),
        project=project,
        numbering=Numbering(),
        renderer=InvoiceRenderer(),
        documents_url=settings.documents_url,
        alerts=Alerts(alert_channels(settings), warehouse),
        carrier_profiles=settings.carrier_profiles,
        switches=frozenset(switch.name for switch in settings.all_switches),
        cdr_files_ended=settings.cdr_files_ended,
        post=build_post(settings),
        fraud=settings.fraud,
    )


def build_post(settings: Settings) -> Post:
    """The channels documents leave by, of those that are set.

    Raises:
        PermanentError: a sender without a relay, or a password that would travel in clear.
    """
    mail = None
    if settings.billing_sender:
        if not settings.smtp_host:
            raise PermanentError(
                "SECONDE_BILLING_SENDER is set and SECONDE_SMTP_HOST is not: name the relay mail leaves by"
            )
        password = settings.smtp_password.get_secret_value() if settings.smtp_password else None
        relay = Relay(
            settings.smtp_host,
            settings.smtp_port,
            settings.smtp_tls,
            settings.smtp_user,
            password,
            timeout_seconds=MAIL_TIMEOUT_SECONDS,
        )
        mail = Mail(relay, settings.billing_sender)
    folder = settings.platform_folder
    return Post(mail, None if folder is None else PlatformFolder(folder, settings.platform_name))


def alert_channels(settings: Settings) -> list[Channel]:
    """The channels that are set; the log is always one more.

    Raises:
        PermanentError: a mail relay without a recipient, or whose password would travel in clear.
    """
    channels: list[Channel] = []
    # A relay that is there for documents need not carry alerts.
    if settings.smtp_host and (settings.alert_recipients or not settings.billing_sender):
        password = settings.smtp_password.get_secret_value() if settings.smtp_password else None
        smtp = SmtpSettings(
            host=settings.smtp_host,
            port=settings.smtp_port,
            tls=settings.smtp_tls,
            sender=settings.alert_sender,
            recipients=settings.alert_recipients,
            user=settings.smtp_user,
            password=password,
        )
        channels.append(SmtpChannel(smtp))
    if settings.webhook_url:
        channels.append(WebhookChannel(WebhookSettings(settings.webhook_url.get_secret_value())))
    return channels


def build_definitions(
    settings: Settings,
    *,
    platform: Platform | None = None,
    loggers: Mapping[str, dg.LoggerDefinition] | None = None,
) -> dg.Definitions:
    """The whole graph. ``platform`` replaces the one the settings describe (tests), ``loggers`` Dagster's console."""
    platform = platform or build_platform(settings)
    modules = [import_module(name) for name in ASSET_MODULES]
    return dg.Definitions(
        assets=[*dg.load_assets_from_modules(modules), *sql_model_assets(platform.project)],
        asset_checks=[*rating_checks(), *price_checks(), *completeness_checks(), *quality_checks()],
        jobs=[
            land_calls_job(),
            charge_month_job(),
            preview_invoices_job(),
            close_month_job(),
            rerate_month_job(),
            deliver_documents_job(),
        ],
        sensors=[sealed_segment_sensor(platform), deliveries_due_sensor(platform)],
        schedules=[monthly_close_schedule()],
        resources={"platform": platform},
        executor=dg.in_process_executor,
        loggers=loggers,
    )
