"""Files leave the spool once their content is durable: whole, none lost, none twice in effect, killed anywhere."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from domain.errors import PermanentError, TransientError
from ingest import json_cdr_spool
from ingest.event_journal import EventJournal, read_segment, sealed_segments
from ingest.json_cdr_spool import JsonCdrSpool, SpoolSettings, Taken

NOW_US = 1_795_374_900_000_000  # 2026-11-22 20:15 in Paris


class Site:
    """A switch's spool with the real files of a capture, and the platform's journal."""

    def __init__(self, home: Path, captured: Path) -> None:
        self.spool, self.journal, self.archive = home / "spool", home / "journal", home / "archive"
        self.originals = {path.name: path.read_bytes() for path in captured.iterdir()}
        shutil.copytree(captured, self.spool)
        for path in self.spool.iterdir():
            os.utime(path, ns=(NOW_US * 1000, NOW_US * 1000))

    def run(self, now_us: int = NOW_US, act: Callable[[JsonCdrSpool], Taken] = JsonCdrSpool.take) -> Taken:
        with EventJournal(self.journal, "fslab1.cdr", lambda: now_us, 1 << 30, 86_400) as journal:
            return act(JsonCdrSpool(SpoolSettings(self.spool, self.archive), journal))

    def journalled(self) -> list[bytes]:
        readings = [read_segment(segment) for segment in sealed_segments(self.journal)]
        assert not any(reading.damage for reading in readings)
        return [record.body for reading in readings for record in reading.records]

    def archived(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.archive.rglob("*.json*")}


@pytest.fixture
def site(tmp_path: Path, shared: Path) -> Site:
    return Site(tmp_path, shared / "freeswitch/captures/encode-false/json_cdr")


def test_every_whole_file_is_journalled_as_it_is_and_archived_under_its_day(site):
    assert site.run() == Taken(17)
    assert sorted(site.journalled()) == sorted(site.originals.values())
    assert list(site.spool.iterdir()) == []
    assert {path.name for path in (site.archive / "2026-11-22").iterdir()} == set(site.originals)
    assert site.archived() == site.originals


def test_a_second_pass_finds_nothing(site):
    site.run()
    assert site.run() == Taken(0)
    assert len(site.journalled()) == 17


def test_a_half_written_file_waits_and_is_taken_once_whole(site):
    name, body = next(iter(site.originals.items()))
    for written in (0, 1, len(body) // 2, len(body) - 1):
        (site.spool / name).write_bytes(body[:written])
        taken = site.run()
        assert (taken.waiting, (site.spool / name).exists()) == (1, True)
    (site.spool / name).write_bytes(body)
    assert site.run() == Taken(1)
    assert sorted(site.journalled()) == sorted(site.originals.values())


def test_a_file_half_written_for_too_long_is_reported_and_stays(site):
    name = next(iter(site.originals))
    (site.spool / name).write_bytes(b'{"core-uuid":')
    os.utime(site.spool / name, ns=(NOW_US * 1000, NOW_US * 1000))
    assert site.run(NOW_US + 300_000_000).overdue == []
    assert site.run(NOW_US + 300_000_001).overdue == [name]
    assert (site.spool / name).exists()


class Killed(BaseException):
    """The process dies here."""


@pytest.mark.parametrize("step", ["append", "sync", "rename"])
@pytest.mark.parametrize("count", [0, 1, 7])
def test_killed_at_any_instant_every_file_is_journalled_or_still_in_the_spool(site, monkeypatch, step, count):
    calls = 0

    def dies(real):
        def until_killed(*args, **kwargs):
            nonlocal calls
            calls += 1
            if calls > count:
                raise Killed
            return real(*args, **kwargs)

        return until_killed

    monkeypatch.setattr(json_cdr_spool, "FILES_PER_SYNC", 2)
    with monkeypatch.context() as dying:
        if step == "rename":
            dying.setattr(os, "rename", dies(os.rename))
        else:
            dying.setattr(EventJournal, step, dies(getattr(EventJournal, step)))
        journal = EventJournal(site.journal, "fslab1.cdr", lambda: NOW_US, 1 << 30, 86_400)
        with pytest.raises(Killed):
            JsonCdrSpool(SpoolSettings(site.spool, site.archive), journal).take()
    assert journal._lock is not None
    os.close(journal._lock)  # what the death of a process does; its open segment stays as it is
    moved = set(site.originals) - {path.name for path in site.spool.iterdir()}
    site.run()
    assert set(site.journalled()) == set(site.originals.values())
    assert site.archived() == site.originals
    # A file that had left the spool is not journalled again.
    assert all(site.journalled().count(site.originals[name]) == 1 for name in moved)


def test_an_archived_file_is_never_overwritten(site):
    site.run()
    name, body = next(iter(site.originals.items()))
    (site.spool / name).write_bytes(body.replace(b"fslab1", b"fslab2"))
    site.run()
    assert site.archived()[name] == body
    assert site.archived()[f"{name}.2"] == body.replace(b"fslab1", b"fslab2")


def test_what_is_no_file_or_no_json_file_is_left_alone(site):
    (site.spool / "folder.json").mkdir()
    (site.spool / "notes.txt").write_text("}\n")
    (site.spool / "link.json").symlink_to(site.spool / "notes.txt")
    assert site.run().files == 17
    assert {path.name for path in site.spool.iterdir()} == {"folder.json", "notes.txt", "link.json"}


def test_a_spool_that_is_not_there_says_what_to_do(site):
    shutil.rmtree(site.spool)
    with pytest.raises(PermanentError, match="log-dir in json_cdr"):
        site.run()


def test_an_archive_that_refuses_loses_nothing(site):
    site.archive.write_text("in the way")
    with pytest.raises(TransientError, match="cannot be moved"):
        site.run()
    assert len(list(site.spool.iterdir())) == 17
    site.archive.unlink()
    site.run()
    assert site.archived() == site.originals


@pytest.fixture
def unreadable(site, monkeypatch):
    """A file of another user's, which root could read all the same."""
    name, read = sorted(site.originals)[3], Path.read_bytes

    def refuses(path: Path) -> bytes:
        if path == site.spool / name:
            raise PermissionError(errno.EACCES, "Permission denied")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", refuses)
    return name


