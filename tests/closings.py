"""A close somebody signed, for tests that issue documents straight into a ledger."""

from __future__ import annotations

import datetime as dt

from adapters.ledger.documents import Closing
from adapters.ledger.periods import Signature

SIGNATURE = Signature("A. Martin", dt.datetime(2026, 11, 1, 8, tzinfo=dt.UTC))
SHA = "0" * 64
OTHER_SHA = "1" * 64
CLOSING = Closing(SHA, SHA, SIGNATURE)
# The same, but for the calls it took.
OTHER_CLOSING = Closing(OTHER_SHA, SHA, SIGNATURE)
