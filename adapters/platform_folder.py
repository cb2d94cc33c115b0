"""The folder an approved platform (plateforme agréée) takes electronic invoices from.

A file appears whole, in one rename, under the document's number. SFTP is left to the system's own tools (a mount, or a
timer that moves the folder's files): a client library would bring its own cryptography for one rename.
"""

from __future__ import annotations

import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path

from adapters.files import file_sha256, publish
from adapters.mail_relay import Refused
from domain.errors import TransientError


@dataclass(frozen=True)
class PlatformFolder:
    """Where files are dropped, and the platform's name, which is the recipient in the queue."""

    folder: Path
    name: str

    def drop(self, document: Path) -> None:
        """Put a document there. One that is there already, the same bytes, is dropped once.

        Raises:
            Refused: another file has its name.
            TransientError: the folder cannot be written now.
        """
        target = self.folder / document.name
        temporary = self.folder / f".{document.name}.{uuid.uuid4().hex}"
        try:
            if target.exists():
                if file_sha256(target) != file_sha256(document):
                    raise Refused(f"{target} is there already and is another file: look why, then move it away")
                return
            shutil.copyfile(document, temporary)
            publish(temporary, target)
        except OSError as error:
            raise TransientError(f"{self.folder}: {error.strerror or type(error).__name__}") from error
        finally:
            temporary.unlink(missing_ok=True)
