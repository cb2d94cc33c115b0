"""The fichier des écritures comptables: eighteen columns an inspector's software reads.

Source: LPF art. L47 A and A47 A-1 (VII: the columns; III 1°: ASCII, ISO 8859-15 or EBCDIC; I 4°: one separator),
BOI-CF-IOR-60-40-20: by date of validation, numbered without a gap in each journal, balanced, brought-forward
balances first. A document is final the day it bears, so that day is its ValidDate.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from domain.accounting import Entry, Lettering, Movement, Pair, letterings
from domain.chart_of_accounts import ChartOfAccounts
from domain.money import CENTS_PER_EURO

COLUMNS = (
    "JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "CompAuxNum", "CompAuxLib",
    "PieceRef", "PieceDate", "EcritureLib", "Debit", "Credit", "EcritureLet", "DateLet", "ValidDate", "Montantdevise",
    "Idevise",
)  # fmt: skip
SEPARATOR = "\t"
LINE_END = "\r\n"
# Named by the article itself, as UTF-8 is not.
ENCODING = "iso8859-15"
# Letters and signs that no decomposition brings into ISO 8859-15.
_SPELLED = str.maketrans(
    {"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D",
     "ı": "i", "\u202f": " ", "\u00a0": " ", "\u2007": " ", SEPARATOR: " ", "\r": " ", "\n": " "}
)  # fmt: skip


def file_name(siren: str, closing_date: dt.date) -> str:
    """``478444474FEC20261231.txt``."""
    return f"{siren}FEC{_date(closing_date)}.txt"


def fec_text(
    booked: Sequence[Entry], names: Mapping[str, str], chart: ChartOfAccounts, pairs: Iterable[Pair] = ()
) -> str:
    """The whole file. ``booked`` is in order (``opening`` first); ``names`` are the customers' by id, ``pairs`` the
    documents that a deduction settled together."""
    marks = letterings(booked, pairs)
    rows = [COLUMNS, *(row for entry, number in _numbered(booked, chart) for row in _rows(entry, number, names, chart,
                                                                                        marks))]  # fmt: skip
    return "".join(SEPARATOR.join(plain(cell) for cell in row) + LINE_END for row in rows)


@lru_cache(maxsize=4096)  # codes, names and dates come again on row after row
def plain(text: str) -> str:
    """Text that ISO 8859-15 can hold, without a separator: its own letters kept, others spelled or without accents."""
    if text.isascii() and text.isprintable():  # nearly every cell: ten times as fast
        return " ".join(text.split())
    kept = []
    for letter in unicodedata.normalize("NFC", text).translate(_SPELLED):
        if _is_held(letter):
            kept.append(letter if letter.isprintable() else " ")
        else:
            bare = "".join(part for part in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(part))
            kept.append(bare if bare and _is_held(bare) else "?")
    return " ".join("".join(kept).split())


def _is_held(text: str) -> bool:
    try:
        text.encode(ENCODING)
    except UnicodeEncodeError:
        return False
    return True


def _numbered(booked: Sequence[Entry], chart: ChartOfAccounts) -> Iterator[tuple[Entry, str]]:
    """Each entry with its number, a sequence of its own in each journal: ``VE000001``."""
    ranks: dict[str, int] = {}
    for entry in booked:
        code = chart.journals[entry.journal].code
        ranks[code] = ranks.get(code, 0) + 1
        yield entry, f"{code}{ranks[code]:06d}"


def _rows(
    entry: Entry,
    number: str,
    names: Mapping[str, str],
    chart: ChartOfAccounts,
    marks: Mapping[tuple[str, str], Lettering],
) -> Iterator[tuple[str, ...]]:
    journal = chart.journals[entry.journal]
    for movement in entry.movements:
        mark = marks.get((movement.customer_id or "", movement.settles or ""))
        yield (
            journal.code,
            journal.label,
            number,
            _date(entry.date),
            movement.account.number,
            movement.account.label,
            movement.customer_id or "",
            names.get(movement.customer_id or "", ""),
            entry.piece,
            _date(entry.date),
            movement.label or entry.label,
            *_amounts(movement),
            mark.code if mark else "",
            _date(mark.date) if mark else "",
            _date(entry.date),
            "",
            "",
        )


def _amounts(movement: Movement) -> tuple[str, str]:
    """Debit and credit: ``1234,56`` and ``0,00``."""
    return _euros(max(movement.cents, 0)), _euros(max(-movement.cents, 0))


def _euros(cents: int) -> str:
    euros, rest = divmod(cents, CENTS_PER_EURO)
    return f"{euros},{rest:02d}"


def _date(date: dt.date) -> str:
    return f"{date:%Y%m%d}"


def description(
    name: str, chart: ChartOfAccounts, first_date: dt.date, last_date: dt.date, remarks: Sequence[str]
) -> str:
    """The note that must go with the file (A47 A-1 II): its columns, its codes, its technical form. In French."""
    journals = [f"  {journal.code} : {journal.label}" for journal in chart.journals.values()]
    meanings = [f"  {rank:2}. {column} : {_MEANINGS[column]}" for rank, column in enumerate(COLUMNS, 1)]
    return plain_lines(
        f"Description du fichier {name} (LPF, art. A47 A-1 II)",
        f"Écritures du {first_date:%d/%m/%Y} au {last_date:%d/%m/%Y} : ventes, avoirs, pénalités de retard et"
        " encaissements tenus par Seconde, à joindre aux autres écritures de l'entreprise.",
        "Jeu de caractères : ISO 8859-15. Séparateur de zone : tabulation. Fin d'enregistrement : CR LF."
        " Longueur variable, première ligne : noms des zones.",
        "Dates AAAAMMJJ ; montants en euros, virgule décimale ; Montantdevise et Idevise vides : tout est en euros.",
        "Zones :",
        *meanings,
        "Journaux :",
        *journals,
        *remarks,
    )  # fmt: skip


def plain_lines(*lines: str) -> str:
    """Lines of text that ISO 8859-15 can hold."""
    return "".join(f"{'  ' if line.startswith('  ') else ''}{plain(line)}{LINE_END}" for line in lines)


_MEANINGS = {
    "JournalCode": "code du journal",
    "JournalLib": "libellé du journal",
    "EcritureNum": "numéro de l'écriture, continu dans chaque journal",
    "EcritureDate": "date de comptabilisation",
    "CompteNum": "numéro de compte",
    "CompteLib": "libellé de compte",
    "CompAuxNum": "compte auxiliaire : code client, pour les comptes 411",
    "CompAuxLib": "nom du client",
    "PieceRef": "numéro du document, ou référence bancaire du règlement",
    "PieceDate": "date de la pièce",
    "EcritureLib": "libellé de l'écriture",
    "Debit": "montant au débit",
    "Credit": "montant au crédit",
    "EcritureLet": "lettrage, propre à chaque client",
    "DateLet": "date de lettrage",
    "ValidDate": "date de validation : celle du document, qui ne change plus une fois émis",
    "Montantdevise": "sans objet",
    "Idevise": "sans objet",
}
