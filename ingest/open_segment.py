"""The end of the journal that is being written: buffered appends, fsync, and the step from open to sealed."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ingest.journal_segment import (
    OPEN_SUFFIX,
    SEALED_SUFFIX,
    Manifest,
    SegmentPath,
    magic_line,
    manifest_of,
    record_head,
    scan_segment,
)
from ingest.record_batch import Batch

# How much the digest may fall behind the file, and from when on it is worth another thread: an fsync
# mostly waits, and digesting takes as long.
DIGEST_BYTES = 32 << 20
DIGEST_BYTES_ASIDE = 1 << 20


@dataclass(frozen=True)
class Recovery:
    """A segment a crash left open: how many records it kept and how many torn bytes were cut.

    Without a record there was nothing to keep and the file is gone.
    """

    segment: str
    records: int
    cut_bytes: int


class OpenSegment:
    """The segment being written. Buffers by itself: a file object would write again when it dies."""

    def __init__(self, folder: Path, name: str, switch: str, opened_us: int) -> None:
        self.path = folder / (name + OPEN_SUFFIX)
        self.name, self.switch, self.opened_us = name, switch, opened_us
        self.records = self.first_us = 0
        self.last_us = opened_us
        self.sha256 = hashlib.sha256()
        self.is_durable = False
        self._pending: list[bytes] = []
        self._undigested: list[bytes] = []
        self._undigested_bytes = 0
        self._aside = ThreadPoolExecutor(1, thread_name_prefix=f"{switch}-digest")
        self._file = create_private(self.path)
        self._pending.append(magic_line(switch))
        self.bytes = len(self._pending[0])

    def append(self, received_us: int, kind: str, body: bytes) -> None:
        head = record_head(received_us, kind, body)
        self._pending += (head, body, b"\n")
        self.bytes += len(head) + len(body) + 1
        if not self.records:
            self.first_us = received_us
        self.last_us = received_us
        self.records += 1
        self.is_durable = False

    def append_batch(self, batch: Batch) -> None:
        """Records that are encoded already, in order and not older than the last."""
        self._pending.append(batch.data)
        self.bytes += len(batch.data)
        if not self.records:
            self.first_us = batch.first_us
        self.last_us = batch.last_us
        self.records += batch.records
        self.is_durable = False

    def flush(self) -> None:
        data = b"".join(self._pending)
        self._pending.clear()
        self._undigested.append(data)
        self._undigested_bytes += len(data)
        if self._undigested_bytes > DIGEST_BYTES:  # somebody who never syncs
            self._digest()
        left = memoryview(data)
        while left:
            left = left[os.write(self._file, left) :]

    def sync(self) -> None:
        if self.is_durable:
            return
        self.flush()
        if self._undigested_bytes > DIGEST_BYTES_ASIDE:
            digesting = self._aside.submit(self._digest)
            try:
                os.fsync(self._file)
            finally:
                digesting.result()
        else:
            os.fsync(self._file)
        self.is_durable = True

    def _digest(self) -> None:
        for data in self._undigested:
            self.sha256.update(data)  # a flush at a time: a million small updates cost more than the digest
        self._undigested.clear()
        self._undigested_bytes = 0

    def close(self) -> None:
        self._aside.shutdown()
        os.close(self._file)

    def manifest(self, sealed_us: int) -> Manifest:
        self._digest()
        digest = self.sha256.hexdigest()
        return Manifest(
            self.name, self.switch, self.records, self.bytes, digest, self.first_us, self.last_us, sealed_us
        )


def recover(path: Path, switch: str, now_us: int) -> Recovery:
    """Cut the torn tail of a segment a crash left open, and seal what is whole."""
    data = path.read_bytes()
    scan = scan_segment(data)
    if not scan.records:
        path.unlink()
        return Recovery(path.stem, 0, len(data))
    whole = data[: scan.end] + b"\n"
    with path.open("rb+") as file:
        file.truncate(scan.end)
        file.seek(scan.end)
        file.write(b"\n")
        file.flush()
        os.fsync(file.fileno())
    seal_file(path, manifest_of(path.stem, switch, whole, scan.records, now_us))
    return Recovery(path.stem, len(scan.records), max(0, len(data) - len(whole)))


def seal_file(path: Path, manifest: Manifest) -> SegmentPath:
    """Write the manifest durably, then rename ``.open`` to ``.esl``: sealed is both or neither."""
    sealed = SegmentPath.of(path.with_suffix(SEALED_SUFFIX))
    temporary = sealed.manifest.with_suffix(".json.new")
    temporary.unlink(missing_ok=True)
    with os.fdopen(create_private(temporary), "w", encoding="utf-8") as file:
        file.write(manifest.to_json())
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, sealed.manifest)
    sync_folder(path.parent)
    os.replace(path, sealed.path)
    sync_folder(path.parent)
    return sealed


def create_private(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)


def sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
