"""Decks as carriers send them: text in any habit, workbooks with merged cells; a wrong row is named by its number."""

from __future__ import annotations

import datetime as dt

import openpyxl  # type: ignore[import-untyped]
import pytest

from adapters.decks.columns import NAMES
from adapters.decks.reader import read_deck
from domain.errors import BadInput
from tests.house.tree import REPOSITORY


@pytest.fixture
def deck(tmp_path):
    """Reads a text as a deck file."""

    def deck(text, encoding="utf-8", **given):
        path = tmp_path / "deck.csv"
        path.write_bytes(text.encode(encoding))
        return read_deck(path, **given)

    return deck


@pytest.fixture
def workbook(tmp_path):
    """Reads rows as a sheet; merged cells and more sheets on demand."""

    def workbook(*rows, merged=(), sheets=None, **given):
        book = openpyxl.Workbook()
        for name, lines in {"Rates": rows, **(sheets or {})}.items():
            sheet = book.active if name == "Rates" else book.create_sheet(name)
            sheet.title = name
            for line in lines:
                sheet.append(line)
        for cells in merged:
            book["Rates"].merge_cells(cells)
        path = tmp_path / "deck.xlsx"
        book.save(path)
        return read_deck(path, **given)

    return workbook


def prices(read):
    assert read.problems == []
    return [(rate.destination_prefix, rate.price_per_minute_micros) for rate in read.rates]


def said(read):
    return [(problem.row, problem.reason) for problem in read.problems]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "latin-1", "utf-16"])
@pytest.mark.parametrize("mark", [";", "\t", ","])
@pytest.mark.parametrize("line", ["\n", "\r\n", "\r"])
def test_a_text_deck_is_read_in_any_habit(deck, encoding, mark, line):
    rows = [
        ("Pays", "Indicatif", "Tarif (EUR/min)"),
        ("La Réunion", "+262 692", '"0,049"'),
        ("Émirats arabes unis", "00971", "0.2"),
    ]
    read = deck(line.join(mark.join(row) for row in rows) + line, encoding)
    assert prices(read) == [("262692", 49_000), ("971", 200_000)]
    assert [(r.row, r.destination_country, r.category) for r in read.rates] == [
        (2, "RE", "La Réunion"), (3, "AE", "Émirats arabes unis"),
    ]  # fmt: skip


def test_a_title_may_stand_above_the_headings_and_rows_keep_their_line(deck):
    read = deck("Carrier SA;;\n\nValid from 1 December;;\nDestination;Dial codes;Rate EUR/min\n\nFrance;33;0,01\n")
    assert (read.header_row, read.rates[0].row) == (4, 6)


@pytest.mark.parametrize(
    ("heading", "unit", "cell", "micros"),
    [
        ("Price (EUR/min)", None, "0.0123", 12_300),
        ("Prix € / minute", None, "0,0123", 12_300),
        ("Tarif (cts/min)", None, "1,23", 12_300),
        ("Rate c€ per min", None, "1.23", 12_300),
        ("Rate (EUR/s)", None, "0.0002", 12_000),
        ("Prix par minute", "cents/min", "1,23", 12_300),
        ("Rate", "EUR/min", "€ 0.0123", 12_300),
        ("Rate", "EUR/min", "0,012 3", 12_300),
        ("Rate", "EUR/min", "1.234,56", 1_234_560_000),
        ("Rate", "EUR/min", "0,123", 123_000),
    ],
)
def test_a_price_is_exact_in_its_unit(deck, heading, unit, cell, micros):
    assert prices(deck(f"prefix;{heading}\n33;{cell}\n", unit=unit)) == [("33", micros)]


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("1,234", "price: '1,234' may be thousands or a fraction; write 1234 or 1,2340"),
        ("1,234,567", "is not a price"),
        ("-0.01", "price: -0.01 is negative"),
        ("0.0000001", "finer than a micro-euro"),
        ("1e-3", "is not a price"),
        ("$0.01", "is not a price"),
        ("n/a", "price: 'n/a' is not a price; write it like 0.012 or 0,012"),
        ("", "price is empty"),
    ],
)
def test_a_price_that_is_not_sure_is_refused_by_row(deck, cell, reason):
    ((row, told),) = said(deck(f"prefix;price eur\n\n33;{cell}\n"))
    assert row == 3
    assert reason in told


