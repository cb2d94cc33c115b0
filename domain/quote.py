"""A price explained as a person would: which number, which tariff, which prefix beat which, which seconds, how much."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from domain.calendar import BILLING_ZONE
from domain.money import decimal_text, divide_half_up, format_micros
from domain.numbers import NumberKind
from domain.rating import Call, Free, RatedCall, Unrated, contenders, precedence
from domain.tariff import ANY, Rate, TariffVersion
from domain.tariff_bands import SECONDS_PER_MINUTE

# What each part of ``domain.rating.precedence`` is called when it decides.
DECIDED_BY = (
    "its prefix is longer",
    "it is in the contract's own plan",
    "it names the origin country",
    "it names the origin number type",
    "it names the call category",
)
NO_PRICE = {
    "NO_CUSTOMER": "no contract holds the calling number that day: correct the inventory of numbers",
    "INVALID_NUMBER": "what was dialled is no number that a tariff can price",
    "EXPIRED_RATE": "every rate that matches has ended: announce a version that follows it",
    "NO_RATE": "no rate of the plan or its fallback matches: add the prefix to the tariff",
}
SHOWN_RIVALS = 3


@dataclass(frozen=True)
class Quote:
    """A call that was asked about, and what the tariffs make of it.

    ``consumed`` is what the counter of the call's group stands at, in seconds; None when nobody knows it.
    ``is_counted``: minutes of the group have a say in the price, being included or in tiers.
    """

    caller: str
    dialled: str
    customer_id: str | None
    origin: NumberKind
    destination: NumberKind
    call: Call
    outcome: RatedCall | Unrated | Free
    rates: Sequence[Rate]
    versions: Sequence[TariffVersion]
    included: int = 0
    consumed: int | None = None
    is_counted: bool = False


def explain(quote: Quote) -> list[str]:
    """The lines of an explanation, in the order a person thinks."""
    return [*_about_the_call(quote), *_about_the_price(quote)]


def _about_the_call(quote: Quote) -> Iterator[str]:
    call, local = quote.call, quote.call.answered_at.astimezone(BILLING_ZONE)
    holder = f"contract {call.contract_id} of {quote.customer_id}" if call.contract_id else "nobody's that day"
    fallback = f", which falls back to {call.fallback_plan}" if call.fallback_plan else ""
    plan = f", plan {call.plan}{fallback}" if call.plan else ""
    # Whose an incoming call is, the number it came in on says.
    caller, called = ("", f"; {holder}{plan}") if call.call_category == "incoming" else (f"; {holder}{plan}", "")
    yield f"From     {quote.origin.e164 or quote.caller}: {_kind(quote.origin)}{caller}"
    yield f"To       {quote.destination.e164 or quote.dialled}: {_kind(quote.destination)}{called}{_matched(quote)}"
    yield f"Answered {local:%Y-%m-%d %H:%M} in Paris, {call.call_category}, {call.billed_seconds} s"
    if (danger := quote.destination.number_class) in ("satellite", "high_risk"):
        yield f"Blocked  {danger}: the switch refuses it unless the customer's row says is_high_risk_allowed"


def _matched(quote: Quote) -> str:
    """What a prefix is looked for in, where it is not the number itself."""
    digits = quote.call.called_digits
    is_asked = digits and quote.destination.e164 is None and not quote.destination.is_free_to_caller
    return f"; in a tariff {digits}" if is_asked else ""


def _kind(kind: NumberKind) -> str:
    return f"{kind.number_type}, {kind.country}" if kind.country else str(kind.number_type)


def _about_the_price(quote: Quote) -> Iterator[str]:
    outcome = quote.outcome
    if quote.destination.is_free_to_caller:
        yield "Price    free to the caller by law: never charged, never itemised"
    elif isinstance(outcome, Free):
        yield "Price    free: no tariff prices an incoming call to this number"
    elif isinstance(outcome, Unrated):
        yield f"Price    none ({outcome.reason}): {NO_PRICE[outcome.reason]}"
    else:
        yield from _about_the_rate(quote, outcome.rate)
        yield from _about_the_seconds(quote, outcome)
        yield from _about_the_amount(outcome)


def _about_the_rate(quote: Quote, rate: Rate) -> Iterator[str]:
    version = next((row for row in quote.versions if row.version_id == rate.version_id), None)
    since = "" if version is None else f", in force from {version.valid_from}"
    told = "" if version is None or version.notice_date is None else f", told on {version.notice_date}"
    yield f"Tariff   plan {rate.plan}, version {rate.version_id}{since}{told}"
    yield f"Rate     {_named(rate)}: {rate.category}"
    for rival in contenders(quote.call, quote.rates)[1 : 1 + SHOWN_RIVALS]:
        yield f"         beats {_named(rival)} of plan {rival.plan} ({rival.category}): {_why(quote.call, rate, rival)}"


def _named(rate: Rate) -> str:
    origin = [part for part in (rate.origin_country, rate.origin_number_type, rate.call_category) if part != ANY]
    return f"prefix {rate.destination_prefix}" + (f" from {' '.join(origin)}" if origin else "")


def _why(call: Call, winner: Rate, rival: Rate) -> str:
    pairs = zip(DECIDED_BY, precedence(winner, call), precedence(rival, call), strict=True)
    return next(why for why, mine, theirs in pairs if mine != theirs)


def _about_the_seconds(quote: Quote, rated: RatedCall) -> Iterator[str]:
    rate = rated.rate
    yield f"Seconds  {rated.billed_seconds} begun, {rated.charged_seconds} charged: {_by(rate)}"
    if quote.is_counted and quote.consumed is None:
        yield f"Counted  with {rate.destination_group}; what the month has used is not known: priced as its first call"
    elif quote.is_counted:
        yield f"Counted  with {rate.destination_group}: {_minutes(quote.consumed or 0)} minutes before it this month"
    if quote.included:
        left = max(0, quote.included - (quote.consumed or 0))
        yield (
            f"Included {_minutes(left)} of {_minutes(quote.included)} minutes a month are left "
            f"for {rate.destination_group}; the call takes {_minutes(rated.included_seconds)}"
        )


def _by(rate: Rate) -> str:
    every = "by the second" if rate.increment_seconds == 1 else f"each {rate.increment_seconds} s begun"
    if rate.initial_seconds == rate.increment_seconds:
        return every
    return f"the first {rate.initial_seconds} s whole, then {every}"


def _minutes(seconds: int) -> str:
    return decimal_text(Fraction(divide_half_up(seconds * 100, SECONDS_PER_MINUTE), 100), places=2)


def _about_the_amount(rated: RatedCall) -> Iterator[str]:
    rate = rated.rate
    for part in rated.parts:
        said = {"included": "included", "rate": "at the rate: ", "tier": "at the volume reached: "}[part.kind]
        price = "" if part.kind == "included" else f"{format_micros(part.price_per_minute_micros)} a minute"
        yield f"Part     {part.seconds} s {said}{price}"
    if rated.included_seconds == rated.charged_seconds:
        yield f"Call     {format_micros(0)}: wholly included, no connection fee"
    else:
        fee = f", connection {format_micros(rate.connection_fee_micros)}" if rate.connection_fee_micros else ""
        least = f", at least {format_micros(rate.minimum_charge_micros)}" if rate.minimum_charge_micros else ""
        yield f"Call     {format_micros(rated.amount_micros)}{fee}{least}"
    if rated.surcharge_micros:
        prices = _surcharge_prices(rate)
        yield f"Service  {format_micros(rated.surcharge_micros)} for the service itself ({' and '.join(prices)})"
    yield f"Total    {format_micros(rated.amount_micros + rated.surcharge_micros)} without VAT"


def _surcharge_prices(rate: Rate) -> Iterable[str]:
    prices = ((rate.surcharge_per_call_micros, "a call"), (rate.surcharge_per_minute_micros, "a minute"))
    return [f"{format_micros(price)} {unit}" for price, unit in prices if price]