def test_a_file_that_may_not_be_read_waits_and_is_told_and_its_neighbours_go_on(site, unreadable, caplog):
    taken = site.run()
    assert (taken.files, taken.waiting, taken.unreadable) == (16, 1, {unreadable: "Permission denied"})
    assert [path.name for path in site.spool.iterdir()] == [unreadable]
    assert f"{unreadable} cannot be read: Permission denied" in caplog.text
    assert site.run(NOW_US + 301_000_000).overdue == [unreadable]
    (said,) = [body for body in site.journalled() if b'"note"' in body]
    assert orjson.loads(said)["reason"] == "Permission denied"
    assert len(site.journalled()) == 17, "a second pass journals nothing again"


@pytest.fixture
def other_file_system(site, monkeypatch):
    """The archive is not on the spool's."""
    rename = os.rename

    def refuses(source: Path, target: Path) -> None:
        if site.archive in Path(target).parents:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        rename(source, target)

    monkeypatch.setattr(os, "rename", refuses)


def test_an_archive_on_another_file_system_is_refused_before_anything_is_journalled(site, other_file_system):
    for _ in range(2):
        with pytest.raises(PermanentError, match="another file system: set SECONDE_CDR_ARCHIVE"):
            site.run()
    assert site.journalled() == []
    assert {path.name for path in site.spool.iterdir()} == set(site.originals)


def test_the_journal_does_not_grow_while_an_archive_refuses_however_often_it_is_started(site):
    site.archive.write_text("in the way")
    for _ in range(3):
        with pytest.raises(TransientError, match="nothing was journalled"):
            site.run()
    assert site.journalled() == []


def test_the_archive_is_for_its_owner_alone(site):
    before = os.umask(0o022)
    try:
        for path in site.spool.iterdir():
            path.chmod(0o644)
        site.run()
    finally:
        os.umask(before)
    modes = {oct(path.stat().st_mode & 0o777) for path in (site.archive, *site.archive.iterdir())}
    assert modes == {"0o700"}
    assert {oct(path.stat().st_mode & 0o777) for path in site.archive.rglob("*.json")} == {"0o600"}


def test_following_takes_files_until_it_is_stopped(site, monkeypatch):
    def stopped_after_one_pass(spool: JsonCdrSpool) -> Taken:
        take = spool.take

        def take_once() -> Taken:
            spool.stop()
            return take()

        monkeypatch.setattr(spool, "take", take_once)
        return spool.follow()

    assert site.run(act=stopped_after_one_pass) == Taken(17)


def test_a_file_half_written_for_too_long_is_noted_once_in_the_journal(site):
    name, body = next(iter(site.originals.items()))
    (site.spool / name).write_bytes(body[:-1])
    os.utime(site.spool / name, ns=(NOW_US * 1000, NOW_US * 1000))

    def twice(spool: JsonCdrSpool) -> Taken:
        spool.take()
        return spool.take()

    assert site.run(NOW_US + 300_000_000, twice).overdue == []
    assert site.run(NOW_US + 301_000_000, twice).overdue == [name]
    (said,) = [body for body in site.journalled() if b'"note"' in body]
    assert orjson.loads(said) == {"note": "half_written", "file": name, "seconds": 300, "reason": "half written"}
