"""How dates, durations, rates and identifiers are written for a French reader. Money is in ``domain.money``."""

from __future__ import annotations

import datetime as dt

from domain.money import THOUSANDS_SPACE, UNIT_SPACE

MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip


def french_date(date: dt.date) -> str:
    """``31/10/2026``."""
    return f"{date.day:02d}/{date.month:02d}/{date.year:04d}"


def french_month(date: dt.date) -> str:
    """``octobre 2026``; its space does not break."""
    return f"{MONTHS[date.month - 1]}{UNIT_SPACE}{date.year}"


def french_of(name: str) -> str:
    """``de mars 2026``, ``d’octobre 2026``: before a vowel the word loses its own."""
    return f"d’{name}" if name[:1].lower() in "aàâeéèêiîoôuûy" else f"de {name}"


def french_long_date(date: dt.date) -> str:
    """``1er octobre 2026``, ``31 octobre 2026``; its spaces do not break."""
    day = "1er" if date.day == 1 else str(date.day)
    return f"{day}{UNIT_SPACE}{french_month(date)}"


def french_count(count: int, noun: str, plural: str | None = None) -> str:
    """``1 appel``, ``1 500 appels``; zero is singular in French. The plural ends in s unless it is given."""
    number = f"{count:,}".replace(",", THOUSANDS_SPACE)
    return f"{number}{UNIT_SPACE}{noun if count < 2 else plural or noun + 's'}"


def clock_duration(seconds: int) -> str:
    """``00:03:12``; hours grow as they must."""
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def spoken_duration(seconds: int) -> str:
    """``2 h 05 min 12 s``, without the hours or minutes that are zero in front."""
    hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
    if hours:
        counted = f"{hours:,}".replace(",", THOUSANDS_SPACE)
        return f"{counted}{UNIT_SPACE}h{UNIT_SPACE}{minutes:02d}{UNIT_SPACE}min{UNIT_SPACE}{rest:02d}{UNIT_SPACE}s"
    if minutes:
        return f"{minutes}{UNIT_SPACE}min{UNIT_SPACE}{rest:02d}{UNIT_SPACE}s"
    return f"{rest}{UNIT_SPACE}s"


def included_minutes(seconds: int) -> str:
    """``120 min``, ``45 min 30 s``: an allowance is said in minutes, however many hours they are."""
    minutes, rest = divmod(seconds, 60)
    whole = f"{minutes:,}".replace(",", THOUSANDS_SPACE) + f"{UNIT_SPACE}min"
    return f"{whole}{UNIT_SPACE}{rest:02d}{UNIT_SPACE}s" if rest else whole


def french_percent(basis_points: int) -> str:
    """Hundredths of a percent, exactly: 2000 is ``20 %``, 850 is ``8,5 %``, 825 is ``8,25 %``."""
    whole, rest = divmod(basis_points, 100)
    decimals = f",{rest:02d}".rstrip("0") if rest else ""
    return f"{whole}{decimals}{UNIT_SPACE}%"


def french_decimal(text: str, *, places: int = 0) -> str:
    """Exact decimal text as a French reader expects it: ``1234.5000`` is ``1 234,5``; at least ``places`` decimals."""
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, _, decimals = digits.partition(".")
    decimals = decimals.rstrip("0").ljust(places, "0")
    number = sign + f"{int(whole):,}".replace(",", THOUSANDS_SPACE)
    return f"{number},{decimals}" if decimals else number


def french_unit(unit: str, quantity: str) -> str:
    """The unit of an exact decimal quantity: ``1 utilisateur``, ``1.5 utilisateur``, ``2 utilisateurs``, ``3 mois``."""
    one = abs(int(quantity.partition(".")[0])) < 2
    return unit if one or unit.endswith("s") or unit == "min" else unit + "s"


def grouped_siren(siren: str) -> str:
    """``478 444 474``."""
    return UNIT_SPACE.join((siren[:3], siren[3:6], siren[6:]))


def grouped_iban(iban: str) -> str:
    """``FR76 3000 6000 0112 3456 7890 189``, however it was typed."""
    plain = "".join(iban.split())
    return UNIT_SPACE.join(plain[index : index + 4] for index in range(0, len(plain), 4))


def grouped_number(number: str) -> str:
    """A French E.164 number by pairs, ``+33 6 12 34 56 78``; another one as it is."""
    if not (number.startswith("+33") and len(number) == len("+33612345678")):
        return number
    pairs = (number[index : index + 2] for index in range(4, len(number), 2))
    return UNIT_SPACE.join((number[:3], number[3], *pairs))


def typographic(text: str) -> str:
    """Straight apostrophes and spaced hyphens of typed labels as print wants them: ``d’appels``, ``France – fixes``."""
    return text.replace("'", "’").replace(" - ", f"{UNIT_SPACE}– ")
