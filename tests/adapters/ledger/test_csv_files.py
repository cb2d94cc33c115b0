"""CSV files as people write them."""

from __future__ import annotations

import datetime as dt

import pytest

from adapters.ledger.csv_files import Column, read_csv
from adapters.ledger.csv_values import as_cents, as_country, as_date, as_micros, as_one_of, as_text, as_whole, as_yes_no
from domain.errors import BadInput

COLUMNS = (
    Column("name", as_text),
    Column("price_eur", as_cents, field="price_cents"),
    Column("since", as_date, None),
)


@pytest.fixture
def read(tmp_path):
    def read(content, columns=COLUMNS):
        path = tmp_path / "file.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_csv(path, columns)

    return read


def test_a_row_is_typed_and_numbered_by_its_line(read):
    rows, problems = read("name,price_eur,since\nÉté,1.50,2026-10-31\n")
    assert [(row.number, row.values) for row in rows] == [
        (2, {"name": "Été", "price_cents": 150, "since": dt.date(2026, 10, 31)})
    ]
    assert problems == []


@pytest.mark.parametrize(
    "content",
    [
        "name;price_eur;since\nX;1,50;\n",
        'name,price_eur,since\nX,"1,50",\n',
        "\ufeffname;price_eur\nX;1,50\n",
        "price_eur;name\r\n1.5;X\r\n",
        "name ; price_eur\n X ; 1,5 \n",
        "name;price_eur\nX;1,5",
    ],
)
def test_separator_decimal_mark_byte_order_mark_and_column_order_are_free(read, content):
    rows, problems = read(content)
    assert [row.values for row in rows] == [{"name": "X", "price_cents": 150, "since": None}]
    assert problems == []


def test_empty_lines_are_left_out_and_lines_in_quotes_are_counted(read):
    rows, problems = read('name,price_eur\n\n"two\nlines",1\n,,\nX,2\nY,no\n')
    assert [(row.number, row.values["price_cents"]) for row in rows] == [(3, 100), (6, 200)]
    assert [problem.row for problem in problems] == [7]


def test_every_problem_of_every_row_is_told(read):
    _, problems = read("name,price_eur,since\n,x,31/10/2026\nX,1,\nY,2,3,4\n")
    assert [problem.row for problem in problems] == [2, 4]
    for said in ("name is empty", "price_eur: 'x' is not an amount", "since: '31/10/2026' is not a date"):
        assert said in problems[0].reason
    assert "4 cells under 3 columns" in problems[1].reason


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "column 'name' is missing"),
        ("name\nX\n", "column 'price_eur' is missing"),
        ("name,price_eur,colour\n", "column 'colour' is not one of its columns.*It takes: name, price_eur, since"),
        ("name,name,price_eur\n", "column 'name' comes twice"),
        ("name,price_eur\nÉté,1\n".encode("cp1252"), r"not UTF-8 \(byte 15\); save it as"),
        ('name,price_eur\n"X" Y,1\n', "row 2: .*quotes"),
        ('name,price_eur\n"X,1\n', "row 2: .*quotes"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_by_name(read, content, said):
    with pytest.raises(BadInput, match=rf"file\.csv.*{said}"):
        read(content)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(BadInput, match=r"none\.csv cannot be read: No such file"):
        read_csv(tmp_path / "none.csv", COLUMNS)


@pytest.mark.parametrize(("text", "cents"), [("0", 0), ("12", 1200), ("0,5", 50), ("1234.56", 123456)])
def test_euros_become_cents_exactly(text, cents):
    assert as_cents(text, "price") == cents


def test_a_price_a_minute_becomes_micros_exactly():
    assert as_micros("0,0123", "price") == 12_300


@pytest.mark.parametrize("text", ["1e3", "1_000", "1 234,56", "٣", "NaN", "1.", ".5", "1.2.3", "€1", "+1"])
def test_what_is_no_plain_amount_is_refused(text):
    with pytest.raises(BadInput, match=r"price: .* is not an amount in euros"):
        as_cents(text, "price")


@pytest.mark.parametrize(("text", "said"), [("-1", "negative"), ("0.001", "finer than 1/100")])
def test_an_amount_that_is_negative_or_too_fine_is_refused(text, said):
    with pytest.raises(BadInput, match=said):
        as_cents(text, "price")


@pytest.mark.parametrize("text", ["2026-1-5", "20261031", "2026-W44-6", "2026-02-30", "31/10/2026", "2026-10-31T00:00"])
def test_a_date_has_one_form(text):
    with pytest.raises(BadInput, match=r"since: .* is not a date"):
        as_date(text, "since")


def test_words_numbers_and_countries():
    assert (as_yes_no("yes", "x"), as_yes_no("no", "x"), as_whole("12", "x"), as_country("FR", "x")) == (
        True,
        False,
        12,
        "FR",
    )
    for parse, text in (
        (as_yes_no, "oui"),
        (as_whole, "-1"),
        (as_whole, "1.0"),
        (as_country, "fr"),
        (as_one_of("a"), "b"),
    ):
        with pytest.raises(BadInput, match="x: "):
            parse(text, "x")