def test_the_rest_of_the_column_says_what_a_comma_is(deck):
    assert prices(deck("prefix;price eur\n33;1,234\n34;0,5\n"))[0] == ("33", 1_234_000)
    assert said(deck("prefix;price eur\n33;1,234\n34;0.5\n"))[0][0] == 2
    assert said(deck("prefix;price eur\n33;1,234\n34;0.5\n35;0,5\n"))[0][0] == 2


def test_lists_and_ranges_are_a_rate_for_each_prefix(deck):
    read = deck('prefix;price eur\n"33162;33163";0.1\n33160-33169, 337;0.2\nFR3639;0.3\n')
    assert prices(read) == [
        ("33162", 100_000),
        ("33163", 100_000),
        ("3316", 200_000),
        ("337", 200_000),
        ("FR3639", 300_000),
    ]
    assert read.rates[-1].destination_country == "FR"


def test_codes_stand_beside_the_country_that_is_named_once(deck):
    read = deck(
        "Country;Country code;Codes;Destination;Price EUR\nFRANCE;33;;;\n;;1-5, 9;Fixe;0.008\n;;6,7;Mobile;0.019\n"
        "Belgique;32;;;0.02\n"
    )
    assert [(r.destination_prefix, r.destination_country, r.category) for r in read.rates] == [
        *((f"33{digit}", "FR", "Fixe") for digit in "123459"),
        ("336", "FR", "Mobile"),
        ("337", "FR", "Mobile"),
        ("32", "BE", "Belgique"),
    ]


def test_a_trunk_zero_is_refused_where_nobody_dials_it_from_abroad(deck):
    ((row, told),) = said(deck("country code;area code;price eur\n33;01;0.1\n39;06;0.1\n"))
    assert (row, "begins with the 0 that nobody dials after +33" in told) == (2, True)


def test_a_name_carried_down_to_another_countrys_number_is_refused(deck):
    ((row, told),) = said(
        deck("country;prefix;price eur\nZimbabwe;263;0.1\n;2637;0.1\n;88216;5\n".replace("88216", "44"))
    )
    assert row == 4
    assert "44 is not in Zimbabwe, which the rows above name" in told


def test_a_country_nobody_named_is_the_one_of_the_digits(deck):
    read = deck("destination;prefix;price eur\nJamaica mobile;1876;0.1\nMayotte;262639;0.1\nInmarsat;870;5\n")
    assert [rate.destination_country for rate in read.rates] == ["JM", "YT", "001"]


def test_dates_increments_and_fees_are_read(deck):
    read = deck(
        "prefix;price eur;Date d'effet;Date de fin;Increment;Frais de mise en relation;Minimum charge;Groupe\n"
        "33;0.1;15/12/2026;2027-01-31;60/60;0,05;0,10;france\n34;0.1;;;6;;;\n351;0.1;1.12.2026;;30+6;;;\n"
    )
    assert prices(read)
    first, second, third = read.rates
    assert (first.valid_from, first.valid_to) == (dt.date(2026, 12, 15), dt.date(2027, 1, 31))
    assert (first.initial_seconds, first.increment_seconds, first.connection_fee_micros) == (60, 60, 50_000)
    assert (first.minimum_charge_micros, first.destination_group) == (100_000, "france")
    assert (second.initial_seconds, second.increment_seconds, second.valid_from) == (6, 6, None)
    assert (third.initial_seconds, third.increment_seconds) == (30, 6)


def test_every_fault_of_a_row_is_told(deck):
    ((row, told),) = said(deck("prefix;price eur;effective date;increments\n06;free;31/31/2026;0/6\n"))
    assert row == 2
    assert [word in told for word in ("prefix: '06'", "price: 'free'", "valid from: '31/31/2026'", "'0/6'")] == [
        True
    ] * 4


