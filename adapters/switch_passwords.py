"""Passwords of telephones: a file each, in the switch's ``local/passwords/``, and nowhere else.

Not in the ledger, not in what is rendered, and not in FreeSWITCH's variables: those it copies for every call it makes
(with 5,000 of them a call took 230 ms to begin instead of 8) and tells to whoever asks on the event socket.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from pathlib import Path

FOLDER = Path("local/passwords")
RANDOM_BYTES = 16
FILE_MODE = 0o640
FILE = """<include>
  <param name="password" value="{password}"/>
</include>
"""


def make_passwords(folder: Path, accounts: Iterable[str]) -> list[str]:
    """Give a random password to each account that has no file yet; returns those accounts.

    The event socket's password and carriers' are not made up: somebody else has to know them.
    """
    passwords = folder / FOLDER
    passwords.mkdir(mode=0o750, parents=True, exist_ok=True)
    made = []
    for account in accounts:
        try:
            file = os.open(passwords / f"{account}.xml", os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
        except FileExistsError:
            continue
        with os.fdopen(file, "w") as handle:
            handle.write(FILE.format(password=secrets.token_hex(RANDOM_BYTES)))
            handle.flush()
            os.fsync(handle.fileno())
        made.append(account)
    return made
