"""The accounts and journals an installation books on: read from a mapping, refused with every fault at once.

Source: plan comptable général (class 4 third parties, 5 money, 7 revenue, 89 opening balance).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from domain.errors import BadInput, PermanentError

Journal = Literal["sales", "bank", "opening"]
# What each account must begin with: a slip of class would put revenue among debts without a word.
ACCOUNTS = {
    "customers": "411",
    "subscription": "70",
    "usage": "70",
    "other_services": "70",
    "penalty": "7",
    "indemnity": "7",
    "bank": "51",
    "suspense": "47",
    "opening": "89",
}
VAT_COLLECTED = "4457"
JOURNALS: tuple[Journal, ...] = ("sales", "bank", "opening")
SECTIONS = ("fiscal_year", "journals", "accounts", "vat")


@dataclass(frozen=True)
class Account:
    """A number of the chart, at least three digits, and its name."""

    number: str
    label: str


@dataclass(frozen=True)
class JournalName:
    """The code and the name of a journal."""

    code: str
    label: str


@dataclass(frozen=True)
class ChartOfAccounts:
    """What is booked where. ``vat`` is keyed by rate in basis points; ``ends_on`` is (month, day)."""

    ends_on: tuple[int, int]
    journals: Mapping[str, JournalName]
    accounts: Mapping[str, Account]
    vat: Mapping[int, Account]

    def revenue(self, line_kind: str) -> Account:
        """The account of a line's kind; what has none of its own is another service."""
        known = line_kind in ("subscription", "usage", "penalty", "indemnity")
        return self.accounts[line_kind if known else "other_services"]

    def vat_account(self, rate_basis_points: int, number: str) -> Account:
        """The account of a VAT rate. Raises PermanentError naming the document when the chart has none."""
        if rate_basis_points not in self.vat:
            raise PermanentError(
                f"{number} bears VAT at {rate_basis_points} basis points and the chart of accounts has no account"
                f" for it: add `{rate_basis_points} = {{ number = ..., label = ... }}` under [vat]"
            )
        return self.vat[rate_basis_points]

    def fiscal_year(self, year: int) -> tuple[dt.date, dt.date]:
        """First and last day of the accounting year that ends in ``year``."""
        month, day = self.ends_on
        before, last = dt.date(year - 1, month, day), dt.date(year, month, day)
        return before + dt.timedelta(days=1), last


def parse_chart(content: Mapping[str, object], where: str) -> ChartOfAccounts:
    """A chart from the file's sections.

    Raises:
        BadInput: every fault, each with its key; ``where`` names the file.
    """
    faults = [f"[{name}] is not one of its sections" for name in content if name not in SECTIONS]
    sections = {name: _table(content.get(name), name, faults) for name in SECTIONS}
    ends_on = _year_end(sections["fiscal_year"], faults)
    journals = _journals(sections["journals"], faults)
    accounts = _accounts(sections["accounts"], faults)
    vat = _vat(sections["vat"], faults)
    if faults:
        raise BadInput(f"{where}: {'; '.join(faults)}. See seeds/accounting/chart_of_accounts.toml")
    return ChartOfAccounts(ends_on, journals, accounts, vat)


def _table(value: object, name: str, faults: list[str]) -> Mapping[str, object]:
    if isinstance(value, Mapping):
        return value
    faults.append(f"[{name}] is missing")
    return {}


def _year_end(section: Mapping[str, object], faults: list[str]) -> tuple[int, int]:
    faults += [f"fiscal_year.{key} is unknown" for key in section if key != "ends_on"]
    text = section.get("ends_on")
    match = re.fullmatch(r"([0-9]{2})-([0-9]{2})", text, re.ASCII) if isinstance(text, str) else None
    if match is not None:
        month, day = int(match[1]), int(match[2])
        try:
            # A year that is no leap year: 29 February would not exist every year.
            dt.date(2025, month, day)
        except ValueError:
            pass
        else:
            return month, day
    faults.append(f"fiscal_year.ends_on {text!r} is not a day of every year, like 12-31")
    return 12, 31


def _journals(section: Mapping[str, object], faults: list[str]) -> dict[str, JournalName]:
    _names("journals", section, JOURNALS, faults)
    found = {name: JournalName(*_pair(f"journals.{name}", section[name], "code", faults)) for name in section}
    codes = [journal.code for journal in found.values()]
    faults += [f"journals: code {code} is used twice" for code in sorted({c for c in codes if codes.count(c) > 1})]
    faults += [
        f"journals.{name}: code {journal.code!r} is not 1 to 6 capitals and digits"
        for name, journal in found.items()
        if not re.fullmatch(r"[A-Z0-9]{1,6}", journal.code, re.ASCII)
    ]
    return found


def _accounts(section: Mapping[str, object], faults: list[str]) -> dict[str, Account]:
    _names("accounts", section, ACCOUNTS, faults)
    return {
        name: _account(f"accounts.{name}", section[name], ACCOUNTS[name], faults)
        for name in section
        if name in ACCOUNTS
    }


def _vat(section: Mapping[str, object], faults: list[str]) -> dict[int, Account]:
    found = {}
    for rate, value in section.items():
        if re.fullmatch(r"[1-9][0-9]{0,3}", rate, re.ASCII):
            found[int(rate)] = _account(f"vat.{rate}", value, VAT_COLLECTED, faults)
        else:
            faults.append(f"vat.{rate} is not a rate in hundredths of a percent, like 2000")
    return found


def _names(section: str, given: Mapping[str, object], wanted: object, faults: list[str]) -> None:
    expected = set(wanted)  # type: ignore[call-overload]
    faults += [f"{section}.{name} is missing" for name in sorted(expected - given.keys())]
    faults += [f"{section}.{name} is unknown" for name in sorted(given.keys() - expected)]


def _account(key: str, value: object, begins: str, faults: list[str]) -> Account:
    number, label = _pair(key, value, "number", faults)
    if not re.fullmatch(r"[0-9]{3}[0-9A-Z]*", number, re.ASCII) or not number.startswith(begins):
        faults.append(f"{key}: {number!r} is not an account of at least three digits that begins with {begins}")
    return Account(number, label)


def _pair(key: str, value: object, first: str, faults: list[str]) -> tuple[str, str]:
    if isinstance(value, Mapping) and value.keys() == {first, "label"}:
        texts = (value[first], value["label"])
        if all(isinstance(text, str) and text.strip() and text.isprintable() for text in texts):
            return str(texts[0]), str(texts[1])
    faults.append(f'{key} is not {{ {first} = "...", label = "..." }}')
    return "", ""