def test_a_row_with_a_cell_too_many_is_refused(deck):
    ((row, told),) = said(deck("prefix,country,price eur\n33,France,0,012\n"))
    assert (row, told[:28]) == (2, "4 cells under 3 columns; quo")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no row of headings"),
        ("hello\nworld\n", "no row of headings"),
        ("country;price\nFrance;1\n", "no row of headings with a prefix and a price"),
        ("prefix;price\n33;0.1\n", "does not say what its prices count; say --unit EUR/min"),
        ("prefix;price usd\n33;0.1\n", "convert other currencies"),
        ("prefix;price;rate;unit\n33;0.1;0.2;EUR\n", "row 1: two columns are a price"),
        ("prefix;price;unit\n33;0.1;EUR\n34;1;cents\n", "says EUR, cents; make one deck of each"),
        ("prefix;price eur\n", "no row below its headings"),
        ('prefix;price eur\n33;"0.1\n34;0.1\n', "row 2: unexpected end of data"),
        ("prefix;price eur\n33;\0\n", "neither text nor a workbook"),
    ],
)
def test_a_file_that_is_no_deck_is_refused(deck, text, reason):
    with pytest.raises(BadInput) as raised:
        deck(text)
    assert reason in str(raised.value)


def test_a_unit_given_against_the_files_own_is_refused(deck):
    with pytest.raises(BadInput, match="its heading says cts/min, --unit says EUR/min"):
        deck("prefix;price cts/min\n33;1\n", unit="EUR/min")


MICROS = ("price_per_minute", "connection_fee", "minimum_charge", "surcharge_per_call", "surcharge_per_minute")


@pytest.mark.parametrize(
    ("headings", "cells", "micros"),
    [
        ("Price (cents/min);Connection fee (EUR)", "1,2;0,15", (12_000, 150_000, 0, 0, 0)),
        ("Price (EUR/min);Connection fee (cents)", "0,012;15", (12_000, 150_000, 0, 0, 0)),
        ("Price (EUR/min);Minimum charge (c€ per call)", "0,012;15", (12_000, 0, 150_000, 0, 0)),
        ("Price (EUR/min);Surcharge per call (cts/call)", "0,012;80", (12_000, 0, 0, 800_000, 0)),
        ("Price (EUR/min);Surcharge par minute (cts)", "0,012;80", (12_000, 0, 0, 0, 800_000)),
        ("Price (cents/min);Setup fee;Minimum charge;Surcharge per call", "1,2;5;6;7",
         (12_000, 50_000, 60_000, 70_000, 0)),
        ("Price (EUR/s);Setup fee;Surcharge per minute", "0,0002;0,05;0,35", (12_000, 50_000, 0, 0, 350_000)),
        ("Price (cents/min);Currency", "1,2;EUR", (12_000, 0, 0, 0, 0)),
    ],
)  # fmt: skip
def test_each_price_column_counts_what_its_heading_says_and_else_the_money_of_the_price(deck, headings, cells, micros):
    read = deck(f"prefix;{headings}\n33;{cells}\n")
    assert read.problems == []
    assert tuple(getattr(read.rates[0], f"{name}_micros") for name in MICROS) == micros


@pytest.mark.parametrize(
    ("headings", "reason"),
    [
        ("Price (EUR/min);Setup fee (USD)", "heading 'Setup fee (USD)': 'USD' is no unit of a call's amount"),
        ("Price (EUR/min);Connection fee (EUR/min)", "'EUR/min' is no unit of a call's amount; say EUR or cents"),
        ("Price (EUR/min);Surcharge par minute (EUR/s)", "'Surcharge par minute (EUR/s)': it says a minute and a"),
        ("Price per minute (EUR/s);Setup fee", "it says a minute and a second"),
        ("Price (EUR/min);Surcharge par minute (EUR/appel)", "is no unit of a price"),
    ],
)  # fmt: skip
def test_a_heading_whose_unit_is_not_its_columns_is_refused(deck, headings, reason):
    with pytest.raises(BadInput) as raised:
        deck(f"prefix;{headings}\n33;0,012;0,1\n")
    assert reason in str(raised.value)


@pytest.mark.parametrize("heading", ["Price (cents/min)", "Price"])
def test_the_currency_of_every_row_is_the_euro(deck, heading):
    with pytest.raises(BadInput, match="its currency column says GBP, USD; convert other currencies"):
        deck(f"prefix;{heading};Currency\n33;1,2;EUR\n34;1,2;USD\n35;1,2;GBP\n", unit="cents/min")
    assert prices(deck(f"prefix;{heading};Currency\n33;1,2;EUR\n34;1,2;€\n", unit="cents/min"))[1] == ("34", 12_000)


