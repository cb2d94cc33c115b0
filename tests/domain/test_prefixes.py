"""Prefixes as carriers write them, and what a set of them leaves out."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import BadInput
from domain.prefixes import Coverage, fewest_prefixes, parse_prefix, parse_prefixes

D1, D2, D3 = dt.date(2026, 12, 1), dt.date(2027, 1, 1), dt.date(2027, 2, 1)
FOR_EVER = dt.date.max


@pytest.mark.parametrize("text", ["336", "+336", "00336", " +33 6 ", "00 33 6"])
def test_a_prefix_loses_its_plus_or_its_international_00(text):
    assert parse_prefix(text, what="row 2") == "336"


@pytest.mark.parametrize("text", ["FR3639", "FR 36 39", " FR3639"])
def test_a_short_number_s_prefix_keeps_its_country(text):
    assert parse_prefix(text, what="row 2") == "FR3639"


@pytest.mark.parametrize(
    "text",
    ["", "+", "00", "06", "+06", "0", "+00336", "000336", "33x", "++33", "٣٣", "1234567890123456", "*", "33.6", "33-6",
     "336, 337", "33160-33170"],
)  # fmt: skip
def test_what_is_not_one_prefix_is_refused_by_name(text):
    with pytest.raises(BadInput, match=r"row 2.*like 33"):
        parse_prefix(text, what="row 2")


@pytest.mark.parametrize(
    ("text", "country_code", "prefixes"),
    [
        ("33", "", ("33",)),
        ("+33 6", "", ("336",)),
        ("0033\u00a06", "", ("336",)),
        ("33162;33163", "", ("33162", "33163")),
        ("33162, +33163\n00337", "", ("33162", "33163", "337")),
        ("33162-33164", "", ("33162", "33163", "33164")),
        ("33160 – 33169", "", ("3316",)),
        ("33160 à 33170, 338", "", ("3316", "33170", "338")),
        ("1, 2-5; 9", "33", ("331", "332", "333", "334", "335", "339")),
        ("0-9", "33", ("33",)),
        ("06", "39", ("3906",)),
        ("00-01", "225", ("22500", "22501")),
        ("FR3639", "", ("FR3639",)),
        ("FR3600-FR3699", "", ("FR36",)),
        ("FR118711-118713", "", ("FR118711", "FR118712", "FR118713")),
    ],
)
def test_a_cell_names_its_prefixes(text, country_code, prefixes):
    assert parse_prefixes(text, what="prefix", country_code=country_code) == prefixes


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("06", "'06' is not a prefix; write the country code"),
        ("33.0", "'33.0' is not a prefix"),
        ("3.3E+10", "is not a prefix"),
        ("1234567890123456", "is not a prefix"),
        ("3639 court", "is not a prefix"),
        ("33-6", "may be a range or one prefix"),
        ("33168-33162", "the lower first"),
        ("33-34-35", "is not a range"),
        ("33a-33b", "is not a range"),
        ("FR36-DE38", "is not a range"),
        ("33٣", "is not a prefix"),
    ],
)
def test_what_is_no_prefix_is_refused_by_name(text, said):
    with pytest.raises(BadInput, match="prefix: ") as raised:
        parse_prefixes(text, what="prefix")
    assert said in str(raised.value)


@given(st.integers(1, 4).flatmap(lambda n: st.tuples(st.just(n), *[st.integers(0, 10**n - 1)] * 2)))
def test_the_prefixes_of_a_range_mean_its_numbers_once_and_nothing_else(drawn):
    length, low, high = drawn[0], min(drawn[1:]), max(drawn[1:])
    prefixes = fewest_prefixes(f"{low:0{length}d}", f"{high:0{length}d}")
    meant = [int(p + "0" * (length - len(p))) + n for p in prefixes for n in range(10 ** (length - len(p)))]
    assert meant == list(range(low, high + 1))
    parents = [prefix[:-1] for prefix in prefixes]
    assert all(parents.count(parent) < 10 for parent in parents), "ten brothers are their parent"


def test_a_shorter_prefix_prices_a_longer_one():
    assert Coverage([("33", D1, None)]).holes("336", D1, None) == []


def test_a_prefix_cut_into_longer_ones_leaves_what_none_of_them_prices():
    pieces = [(f"33{digit}", D1, None) for digit in "1234567"]
    assert Coverage(pieces).holes("33", D1, None) == [(p, D1, FOR_EVER) for p in ("330", "338", "339")]


def test_a_price_that_begins_late_leaves_the_days_before_it():
    assert Coverage([("33", D2, None), ("336", D1, D3)]).holes("336", D1, None) == []
    assert Coverage([("33", D2, None)]).holes("336", D1, None) == [("336", D1, D2)]
    assert Coverage([("33", D1, D2)]).holes("33", D1, D3) == [("33", D2, D3)]


def test_a_prefix_that_is_gone_is_a_hole():
    assert Coverage([("34", D1, None)]).holes("33", D1, None) == [("33", D1, FOR_EVER)]
