"""A price explained: what each line says, and that the amounts are the oracle's."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from domain.calendar import midnight_utc
from domain.numbers import NumberKind
from domain.quote import Quote, explain
from domain.rating import Call, Free, Unrated, rate_call
from domain.tariff import Rate, TariffVersion
from domain.tariff_bands import Tier

STANDARD = Rate(
    rate_id=1,
    version_id="STD-1",
    plan="standard",
    destination_prefix="336",
    destination_country="FR",
    category="France - mobiles",
    price_per_minute_micros=18_000,
    valid_from_at=midnight_utc(dt.date(2026, 1, 1)),
)
OWN = replace(STANDARD, rate_id=2, version_id="GOLD-1", plan="gold", destination_prefix="33", category="France - fixes")
VERSIONS = [TariffVersion("STD-1", "standard", dt.date(2026, 1, 1), None, dt.date(2025, 11, 28))]
CALL = Call(
    "gold", "33601020304", dt.datetime(2026, 11, 22, 9, tzinfo=dt.UTC), 90, "FR", "fixed", fallback_plan="standard",
    contract_id="ctr-1",
)  # fmt: skip
FIXED, MOBILE = NumberKind("+33170181001", "FR", "fixed"), NumberKind("+33601020304", "FR", "mobile")


def quoted(call: Call = CALL, rates: tuple[Rate, ...] = (STANDARD, OWN), **changed: object) -> str:
    quote = Quote("0170181001", "0601020304", "acct-1", FIXED, MOBILE, call, rate_call(call, rates), rates, VERSIONS)
    return "\n".join(explain(replace(quote, **changed)))  # type: ignore[arg-type]


def test_it_says_who_calls_whom_when_and_under_which_plan():
    said = quoted()
    assert "From     +33170181001: fixed, FR; contract ctr-1 of acct-1, plan gold, which falls back to standard" in said
    assert "To       +33601020304: mobile, FR\n" in said
    assert "Answered 2026-11-22 10:00 in Paris, direct, 90 s" in said


def test_it_says_which_prefix_beat_which_and_why():
    said = quoted()
    assert "Tariff   plan standard, version STD-1, in force from 2026-01-01, told on 2025-11-28" in said
    assert "Rate     prefix 336: France - mobiles" in said
    assert "beats prefix 33 of plan gold (France - fixes): its prefix is longer" in said
    own = replace(OWN, destination_prefix="336")
    assert "beats prefix 336 of plan standard (France - mobiles): it is in the contract's own plan" in quoted(
        rates=(STANDARD, own)
    )
    named = replace(STANDARD, rate_id=3, origin_country="FR", origin_number_type="fixed")
    assert "Rate     prefix 336 from FR fixed" in quoted(rates=(STANDARD, named))
    assert "it names the origin country" in quoted(rates=(STANDARD, named))


def test_it_says_the_seconds_and_the_amount():
    priced = replace(STANDARD, initial_seconds=60, increment_seconds=60, connection_fee_micros=50_000)
    said = quoted(rates=(priced,))
    assert "Seconds  90 begun, 120 charged: each 60 s begun" in said
    assert "Part     120 s at the rate: 0,018000\u00a0€ a minute" in said
    assert "Call     0,086000\u00a0€, connection 0,050000\u00a0€" in said
    assert "Total    0,086000\u00a0€ without VAT" in said


def test_increments_are_said_in_words():
    assert "90 charged: by the second" in quoted(rates=(STANDARD,))
    first = replace(STANDARD, initial_seconds=60)
    assert "90 charged: the first 60 s whole, then by the second" in quoted(rates=(first,))
    first = replace(STANDARD, initial_seconds=30, increment_seconds=6)
    assert "90 charged: the first 30 s whole, then each 6 s begun" in quoted(rates=(first,))


def test_an_incoming_call_is_whoevers_the_number_called_is():
    incoming = replace(CALL, call_category="incoming")
    said = quoted(incoming, outcome=Free())
    assert "From     +33170181001: fixed, FR\n" in said
    assert "To       +33601020304: mobile, FR; contract ctr-1 of acct-1, plan gold" in said


def test_a_range_the_switch_refuses_says_so():
    phone = NumberKind("+8821612345678", None, "satellite")
    assert "Blocked  satellite: the switch refuses it unless" in quoted(destination=phone)
    assert "Blocked  high_risk" in quoted(destination=replace(MOBILE, is_high_risk=True))
    assert "Blocked" not in quoted()


def test_a_group_that_no_minutes_and_no_tier_count_is_not_told_of():
    assert "Counted" not in quoted(rates=(replace(STANDARD, destination_group="france"),))


def test_it_says_what_is_left_of_the_included_minutes_and_each_part():
    grouped = replace(STANDARD, destination_group="france")
    tiers = (Tier("STD-1", "france", 3, 6_000),)
    outcome = rate_call(CALL, [grouped], consumed=90, included=120, tiers=tiers)
    said = quoted(rates=(grouped,), outcome=outcome, included=120, consumed=90, is_counted=True)
    assert "Included 0.50 of 2.00 minutes a month are left for france; the call takes 0.50" in said
    assert "Counted  with france: 1.50 minutes before it this month" in said
    assert "Part     30 s included\n" in said
    assert "Part     60 s at the rate" in said
    covered = rate_call(CALL, [grouped], included=120)
    said = quoted(rates=(grouped,), outcome=covered, included=120, is_counted=True)
    assert "what the month has used is not known: priced as its first call" in said
    assert "Call     0,000000\u00a0€: wholly included, no connection fee" in said


def test_it_says_the_service_s_own_price_apart():
    service = replace(STANDARD, surcharge_per_call_micros=500_000, surcharge_per_minute_micros=800_000)
    said = quoted(rates=(service,))
    assert "Call     0,027000\u00a0€" in said
    assert (
        "Service  1,700000\u00a0€ for the service itself (0,500000\u00a0€ a call and 0,800000\u00a0€ a minute)" in said
    )
    assert "Total    1,727000\u00a0€ without VAT" in said


def test_it_says_why_there_is_no_price():
    assert "Price    none (NO_RATE): no rate of the plan" in quoted(rates=())
    nobody = replace(CALL, plan=None, fallback_plan=None, contract_id=None)
    said = quoted(nobody)
    assert "Price    none (NO_CUSTOMER)" in said
    assert "nobody's that day" in said
    assert "Price    free: no tariff prices an incoming call" in quoted(outcome=Free())
    help_line = NumberKind(None, "FR", "emergency", "112")
    assert "free to the caller by law" in quoted(outcome=Unrated("NO_RATE"), destination=help_line)
