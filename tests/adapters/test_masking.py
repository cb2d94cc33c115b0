"""Numbers that leave by mail lose their last four digits; what only looks like a number stays."""

from __future__ import annotations

import pytest

from adapters.masking import mask_numbers


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("+33170181001", "+3317018****"),
        ("0170181001", "017018****"),
        ("0033170181001 and +262692123456.", "003317018**** and +26269212****."),
        ('{"dialed_number": "33170181001"}', '{"dialed_number": "3317018****"}'),
        ("sip:+33612345678@carrier", "sip:+3361234****@carrier"),
    ],
)
def test_a_phone_number_loses_its_last_four_digits(said: str, told: str) -> None:
    assert mask_numbers(said) == told


@pytest.mark.parametrize(
    "said",
    [
        "2026-11-22",
        "0b39fc43-1342-4b4d-80b6-295161edf374",
        "12345678-1342-4b4d-80b6-295161edf374/00000000-0000-0000-0000-000000000000",
        "F2026-000123",
        '{"amount_micros": 1234567890123, "ended_micros": 1795379475453286}',
        "service 3639",
    ],
)
def test_keys_dates_and_amounts_stay_readable(said: str) -> None:
    assert mask_numbers(said) == said
