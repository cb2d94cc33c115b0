"""The chart of accounts as people change it: every fault is named, with its key."""

from __future__ import annotations

import datetime as dt
import tomllib

import pytest

from adapters.chart_file import DEFAULT_CHART, read_chart
from domain.errors import BadInput

TEXT = DEFAULT_CHART.read_text(encoding="utf-8")


def test_the_chart_that_ships_is_whole():
    chart = read_chart()
    assert chart.revenue("subscription").number == "706100"
    assert chart.revenue("adjustment").number == "706800"
    assert set(chart.vat) == {2000, 1000, 850, 550}


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('"411000"', '"401000"', r"accounts.customers: '401000' .* begins with 411"),
        ('"445710"', '"44"', r"vat.2000: '44' .* begins with 4457"),
        ('label = "Banque"', 'label = ""', r"accounts.bank is not \{ number"),
        ("suspense =", "suspence =", r"accounts.suspense is missing; accounts.suspence is unknown"),
        ('code = "BQ"', 'code = "VE"', "journals: code VE is used twice"),
        ('code = "BQ"', 'code = "bank!"', "journals.bank: code 'bank!' is not 1 to 6 capitals"),
        ('"12-31"', '"02-29"', "fiscal_year.ends_on '02-29' is not a day of every year"),
        ("850 =", "'8,5' =", r"vat.8,5 is not a rate"),
        ("[vat]", "[tax]", r"\[tax\] is not one of its sections; \[vat\] is missing"),
    ],
)
def test_a_fault_is_named_with_its_key(tmp_path, before, after, said):
    assert before in TEXT
    file = tmp_path / "chart.toml"
    file.write_text(TEXT.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(BadInput, match=said):
        read_chart(file)


def test_a_file_that_cannot_be_read_says_so(tmp_path):
    with pytest.raises(BadInput, match="cannot be read"):
        read_chart(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("a = ")
    with pytest.raises(BadInput, match="is not TOML"):
        read_chart(tmp_path / "bad.toml")


def test_an_accounting_year_may_end_in_summer(tmp_path):
    file = tmp_path / "chart.toml"
    file.write_text(TEXT.replace("12-31", "06-30"), encoding="utf-8")
    assert read_chart(file).fiscal_year(2026) == (dt.date(2025, 7, 1), dt.date(2026, 6, 30))
    assert tomllib.loads(TEXT)["fiscal_year"] == {"ends_on": "12-31"}
