"""What every asset is handed: the adapters of one installation, composed in ``orchestration.build``."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from adapters.alerts import Alerts
from adapters.invoice_renderer import InvoiceRenderer
from adapters.ledger.store import Ledger
from adapters.numbering import Numbering
from adapters.post import Post
from adapters.warehouse import Warehouse
from dbt_like_sql.project import Project
from domain.fraud import FraudThresholds


@dataclass(frozen=True)
class Platform:
    """One installation. ``home`` is SECONDE_HOME; everything the platform writes is below it."""

    home: Path
    warehouse: Warehouse
    ledger: Ledger
    project: Project
    numbering: Numbering
    renderer: InvoiceRenderer
    alerts: Alerts
    # sofia profiles whose inbound legs come from a carrier; the others are customers' phones.
    carrier_profiles: frozenset[str]
    # The switches listened to now, by the names of their journals: each owes a count at the end of each month.
    switches: frozenset[str] = frozenset()
    # Of switches whose CDR files were given up on purpose, the first day without.
    cdr_files_ended: Mapping[str, dt.date] = field(default_factory=dict)
    # How documents leave; nothing is set by default.
    post: Post = field(default_factory=Post)
    fraud: FraudThresholds = field(default_factory=FraudThresholds)
    # Where a browser finds the files below ``home``; empty: nowhere, they are named by their path.
    documents_url: str = ""

    @property
    def journal(self) -> Path:
        return self.home / "journal"

    @property
    def quarantine(self) -> Path:
        return self.home / "quarantine"

    @property
    def documents(self) -> Path:
        return self.home / "documents"

    @property
    def previews(self) -> Path:
        """Drafts drawn to be looked at: never sent, made again at will."""
        return self.home / "previews"
