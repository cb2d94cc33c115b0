from __future__ import annotations

from domain.countries import FRENCH_NAMES, french_country


def test_countries_are_named_as_a_french_reader_names_them():
    assert [french_country(code) for code in ("FR", "RE", "GB", "US")] == [
        "France",
        "La Réunion",
        "Royaume-Uni",
        "États-Unis",
    ]


def test_every_code_is_two_capitals_and_has_a_name():
    assert len(FRENCH_NAMES) == 250
    assert all(code.isalpha() and code.isupper() and name for code, name in FRENCH_NAMES.items())


def test_a_code_nobody_knows_is_printed_as_it_is():
    assert french_country("ZZ") == "ZZ"
