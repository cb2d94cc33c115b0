"""What carriers call the columns of a deck: one table of names, and the header row found by it."""

from __future__ import annotations

import re
import unicodedata
from itertools import islice
from typing import NamedTuple

from adapters.decks.files import Table
from domain.errors import BadInput

# A title, an address and a date may stand above the header.
SEARCHED_ROWS = 40

# Every name a column may have, without accents, capitals and punctuation; the unit of a price is cut off first.
NAMES: dict[str, str] = {
    "prefix": "prefix|prefixes|prefixe|prefixes|dial code|dial codes|dialcode|dialling code|dialing code|dial prefix"
    "|indicatif|indicatifs|destination prefix|destination code|code destination|number range|tranche"
    "|tranche de numeros|prefixe international|code|codes",
    "country_code": "country code|country codes|cc|code pays|indicatif pays|indicatif du pays|country dial code",
    "area_code": "area code|area codes|city code|city codes|ndc|region code|region codes|indicatif regional"
    "|indicatifs regionaux|local code|local codes",
    "country": "country|pays|country name|nom du pays|pays de destination|destination country|iso|code iso|iso code"
    "|iso2|country iso",
    "destination": "destination|destinations|destination name|libelle|category|categorie|area name|zone|network"
    "|reseau|operateur|operator|description|location",
    "price": "price|price per minute|price minute|price min|rate|rates|rate per minute|rate min|tarif|tarifs"
    "|tarif minute|tarif ht|prix|prix minute|prix par minute|prix a la minute|prix ht|prix de la minute|new price"
    "|new rate|nouveau prix|nouveau tarif|cost|cost per minute|cout|cout minute|per minute",
    "valid_from": "valid from|effective date|effective|effective from|date effective|start date|date d effet|date effet"
    "|date d application|applicable from|applicable au|a compter du|date de debut|from|debut",
    "valid_to": "valid to|end date|valid until|until|expiry date|date de fin|jusqu au|fin",
    "connection_fee": "connection fee|connect fee|connection charge|setup fee|set up fee|setup charge|call setup"
    "|call setup fee|mise en relation|frais de mise en relation|cout de mise en relation|frais de connexion|flag fall",
    "minimum_charge": "minimum charge|min charge|minimum call charge|minimum de perception|montant minimum",
    "surcharge_per_call": "surcharge per call|surcharge par appel|prix du service par appel|service per call",
    "surcharge_per_minute": "surcharge per minute|surcharge par minute|prix du service par minute|service per minute",
    "increments": "increments|billing increment|billing increments|increment|billing|rounding|tarification|decompte"
    "|palier|paliers|palier de facturation|pas|pas de facturation|increment seconds|next increment|subsequent increment"
    "|interval n",
    "initial": "initial|initial seconds|initial increment|first increment|minimum duration|min duration"
    "|minimum seconds|duree minimale|premier palier|interval 1",
    "unit": "unit|units|unite|price unit|unite de prix",
    "currency": "currency|devise|monnaie",
    "origin_country": "origin country|pays d origine|origin|origine|originating country",
    "origin_number_type": "origin number type|origin type|type d origine|type de numero d origine",
    "call_category": "call category|call type|categorie d appel|type d appel",
    "destination_group": "destination group|groupe de destinations|groupe|group",
}
FIELDS = {name: field for field, names in NAMES.items() for name in names.split("|")}
# A column that comes twice stops the import, except these, where the name that stands first in the table is read.
CHOSEN = ("country", "destination")
UNIT = re.compile(
    r"(?:(?<![a-zé])(?:eur|euros?|cts?|cents?|centimes?|usd|gbp|chf)(?![a-zé])|c?€|\$|£)"
    r"\s*(?:(?:/|\bpar\b|\bper\b|\bla\b)\s*[a-zé]+)?",
    re.IGNORECASE,
)


class Header(NamedTuple):
    """Where a table's columns are. ``units`` has the columns whose heading says a unit: the heading, and the unit."""

    row: int
    width: int
    positions: dict[str, int]
    units: dict[str, tuple[str, str]]
    unread: tuple[str, ...]


def folded(text: str) -> str:
    """Words without accents, capitals and punctuation: ``Date d'effet`` is ``date d effet``."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return " ".join(re.findall(r"[a-z0-9]+", plain.lower()))


def find_header(tables: list[Table], place: str) -> tuple[Table, Header]:
    """The table that is a deck, and its header: the one of the first rows that names most columns.

    Raises:
        BadInput: no table has a prefix and a price, two sheets have, or a column comes twice.
    """
    found: list[tuple[Table, Header]] = []
    failure = ""
    for table in tables:
        try:
            headers = [_header(*record) for record in islice(table.rows(), SEARCHED_ROWS)]
        except BadInput as error:
            failure = f" ({error})"
            continue
        fit = [header for header in headers if header.positions.keys() >= {"price"} and _has_prefix(header)]
        if fit:
            found.append((table, max(fit, key=lambda header: len(header.positions))))
    if not found:
        raise BadInput(
            f"{place} has no row of headings with a prefix and a price among its first {SEARCHED_ROWS} rows{failure};"
            " name the columns like: Prefix, Country, Price (EUR/min); docs/tariff-decks.md has their names"
        )
    if len({table.name for table, _ in found}) > 1:
        raise BadInput(f"{place}: several sheets are decks, {', '.join(t.name for t, _ in found)}; choose with --sheet")
    table, header = max(found, key=lambda pair: len(pair[1].positions))
    twice = sorted(field for field, position in header.positions.items() if position < 0)
    if twice:
        raise BadInput(f"{place}, row {header.row}: two columns are a {' and a '.join(twice)}; take one of them out")
    return table, header


def _has_prefix(header: Header) -> bool:
    return bool(header.positions.keys() & {"prefix", "area_code", "country_code"})


def _header(row: int, cells: list[str]) -> Header:
    places: dict[str, list[int]] = {}
    names, units = [], [""] * len(cells)
    for position, cell in enumerate(cells):
        unit = UNIT.search(cell)
        name = folded(cell[: unit.start()] + cell[unit.end() :] if unit else cell) or folded(cell)
        units[position] = unit[0] if unit else ""
        names.append(name)
        if name in FIELDS:
            places.setdefault(FIELDS[name], []).append(position)
    # "Codes" beside a country's code are the codes of its areas.
    codes = all(names[position] in ("code", "codes") for position in places.get("prefix", []))
    if codes and {"country_code", "prefix"} <= places.keys() and "area_code" not in places:
        places["area_code"] = places.pop("prefix")
    for field in CHOSEN:
        order = NAMES[field].split("|")
        places[field] = sorted(places.get(field, []), key=lambda position: order.index(names[position]))[:1]
    positions = {field: at[0] if len(at) == 1 else -1 for field, at in places.items() if at}
    unread = tuple(cell for position, cell in enumerate(cells) if cell and position not in positions.values())
    said = {field: (cells[at], units[at]) for field, at in positions.items() if at >= 0 and units[at]}
    return Header(row, len(cells), positions, said, unread)
