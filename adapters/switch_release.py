"""Configurations on disk: each in a folder of its own, and one file that says which of them FreeSWITCH reads.

    freeswitch.xml        replaced by one rename: the whole configuration changes at once, for whoever reads it
    releases/<digest>/    never changed once named; the one before stays, for a reader under way and for a way back
    local/                the installation's own values and passwords; no release touches it

A plain folder of files cannot be replaced at once: a FreeSWITCH that starts, or is told to load, in the middle would
run half of each.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

from adapters.switch_configuration import Configuration
from domain.errors import BadInput, PermanentError

ROOT = "freeswitch.xml"
RELEASES = "releases"
LOCAL = "local"
RELEASE = re.compile(r'data="seconde_release=([0-9a-f]+)"')


@dataclass(frozen=True)
class Change:
    """A file that differs between two releases: ``+`` new, ``-`` gone, ``~`` other content; and its lines as a diff."""

    sign: str
    path: str
    lines: tuple[str, ...]

    @property
    def added(self) -> int:
        return sum(line.startswith("+") for line in self.lines)

    @property
    def removed(self) -> int:
        return sum(line.startswith("-") for line in self.lines)


class SwitchFolder:
    """FreeSWITCH's configuration folder (its ``-conf``)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One writer at a time.

        Raises:
            BadInput: the folder holds a configuration that is not ours.
            PermanentError: it cannot be written.
        """
        self._refuse_a_stranger()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = os.open(self.folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise PermanentError(
                f"{self.folder} cannot be written: {error.strerror}; give this user the right"
            ) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        except OSError as error:
            raise PermanentError(f"{self.folder} cannot be written: {error}; the switch keeps what it has") from error
        finally:
            os.close(lock)

    @property
    def current(self) -> str | None:
        """The release FreeSWITCH reads; None before the first."""
        try:
            match = RELEASE.search((self.folder / ROOT).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return match[1] if match else None

    def stage(self, configuration: Configuration) -> None:
        """Write a release that nobody reads yet, or make whole the one that is there.

        A file that the release before has too is a second name of it: a night's change costs a few files, not all.
        """
        base = self.folder / RELEASES / configuration.release
        twins = self.folder / RELEASES / (self.current or configuration.release)
        wanted = {base / path: text.encode() for path, text in configuration.files.items()}
        for path in [path for path in base.rglob("*") if path.is_file() and path not in wanted]:
            path.unlink()
        for path, content in wanted.items():
            if not _holds(path, content):
                path.parent.mkdir(parents=True, exist_ok=True)
                _write(path, content, twins / path.relative_to(base))
        for folder in {parent for path in wanted for parent in path.parents if parent.is_relative_to(base.parent)}:
            _sync(folder)

    def switch_to(self, configuration: Configuration) -> None:
        """Make FreeSWITCH read a staged release from its next load on; drop all others but the one before."""
        before = self.current
        if before != configuration.release or (self.folder / ROOT).read_text(encoding="utf-8") != configuration.root:
            _write(self.folder / ROOT, configuration.root.encode())
            _sync(self.folder)
        if before == configuration.release:
            return  # the one before this release is still the way back
        for release in (self.folder / RELEASES).iterdir():
            if release.name not in (before, configuration.release):
                shutil.rmtree(release)

    def files(self, release: str) -> dict[str, str]:
        """A release as it stands on disk; empty when it is not there any more."""
        base = self.folder / RELEASES / release
        paths = sorted(path for path in base.rglob("*") if path.is_file())
        return {str(path.relative_to(base)): path.read_text(encoding="utf-8") for path in paths}

    def _refuse_a_stranger(self) -> None:
        if self.current is None and self.folder.is_dir():
            names = sorted(path.name for path in self.folder.iterdir())
            foreign = [name for name in names if name not in (RELEASES, LOCAL) and not name.startswith(".")]
            if foreign:
                raise BadInput(
                    f"{self.folder} holds {', '.join(foreign[:5])}, which Seconde did not write and will not mix with; "
                    f"name an empty folder, and move what is your own to its {LOCAL}/"
                )


def _holds(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content


def _write(path: Path, content: bytes, twin: Path | None = None) -> None:
    """A whole file or none; durable once its folder is synced."""
    temporary = path.with_name(f".{path.name}.new")
    temporary.unlink(missing_ok=True)
    if twin is not None and twin != path and _holds(twin, content):
        os.link(twin, temporary)
    else:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    os.replace(temporary, path)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[Change]:
    """What differs, by path."""
    found = []
    for path in sorted(before.keys() | after.keys()):
        old, new = before.get(path), after.get(path)
        if old != new:
            sign = "+" if old is None else "-" if new is None else "~"
            diff = list(unified_diff((old or "").splitlines(), (new or "").splitlines(), n=0, lineterm=""))
            found.append(Change(sign, path, tuple(line for line in diff[2:] if not line.startswith("@@"))))
    return found
