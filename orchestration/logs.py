"""How a service logs: a line for a person or an object for a program, without anybody's number in clear."""

from __future__ import annotations

import datetime as dt
import json
import logging
import sys
from typing import Literal, TextIO

from adapters.masking import mask_numbers


class JsonLines(logging.Formatter):
    """One JSON object a line: at (UTC), level, logger, message, and the traceback of an error."""

    def format(self, record: logging.LogRecord) -> str:
        said = {
            "at": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            said["traceback"] = self.formatException(record.exc_info)
        return json.dumps(said, ensure_ascii=False)


class Masked(logging.Formatter):
    """Another formatter's line, phone numbers masked in whatever is INFO or worse; DEBUG says all."""

    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self.inner = inner

    def format(self, record: logging.LogRecord) -> str:
        line = self.inner.format(record)
        return mask_numbers(line) if record.levelno >= logging.INFO else line


def configure_logs(log_format: Literal["text", "json"], level: str, stream: TextIO | None = None) -> None:
    """Log to standard error, where systemd's journal takes it; replaces what was configured before."""
    handler = logging.StreamHandler(stream or sys.stderr)
    plain = logging.Formatter("%(asctime)s %(levelname)s %(message)s")
    handler.setFormatter(Masked(JsonLines() if log_format == "json" else plain))
    logging.basicConfig(level=level, handlers=[handler], force=True)
