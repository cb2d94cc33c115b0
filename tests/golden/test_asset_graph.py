"""The asset graph as one reads it in the UI: a change of it is seen in a diff, or was not meant."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest

from orchestration.build import build_definitions
from orchestration.settings import Settings

GROUPS = ("ledger", "cdr", "rating", "invoices", "kpis")


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    return build_definitions(Settings(home=tmp_path_factory.mktemp("home")))


def graph_text(definitions: dg.Definitions) -> str:
    """Groups, their assets, and of each its partitions, what it reads and what is checked (! blocks)."""
    graph = definitions.resolve_asset_graph()
    lines = []
    for group in GROUPS:
        lines.append(f"{group}")
        for key in sorted(graph.get_all_asset_keys()):
            node = graph.get(key)
            if node.group_name != group:
                continue
            months = " [month]" if node.partitions_def is not None else ""
            lines.append(f"  {key.to_user_string()}{months}")
            lines += [f"    < {parent.to_user_string()}" for parent in sorted(node.parent_keys)]
            for check in sorted(node.check_keys, key=lambda check: check.name):
                lines.append(f"    {'!' if graph.get(check).blocking else '?'} {check.name}")
    return "\n".join(lines) + "\n"


def jobs_text(definitions: dg.Definitions) -> str:
    lines = []
    for name in ("land_calls", "close_month"):
        job = definitions.resolve_job_def(name)
        lines += [name, *(f"  {node}" for node in sorted(node.name for node in job.nodes))]
    return "\n".join(lines) + "\n"


def test_the_asset_graph_is_the_one_we_know(definitions: dg.Definitions, golden: Callable[[str, str], None]) -> None:
    golden("asset_graph.txt", graph_text(definitions))


def test_the_jobs_run_the_steps_we_know(definitions: dg.Definitions, golden: Callable[[str, str], None]) -> None:
    golden("jobs.txt", jobs_text(definitions))


def test_every_asset_stands_in_the_golden_file(definitions: dg.Definitions) -> None:
    """A group nobody listed would hide its assets from the comparison."""
    text = (Path(__file__).parent / "asset_graph.txt").read_text(encoding="utf-8")
    listed = {line.split()[0] for line in text.splitlines() if line.startswith("  ") and not line.startswith("    ")}
    made = definitions.resolve_asset_graph().materializable_asset_keys
    assert {key.to_user_string() for key in made} == listed