@pytest.mark.parametrize(("heading", "cell"), [("price (EUR/min)", "1,2 c€"), ("price (cents/min)", "€ 1,2")])
def test_a_cell_that_names_another_money_than_its_column_is_refused(deck, heading, cell):
    ((row, told),) = said(deck(f"prefix;{heading}\n33;{cell}\n"))
    assert (row, "write the figure alone" in told) == (2, True)


@pytest.mark.parametrize(
    ("rows", "refused"),
    [
        ("33;336\n", [2]),
        ("33;336\n44;447\n", [2, 3]),
        ("33;1\n33;6\n44;447\n44;441\n", [4]),
        ("55;55\n33;6\n", []),
        ("55;55\n55;11\n", []),
    ],
)
def test_an_area_code_that_holds_its_country_code_again_is_refused(deck, rows, refused):
    told = said(deck(f"Country code;Code;price eur\n{rows}".replace("\n", ";0.1\n").replace("eur;0.1", "eur")))
    assert [row for row, _ in told] == refused
    assert all("again, as 33 and 336 would make 33336" in reason for _, reason in told)


def test_a_country_that_is_not_that_of_its_digits_is_told_and_kept(deck):
    read = deck("prefix;country;price eur\n447;FR;0.1\n441534;GB;0.1\n336;France;0.1\n870;001;3\n37744;XK;0.1\n")
    assert [rate.destination_country for rate in read.rates] == ["FR", "GB", "FR", "001", "XK"]
    assert [(doubt.row, doubt.reason) for doubt in read.doubts] == [
        (2, "447 is a number of GB, and the row says FR"),
        (6, "37744 is a number of MC, and the row says XK"),
    ]


def test_what_is_not_read_is_told(deck):
    assert deck("prefix;price eur;Level;Comment\n33;1;A;-\n").unread == ("Level", "Comment")


def test_a_workbook_is_read_with_its_merged_cells_and_exact_numbers(workbook):
    read = workbook(
        ["Carrier SA - A-Z rates"],
        [],
        ["Country", "Prefix", "Rate (EUR/min)", "Effective date", "Increment"],
        ["France", 33, 0.0123, dt.date(2026, 12, 15), "60/60"],
        [None, "0033 6", 1e-05, None, 1],
        [None, 337, 0.1234567, None, None],
        ["Jersey", "441534", 1.234, dt.datetime(2026, 12, 1), None],
        merged=["A1:E1", "A4:A6"],
    )
    ((row, told),) = said(read)
    assert (row, "finer than a micro-euro" in told) == (6, True), "a formula's result is not what was typed"
    assert [(r.row, r.destination_country, r.destination_prefix, r.price_per_minute_micros) for r in read.rates] == [
        (4, "FR", "33", 12_300),
        (5, "FR", "336", 10),
        (7, "JE", "441534", 1_234_000),
    ]
    assert [r.valid_from for r in read.rates] == [dt.date(2026, 12, 15), None, dt.date(2026, 12, 1)]


def test_the_sheet_that_is_a_deck_is_found_and_of_two_one_is_named(workbook):
    rates = [["Prefix", "Price EUR"], [33, 0.1]]
    assert workbook(*rates, sheets={"Notes": [["Terms"]]}).sheet == "Rates"
    with pytest.raises(BadInput, match="several sheets are decks, Rates, Old; choose with --sheet"):
        workbook(*rates, sheets={"Old": rates})
    assert workbook(*rates, sheets={"Old": rates}, sheet="Old").sheet == "Old"
    with pytest.raises(BadInput, match="has no sheet 'New'; it has Rates, Notes"):
        workbook(*rates, sheets={"Notes": []}, sheet="New")


def test_a_broken_workbook_is_refused(tmp_path):
    (tmp_path / "deck.xlsx").write_bytes(b"PK\x03\x04 and nothing else")
    with pytest.raises(BadInput, match="cannot be read as a workbook"):
        read_deck(tmp_path / "deck.xlsx")
    with pytest.raises(BadInput, match="cannot be read: No such file"):
        read_deck(tmp_path / "none.xlsx")


def test_the_document_has_every_name_a_column_may_have():
    document = (REPOSITORY / "docs" / "tariff-decks.md").read_text(encoding="utf-8")
    rows = {row.split("|")[2].strip() for row in document.splitlines() if row.count("|") == 3}
    assert [field for field, names in NAMES.items() if ", ".join(dict.fromkeys(names.split("|"))) not in rows] == []
