"""A month through Dagster, whole: closed twice, killed half-way, landed three times and shuffled."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from domain.errors import PermanentError
from ingest.event_journal import SegmentPath, sealed_segments
from orchestration.flow import Flow
from orchestration.settings import Settings
from tests.scenarios.worlds import (
    AS_OF,
    NOVEMBER,
    answer_for_recordings,
    digests,
    hear_recordings,
    open_world,
    outcome,
)

REPOSITORY = Path(__file__).resolve().parents[2]


def test_closing_twice_changes_no_byte(november: Flow) -> None:
    before = digests(november.settings.home)
    documents = november.platform.ledger.documents()
    november.close(NOVEMBER, AS_OF)
    assert november.platform.ledger.documents() == documents
    assert digests(november.settings.home) == before


def test_a_dry_run_of_one_customer_draws_his_draft_and_leaves_the_ledger_the_same_to_the_byte(
    november: Flow, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(november.settings.home, home)
    before = (home / "ledger.sqlite").read_bytes()
    flow = Flow(Settings(home=home))
    assert flow.preview(NOVEMBER.previous, NOVEMBER.first_date, "acct-1001") == []
    assert [path.name for path in (home / "previews" / "2026-10").iterdir()] == ["PROJET-FA-acct-1001.pdf"]
    assert (home / "ledger.sqlite").read_bytes() == before
    with pytest.raises(PermanentError, match="2026-11 is closed: what it issued is in"):
        flow.preview(NOVEMBER, AS_OF)


def test_a_month_that_is_not_over_is_refused_without_a_date(november: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestration.flow.today", lambda: NOVEMBER.last_date)
    with pytest.raises(PermanentError, match=r"2026-11 is not over before 2026-12-01.*--as-of"):
        november.close(NOVEMBER)


@pytest.mark.parametrize("killed_at", [("issued_documents", "invoice_documents")])
def test_killed_at_any_step_and_run_again_it_comes_to_the_same(november: Flow, tmp_path: Path, killed_at) -> None:
    flow = open_world(tmp_path)
    hear_recordings(flow)
    flow.land()
    answer_for_recordings(flow)
    for step in killed_at:
        assert close_killed_at(step, tmp_path) == -signal.SIGKILL
    flow.close(NOVEMBER, AS_OF)
    assert outcome(flow) == outcome(november)


def close_killed_at(step: str, home: Path) -> int:
    """Close November in another process that is killed when ``step`` begins. Its return code."""
    program = f"""
import os, signal
from pathlib import Path
from orchestration.flow import Flow
from orchestration.settings import Settings
from orchestration.settings import Settings
from tests.scenarios.worlds import AS_OF, NOVEMBER

def die(_total: int, step: str) -> None:
    if step == {step!r}:
        os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    Flow(Settings(home=Path({str(home)!r})), die).close(NOVEMBER, AS_OF)
"""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, check=False)
    return done.returncode


def test_every_segment_landed_three_times_and_shuffled_comes_to_the_same(november: Flow, tmp_path: Path) -> None:
    flow = open_world(tmp_path)
    flow.platform.journal.mkdir()
    arrivals = [(segment, copy) for segment in sealed_segments(november.platform.journal) for copy in range(3)]
    random.Random(20261122).shuffle(arrivals)
    assert len(arrivals) >= 9
    for landing in range(3):
        for segment, copy in arrivals[landing::3]:
            arrive(segment, copy, flow.platform.journal)
        flow.land()
    answer_for_recordings(flow)
    flow.close(NOVEMBER, AS_OF)
    assert outcome(flow) == outcome(november)


def arrive(segment: SegmentPath, copy: int, journal: Path) -> None:
    """A sealed segment once more under another name, as a backup restored beside it would be."""
    name = f"{segment.name[:-6]}{int(segment.name[-6:]) + 100 * copy:06d}"
    manifest = segment.manifest.read_text().replace(segment.name, name)
    (journal / f"{name}.json").write_text(manifest)
    shutil.copyfile(segment.path, journal / f"{name}.esl")
