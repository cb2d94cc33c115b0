"""Dagster's own storage and settings, under SECONDE_HOME/dagster. Written when missing, never overwritten."""

from __future__ import annotations

from pathlib import Path

import dagster as dg

from orchestration.settings import Settings

DAGSTER_YAML = """\
# Written by Seconde when it was missing; yours to change.
telemetry:
  enabled: false
# No window that asks for an address before the graph can be seen.
nux:
  enabled: false
nux:
  enabled: false
compute_logs:
  # Steps speak through the run's log; capturing their output would also take the progress bar's terminal.
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
concurrency:
  runs:
    # Landing rebuilds a day from all its events: two at once would do the work twice.
    max_concurrent_runs: 1
run_retries:
  # For outside systems that are down. Runs are idempotent: for any other failure the answer is the same.
  enabled: true
  max_retries: 2
retention:
  schedule:
    purge_after_days: 90
  sensor:
    purge_after_days:
      skipped: 7
      failure: 90
"""


def prepare_dagster_home(settings: Settings) -> Path:
    """The folder with its ``dagster.yaml``."""
    home = settings.dagster_home
    home.mkdir(parents=True, exist_ok=True)
    config = home / "dagster.yaml"
    if not config.exists():
        config.write_text(DAGSTER_YAML, encoding="utf-8")
    return home


def open_instance(settings: Settings) -> dg.DagsterInstance:
    """The installation's Dagster instance: runs started here stand in the UI."""
    return dg.DagsterInstance.from_config(str(prepare_dagster_home(settings)))
