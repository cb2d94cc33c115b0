"""The last twelve months as a row of bars, in SVG: drawn from the payload's figures alone, in whole units.

The chart is on page one to be compared at a glance: only the highest month and this one bear their figure.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from domain.calendar import Month
from domain.french import MONTHS
from domain.money import CENTS_PER_EURO, THOUSANDS_SPACE, divide_half_up, format_cents

MONTHS_SHOWN = 12
# Units of the SVG; CSS gives its size on paper.
SLOT, BAR, HEIGHT, TOP, BASE = 30, 18, 62, 14, 14
WIDTH = MONTHS_SHOWN * SLOT
SHORT_MONTHS = ("janv.", "févr.", "mars", "avril", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.")
NOW, BEFORE, QUIET, RULE = "#0f3d5e", "#a9bccb", "#64748b", "#cbd5e1"


def history_chart(month: Month, totals: Mapping[str, int]) -> str | None:
    """Bars of the twelve months up to ``month``, from totals TTC in cents by ``YYYY-MM``; None when it stands alone."""
    months = [month]
    while len(months) < MONTHS_SHOWN:
        months.insert(0, months[0].previous)
    shown = {one: totals[str(one)] for one in months if totals.get(str(one), 0) > 0}
    if len(shown) < 2 or month not in shown:
        return None
    highest = max(shown.values())
    peak = next(one for one in months if shown.get(one) == highest)
    bars = "".join(
        _bar(index, shown[one], highest, is_now=one == month, is_said=one in (month, peak))
        for index, one in enumerate(months)
        if one in shown
    )
    names = "".join(_name(index, one, is_now=one == month) for index, one in enumerate(months))
    ground = TOP + HEIGHT
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" font-family="Inter" viewBox="0 0 {WIDTH} {ground + BASE}"'
        f' class="bars"><title>{escape(_in_words(shown))}</title>'
        f'<line x1="0" y1="{ground}" x2="{WIDTH}" y2="{ground}" stroke="{RULE}" stroke-width="1"/>{bars}{names}</svg>'
    )


def _bar(index: int, cents: int, highest: int, *, is_now: bool, is_said: bool) -> str:
    height = max(1, divide_half_up(cents * HEIGHT, highest))
    x, y = index * SLOT + (SLOT - BAR) // 2, TOP + HEIGHT - height
    colour = NOW if is_now else BEFORE
    bar = f'<rect x="{x}" y="{y}" width="{BAR}" height="{height}" fill="{colour}"/>'
    if not is_said:
        return bar
    weight, ink = ("600", NOW) if is_now else ("400", QUIET)
    # Near the right edge a centred figure would be cut.
    anchor, at = ("end", WIDTH) if index == MONTHS_SHOWN - 1 else ("middle", x + BAR // 2)
    return bar + (
        f'<text x="{at}" y="{y - 4}" text-anchor="{anchor}" font-size="10" font-weight="{weight}" fill="{ink}">'
        f"{_round_euros(cents)}</text>"
    )


def _name(index: int, month: Month, *, is_now: bool) -> str:
    weight, ink = ("600", NOW) if is_now else ("400", QUIET)
    return (
        f'<text x="{index * SLOT + SLOT // 2}" y="{TOP + HEIGHT + 11}" text-anchor="middle" font-size="9.5"'
        f' font-weight="{weight}" fill="{ink}">{_short(month)}</text>'
    )


def _short(month: Month) -> str:
    """``juil.``, ``août``: as a calendar abbreviates. The year is left out: the row ends with this month."""
    return SHORT_MONTHS[month.first_date.month - 1]


def _round_euros(cents: int) -> str:
    return f"{divide_half_up(cents, CENTS_PER_EURO):,}".replace(",", THOUSANDS_SPACE)


def _in_words(shown: Mapping[Month, int]) -> str:
    said = ", ".join(
        f"{MONTHS[m.first_date.month - 1]} {m.first_date.year} {format_cents(c)}" for m, c in shown.items()
    )
    return f"Total TTC facturé par mois : {said}"
