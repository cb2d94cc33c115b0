"""``seconde doctor`` and ``seconde ui``: the machine Seconde stands on, and its window."""

from __future__ import annotations

import subprocess
import sys
from typing import Annotated

import typer
from rich.table import Table

from domain.errors import PermanentError
from orchestration.commands.console import stderr, stdout
from orchestration.doctor import examine, is_able
from orchestration.settings import child_environment, load_settings

MARKS = {"ok": "[green]ok[/]", "missing": "[bold red]missing[/]", "optional": "[yellow]optional[/]"}


def doctor() -> None:
    """Say what is missing on this machine, why it is needed, and the command that brings it."""
    findings = list(examine(load_settings()))
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    for finding in findings:
        table.add_row(MARKS[finding.state], finding.what, finding.detail, finding.remedy)
    stdout().print(table)
    if not is_able(findings):
        raise PermanentError("something Seconde cannot do without is missing; the right-hand column says how to get it")


def ui(
    port: Annotated[int | None, typer.Option(help="Default: SECONDE_UI_PORT, 3000")] = None,
) -> None:
    """Open the Dagster UI on this machine's loopback, with its daemon (sensor and schedule)."""
    from orchestration.dagster_home import prepare_dagster_home
    from orchestration.document_server import serving_documents

    settings = load_settings(ui_port=port)
    prepare_dagster_home(settings)
    stderr().print(f"Dagster UI: [bold]http://127.0.0.1:{settings.ui_port}[/] (Ctrl-C ends it)")
    # `dg dev`, which supersedes it, wants a project of components.
    quiet = "ignore:Function `dev_command` is superseded"
    command = [sys.executable, "-W", quiet, "-m", "dagster", "dev", "--module-name", "orchestration.definitions"]
    command += ["--host", "127.0.0.1", "--port", str(settings.ui_port)]
    with serving_documents(settings.home, settings.documents_port):
        # Our own interpreter and words of our own; the port is an integer.
        code = subprocess.run(command, env=child_environment(settings), check=False).returncode  # noqa: S603
    if code not in (0, -2, 130):
        raise PermanentError(f"dagster dev ended with code {code}; its own words are above")
