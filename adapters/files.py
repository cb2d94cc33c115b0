"""Files that are whole or not there: written aside, made durable, then renamed into place.

Needs nothing but the standard library: a worker that draws documents has no use for a database.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path


def publish(temporary: Path, target: Path) -> None:
    """Make a finished file durable, then visible, in one rename."""
    with temporary.open("rb+") as handle:
        os.fsync(handle.fileno())
    os.replace(temporary, target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def file_sha256(path: Path) -> str:
    """Hash of a file's bytes."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
