from __future__ import annotations

import datetime as dt

import pytest

from domain.french import (
    clock_duration,
    french_count,
    french_date,
    french_decimal,
    french_long_date,
    french_month,
    french_of,
    french_percent,
    french_unit,
    grouped_number,
    grouped_siren,
    spoken_duration,
    typographic,
)

NO_BREAK = "\u00a0"
NARROW = "\u202f"


def test_dates_are_written_day_first():
    assert french_date(dt.date(2026, 12, 1)) == "01/12/2026"


def test_the_first_of_a_month_is_1er():
    assert french_long_date(dt.date(2026, 12, 1)) == f"1er{NO_BREAK}décembre{NO_BREAK}2026"
    assert french_long_date(dt.date(2026, 8, 31)) == f"31{NO_BREAK}août{NO_BREAK}2026"


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 appel"), (1, "1 appel"), (2, "2 appels"), (1500, f"1{NARROW}500 appels")]
)
def test_zero_and_one_are_singular(count, text):
    assert french_count(count, "appel") == text.replace(" ", NO_BREAK)


def test_an_irregular_plural_is_given():
    assert french_count(2, "journal", "journaux") == f"2{NO_BREAK}journaux"


def test_durations_for_columns_have_two_digits_a_field():
    assert [clock_duration(seconds) for seconds in (7, 3723, 360_000)] == ["00:00:07", "01:02:03", "100:00:00"]


@pytest.mark.parametrize(
    ("seconds", "text"), [(7, "7 s"), (65, "1 min 05 s"), (3600, "1 h 00 min 00 s"), (7512, "2 h 05 min 12 s")]
)
def test_durations_for_sentences_leave_out_leading_zeros(seconds, text):
    assert spoken_duration(seconds) == text.replace(" ", NO_BREAK)


def test_thousands_of_hours_are_grouped_as_any_figure():
    assert spoken_duration(1242 * 3600) == f"1{NARROW}242{NO_BREAK}h{NO_BREAK}00{NO_BREAK}min{NO_BREAK}00{NO_BREAK}s"


@pytest.mark.parametrize(("basis_points", "text"), [(2000, "20 %"), (850, "8,5 %"), (825, "8,25 %"), (0, "0 %")])
def test_rates_are_exact(basis_points, text):
    assert french_percent(basis_points) == text.replace(" ", NO_BREAK)


@pytest.mark.parametrize(
    ("text", "places", "printed"),
    [
        ("3", 0, "3"),
        ("12.5000", 0, "12,5"),
        ("12.5000", 2, "12,50"),
        ("1234.5", 2, f"1{NARROW}234,50"),
        ("-0.5", 0, "-0,5"),
        ("7.0000", 0, "7"),
    ],
)
def test_exact_decimals_keep_their_value(text, places, printed):
    assert french_decimal(text, places=places) == printed


@pytest.mark.parametrize(
    ("unit", "quantity", "printed"),
    [
        ("utilisateur", "1", "utilisateur"),
        ("utilisateur", "2", "utilisateurs"),
        ("utilisateur", "1.9", "utilisateur"),
        ("mois", "3", "mois"),
        ("min", "12.5", "min"),
    ],
)
def test_a_unit_agrees_with_its_quantity(unit, quantity, printed):
    assert french_unit(unit, quantity) == printed


def test_a_siren_is_read_by_threes():
    assert grouped_siren("478444474") == f"478{NO_BREAK}444{NO_BREAK}474"


@pytest.mark.parametrize(
    ("number", "printed"),
    [
        ("+33612345678", "+33 6 12 34 56 78"),
        ("+3361234••••", "+33 6 12 34 •• ••"),
        ("+33363", "+33363"),
        ("+447911123456", "+447911123456"),
        ("118218", "118218"),
    ],
)
def test_french_numbers_are_read_by_pairs(number, printed):
    assert grouped_number(number) == printed.replace(" ", NO_BREAK)


def test_typed_labels_get_the_signs_of_print():
    assert typographic("Centre d'appels - mobiles") == f"Centre d’appels{NO_BREAK}– mobiles"
    assert typographic("Porte-à-porte") == "Porte-à-porte"


@pytest.mark.parametrize(
    ("month", "said"), [(3, "de mars"), (4, "d’avril"), (8, "d’août"), (10, "d’octobre"), (12, "de décembre")]
)
def test_de_loses_its_vowel_before_another(month, said):
    assert french_of(french_month(dt.date(2026, month, 1))) == f"{said}\u00a02026"
