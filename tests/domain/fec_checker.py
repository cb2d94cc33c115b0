"""What the administration asks of a FEC (LPF A47 A-1, BOI-CF-IOR-60-40-20), restated: reads the file again from bytes.

Nothing here is imported from the code that writes it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from decimal import Decimal

EIGHTEEN = [
    "JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "CompAuxNum", "CompAuxLib",
    "PieceRef", "PieceDate", "EcritureLib", "Debit", "Credit", "EcritureLet", "DateLet", "ValidDate", "Montantdevise",
    "Idevise",
]  # fmt: skip
NEVER_EMPTY = (
    "JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "PieceRef", "PieceDate",
    "EcritureLib", "Debit", "Credit", "ValidDate",
)  # fmt: skip
Row = dict[str, str]


def rows(content: bytes) -> list[Row]:
    """The file's rows by column: CR LF, tabs, ISO 8859-15, no byte-order mark, nothing but printable characters."""
    assert not content.startswith(b"\xef\xbb\xbf")
    text = content.decode("iso8859-15")
    assert text.endswith("\r\n")
    lines = text[:-2].split("\r\n")
    assert all(cell.isprintable() for line in lines for cell in line.split("\t"))
    header, *records = [line.split("\t") for line in lines]
    assert header == EIGHTEEN
    assert all(len(record) == 18 for record in records)
    return [dict(zip(header, record, strict=True)) for record in records]


def date(text: str) -> dt.date:
    assert re.fullmatch(r"[0-9]{8}", text), text
    return dt.date(int(text[:4]), int(text[4:6]), int(text[6:]))


def amount(text: str) -> Decimal:
    assert re.fullmatch(r"[0-9]+,[0-9]{2}", text), text
    return Decimal(text.replace(",", "."))


def balance(found: list[Row]) -> Decimal:
    return sum((amount(row["Debit"]) - amount(row["Credit"]) for row in found), Decimal(0))


def grouped(found: list[Row], *columns: str) -> dict[tuple[str, ...], list[Row]]:
    groups = defaultdict(list)
    for row in found:
        groups[tuple(row[column] for column in columns)].append(row)
    return groups


def check(content: bytes, name: str) -> list[Row]:
    """The rows of a file that keeps every rule; an AssertionError for one that does not."""
    found = rows(content)
    assert re.fullmatch(r"[0-9]{9}FEC[0-9]{8}\.txt", name)
    closing = date(name[12:20])
    for row in found:
        assert all(row[column] for column in NEVER_EMPTY), row
        debit, credit = amount(row["Debit"]), amount(row["Credit"])
        assert (debit == 0) != (credit == 0), row
        assert re.fullmatch(r"[0-9]{3}[0-9A-Z]*", row["CompteNum"])
        assert bool(row["CompAuxNum"]) == bool(row["CompAuxLib"]) == row["CompteNum"].startswith("411")
        assert bool(row["EcritureLet"]) == bool(row["DateLet"])
        assert (row["Montantdevise"], row["Idevise"]) == ("", "")
        assert date(row["EcritureDate"]) <= closing
        assert date(row["PieceDate"]) <= date(row["ValidDate"]) <= closing
    validated = [date(row["ValidDate"]) for row in found]
    assert validated == sorted(validated), "by date of validation"
    check_entries(found)
    check_lettering(found)
    return found


def check_entries(found: list[Row]) -> None:
    numbers: dict[str, list[str]] = defaultdict(list)
    for row in found:
        if row["EcritureNum"] not in numbers[row["JournalCode"]]:
            numbers[row["JournalCode"]].append(row["EcritureNum"])
    for journal, given in numbers.items():
        assert given == [f"{journal}{rank:06d}" for rank in range(1, len(given) + 1)], "a sequence without a gap"
    for number, entry in grouped(found, "JournalCode", "EcritureNum").items():
        assert balance(entry) == 0, number
        assert len({(row["EcritureDate"], row["PieceRef"], row["ValidDate"]) for row in entry}) == 1
    for (code,), entries in grouped(found, "JournalCode").items():
        assert balance(entries) == 0, code
        assert len({row["JournalLib"] for row in entries}) == 1
    for accounts in grouped(found, "CompteNum").values():
        assert len({row["CompteLib"] for row in accounts}) == 1
    for customers in grouped(found, "CompAuxNum").values():
        assert len({row["CompAuxLib"] for row in customers}) == 1


def check_lettering(found: list[Row]) -> None:
    for (customer, code), marked in grouped(found, "CompAuxNum", "EcritureLet").items():
        if code:
            assert customer
            assert balance(marked) == 0, (customer, code)
            assert {row["DateLet"] for row in marked} == {max(row["EcritureDate"] for row in marked)}
