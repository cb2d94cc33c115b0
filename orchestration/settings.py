"""Every setting of an installation, and the only reader of the environment.

A variable is ``SECONDE_`` and the field's name in capitals: ``SECONDE_HOME``, ``SECONDE_LEDGER_URL``.
A ``SECONDE_`` variable that is no field is refused: a typing mistake in ``SECONDE_LEDGER_UR`` would
otherwise bill on an empty SQLite ledger without a word.
"""

from __future__ import annotations

import datetime as dt
import getpass
import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from domain.errors import PermanentError
from domain.fraud import FraudThresholds
from orchestration.switches import Switch, parse_days, parse_switches

PREFIX = "SECONDE_"
# Every FreeSWITCH ships with this event socket password; it must not leave the machine it runs on.
FACTORY_PASSWORD = "ClueCon"  # noqa: S105
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Settings(BaseSettings):
    """One installation of Seconde. Read it with ``load_settings``; tests build it with keyword arguments."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True)

    home: Path = Field(default=Path("var"), description="The folder everything is written below")
    ledger_url: str | None = Field(
        default=None, description="SQLAlchemy URL of the ledger (postgresql+psycopg://...); default SQLite in home"
    )
    warehouse_memory: str = Field(default="4GB", description="The most memory one DuckDB query takes")

    switches: Annotated[tuple[Switch, ...], NoDecode] = Field(
        default=(), description="name=host:port of each FreeSWITCH, separated by commas; or the next three for one"
    )
    switch_name: str = Field(default="freeswitch", description="The switch's name in segment names")
    esl_host: str = Field(default="127.0.0.1", description="Where FreeSWITCH's event socket listens")
    esl_port: int = Field(default=8021, ge=0, le=65535)
    esl_password: SecretStr = Field(default=SecretStr(FACTORY_PASSWORD))
    esl_password_file: Path | None = Field(
        default=None, description="A file that holds the password; wins over it; {switch} in it is the switch's name"
    )
    heartbeat_seconds: float = Field(default=65.0, gt=0, description="Without a HEARTBEAT so long the line is dead")
    spill_dir: Path | None = Field(
        default=None, description="Where events wait while the journal stalls: another disk; default spill/ in home"
    )
    queue_bytes: int = Field(default=64 * 1024 * 1024, gt=0, description="Events held in memory, for each switch")
    monitor_host: str = Field(default="127.0.0.1", description="Where `listen` answers /metrics and /healthz")
    monitor_port: int = Field(default=9810, ge=0, le=65535, description="... and on which port; 0 for nowhere")
    log_format: Literal["text", "json"] = Field(default="text", description="json: one object a line")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    carrier_profiles: Annotated[frozenset[str], NoDecode] = Field(
        default=frozenset({"external"}),
        description="Sofia profiles whose inbound legs come from a carrier, separated by commas",
    )
    segment_bytes: int = Field(default=64 * 1024 * 1024, gt=0, description="A journal segment is sealed at this size")
    segment_seconds: int = Field(default=300, gt=0, description="... or at this age, whichever comes first")

    cdr_spool: Path | None = Field(
        default=None, description="Where the switch writes its CDR files (mod_json_cdr); {switch} in it is its name"
    )
    cdr_archive: Path | None = Field(
        default=None, description="Where they go once journalled, on the same file system; default: archive/ beside"
    )
    cdr_half_written_seconds: int = Field(default=300, gt=0, description="A CDR file half written longer is reported")
    cdr_files_ended: Annotated[dict[str, dt.date], NoDecode] = Field(
        default={}, description="name=YYYY-MM-DD of each switch whose CDR files were given up, and since when; commas"
    )

    retention_days: int = Field(
        default=365, ge=1, description="Days after payment that called numbers are kept whole (CPCE R10-14: a year)"
    )

    chart_of_accounts: Path | None = Field(
        default=None,
        description="TOML file of the accounts to book on; default seeds/accounting/chart_of_accounts.toml",
    )

    # docs/decisions/0016: what makes a day's calls worth a look, before they are billed.
    fraud_usual_factor: int = Field(default=4, ge=1, description="A day is unusual at so many times its own four weeks")
    fraud_history_days: int = Field(default=5, ge=1, le=28, description="Days with calls a customer's usual is made of")
    fraud_least_spend_cents: int = Field(
        default=50_00, ge=0, description="A day's spend to a destination is never unusual below"
    )
    fraud_least_minutes: int = Field(default=300, ge=0, description="... nor its minutes, below so many")
    fraud_high_risk_calls: int = Field(
        default=3, ge=1, description="Calls of a day to blocked ranges that raise an alert; each is a finding"
    )
    fraud_short_call_seconds: int = Field(default=10, ge=1, description="An answered call is short below")
    fraud_burst_calls: int = Field(default=30, ge=2, description="Short calls to one prefix within an hour: a burst")
    fraud_night_calls: int = Field(default=20, ge=1, description="Calls of a night or weekend day that raise an alert")
    fraud_cap_percent: int = Field(
        default=80, ge=1, le=100, description="Of a contract's daily cap: the first of its two alerts"
    )

    smtp_host: str | None = Field(default=None, description="Alerts go by mail when set")
    smtp_port: int = Field(default=25, ge=1, le=65535)
    smtp_tls: Literal["none", "starttls", "implicit"] = "none"
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    alert_sender: str = "seconde@localhost"
    billing_sender: str | None = Field(
        default=None, description="Documents go to customers by mail from this address when set, through SMTP_HOST"
    )
    platform_folder: Path | None = Field(
        default=None, description="Electronic invoices are dropped here for an approved platform when set"
    )
    platform_name: str = Field(default="plateforme agréée", description="... and its name in the delivery queue")
    alert_recipients: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Who is told, separated by commas"
    )
    webhook_url: SecretStr | None = Field(default=None, description="Alerts are posted here as JSON when set")

    person: str = Field(
        default_factory=getpass.getuser, description="Who closes when no --by says so: the account, by default"
    )
    documents_port: int = Field(default=3001, ge=1, le=65535, description="`seconde ui` serves PDFs here, on loopback")
    ui_port: int = Field(default=3000, ge=1, le=65535, description="The Dagster UI listens here, on loopback only")

    @field_validator("carrier_profiles", "alert_recipients", mode="before")
    @classmethod
    def _split_commas(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("switches", "cdr_files_ended", mode="before")
    @classmethod
    def _parse_switches(cls, value: object, info: ValidationInfo) -> object:
        parse = parse_switches if info.field_name == "switches" else parse_days
        return parse(value) if isinstance(value, str) else value

    @field_validator("home")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        """Dagster changes directory between its processes; a relative home would move with it."""
        return value.expanduser().absolute()

    @property
    def ledger(self) -> str:
        """The ledger's URL, with its default."""
        return self.ledger_url or f"sqlite:///{self.home / 'ledger.sqlite'}"

    def spool_of(self, switch: Switch) -> tuple[Path, Path] | None:
        """Where a switch's CDR files are, and where they go once journalled; None without a spool.

        Raises:
            PermanentError: several switches would share one folder.
        """
        if self.cdr_spool is None:
            return None
        if len(self.all_switches) > 1 and "{switch}" not in str(self.cdr_spool):
            raise PermanentError(
                f"{PREFIX}CDR_SPOOL: {self.cdr_spool} would be the spool of {len(self.all_switches)} switches; "
                "give each its own folder, with {switch} in the path"
            )
        spool, archive = (
            None if path is None else Path(str(path).replace("{switch}", switch.name)).expanduser().absolute()
            for path in (self.cdr_spool, self.cdr_archive)
        )
        return (spool, archive or spool.parent / "archive") if spool else None

    @property
    def archives(self) -> tuple[Path, ...]:
        """Every switch's archive of CDR files."""
        spools = [self.spool_of(switch) for switch in self.all_switches]
        return tuple(sorted({spool[1] for spool in spools if spool}))

    @property
    def documents_url(self) -> str:
        """Where the UI's browser finds the PDFs: its page may open no file."""
        return f"http://127.0.0.1:{self.documents_port}"

    @property
    def fraud(self) -> FraudThresholds:
        """The thresholds of the watch over spend."""
        names = FraudThresholds.__dataclass_fields__
        return FraudThresholds(**{name: getattr(self, f"fraud_{name}") for name in names})

    @property
    def dagster_home(self) -> Path:
        return self.home / "dagster"

    @property
    def all_switches(self) -> tuple[Switch, ...]:
        """Every switch to listen to; the single one of the older settings when ``switches`` names none."""
        return self.switches or (Switch(self.switch_name, self.esl_host, self.esl_port),)

    @property
    def spill_folder(self) -> Path:
        return self.spill_dir or self.home / "spill"

    def event_socket_password(self, switch: Switch | None = None) -> str:
        """The password to say to that FreeSWITCH (the only one by default).

        Raises:
            PermanentError: the file cannot be read, or the factory password would go to another machine.
        """
        switch = switch or self.all_switches[0]
        if self.esl_password_file is not None:
            file = Path(str(self.esl_password_file).replace("{switch}", switch.name))
            try:
                return file.read_text(encoding="utf-8").strip()
            except OSError as error:
                raise PermanentError(
                    f"{PREFIX}ESL_PASSWORD_FILE: {file} cannot be read ({error.strerror}); "
                    "make it readable by this user"
                ) from error
        password = self.esl_password.get_secret_value()
        if password == FACTORY_PASSWORD and switch.host not in LOOPBACK:
            raise PermanentError(
                f"the event socket of {switch.host} still has FreeSWITCH's factory password; change it in "
                f"event_socket.conf.xml and set {PREFIX}ESL_PASSWORD_FILE"
            )
        return password


def load_settings(**overrides: object) -> Settings:
    """The settings of this process: the environment, then ``overrides`` (a command's options).

    Raises:
        PermanentError: an unknown ``SECONDE_`` variable or a value that does not fit; the message lists all.
    """
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    unknown = sorted(name for name in os.environ if name.upper().startswith(PREFIX) and name.upper() not in known)
    if unknown:
        raise PermanentError(
            f"{', '.join(unknown)}: no such setting; unset it, or pick one of {', '.join(sorted(known))}"
        )
    try:
        return Settings(**{name: value for name, value in overrides.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        faults = "; ".join(f"{PREFIX}{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors())
        raise PermanentError(f"{faults}; correct the environment and run again") from error


def child_environment(settings: Settings) -> dict[str, str]:
    """The environment of a Dagster process started for this installation (webserver, daemon, code server)."""
    return {
        **os.environ,
        PREFIX + "HOME": str(settings.home),
        PREFIX + "LEDGER_URL": settings.ledger,
        "DAGSTER_HOME": str(settings.dagster_home),
    }
