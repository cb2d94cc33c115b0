"""The chart of accounts as a TOML file: the one that ships with Seconde, or the installation's own."""

from __future__ import annotations

import tomllib
from pathlib import Path

from domain.chart_of_accounts import ChartOfAccounts, parse_chart
from domain.errors import BadInput

DEFAULT_CHART = Path(__file__).resolve().parent.parent / "seeds" / "accounting" / "chart_of_accounts.toml"


def read_chart(path: Path | None = None) -> ChartOfAccounts:
    """The chart of a file; the default one without a path.

    Raises:
        BadInput: it cannot be read, is not TOML, or does not fit; every fault is named.
    """
    file = path or DEFAULT_CHART
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"{file} cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput(f"{file} is not TOML: {error}") from None
    return parse_chart(content, str(file))
