"""Charts as PNG bytes for the metadata of assets: traffic by day, revenue by month.

matplotlib's object interface on the Agg canvas, without pyplot: no global state, no display. The bytes
depend on the data alone (no date, no version inside), so a second run of an asset shows the same image.
"""

from __future__ import annotations

import base64
import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from domain.money import CENTS_PER_EURO, divide_half_up

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Colours that stay apart for colour-blind eyes (Okabe and Ito) and on the UI's light and dark pages.
BLUE, ORANGE, RED = "#0072B2", "#E69F00", "#D55E00"
INK, GRID = "#333333", "#DDDDDD"
SIZE_INCHES = (9.0, 3.6)
DPI = 120
# Fewer bars than this would be as wide as the page.
SLOTS_AT_LEAST = 8
SMALL_TICKS_FROM = 16
HEADROOM_PERCENT = 12


@dataclass(frozen=True)
class TrafficDay:
    """Calls of a Paris day. ``failed`` is every attempt nobody answered."""

    date: dt.date
    answered: int
    failed: int


@dataclass(frozen=True)
class RevenueMonth:
    """What a month billed, in cents without VAT."""

    month: str
    subscription_cents: int
    usage_cents: int
    penalty_cents: int


def traffic_chart(days: Sequence[TrafficDay], title: str) -> bytes:
    """Attempts of each day as PNG, answered below failed; weekends are named so that a dip explains itself."""
    axes = _axes(title)
    labels = [f"{day.date:%a}\n{day.date.day}" for day in days]
    _stack(
        axes,
        labels,
        [
            ("answered", BLUE, [day.answered for day in days]),
            ("failed", ORANGE, [day.failed for day in days]),
        ],
    )
    axes.set_ylabel("call attempts")
    return _png(axes)


def revenue_chart(months: Sequence[RevenueMonth], title: str) -> bytes:
    """Revenue of each month as PNG, stacked by what was charged, with its total above."""
    axes = _axes(title)
    totals = _stack(
        axes,
        [month.month for month in months],
        [
            ("subscription", BLUE, [month.subscription_cents for month in months]),
            ("usage", ORANGE, [month.usage_cents for month in months]),
            ("penalties", RED, [month.penalty_cents for month in months]),
        ],
    )
    for position, total in enumerate(totals):
        axes.annotate(
            _euros(total),
            (position, total),
            xytext=(0, 4),
            textcoords="offset points",
            ha="center",
            color=INK,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )
    axes.yaxis.set_major_formatter(lambda cents, _: _euros(int(cents)))
    axes.set_ylabel("EUR without VAT")
    return _png(axes)


def image_markdown(png: bytes, description: str) -> str:
    """The image inside Markdown, as Dagster's UI shows it: ``MetadataValue.md(image_markdown(...))``."""
    return f"![{description}](data:image/png;base64,{base64.b64encode(png).decode('ascii')})"


def _axes(title: str) -> Axes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=SIZE_INCHES, dpi=DPI, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_title(title, loc="left", color=INK, fontweight="bold")
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(colors=INK, length=0)
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.yaxis.label.set_color(INK)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10], integer=True))
    return axes


def _stack(axes: Axes, labels: Sequence[str], series: Sequence[tuple[str, str, Sequence[int]]]) -> list[int]:
    """Bars of each series on top of the one before; the totals."""
    positions = range(len(labels))
    totals = [0] * len(labels)
    for name, colour, values in series:
        axes.bar(positions, values, bottom=totals, width=0.72, color=colour, label=name)
        totals = [total + value for total, value in zip(totals, values, strict=True)]
    axes.set_xticks(positions, labels, fontsize=8 if len(labels) >= SMALL_TICKS_FROM else None)
    slots = max(len(labels), SLOTS_AT_LEAST)
    middle = (len(labels) - 1) / 2
    axes.set_xlim(middle - slots / 2, middle + slots / 2)
    axes.set_ylim(0, max(*totals, 1, 1) * (100 + HEADROOM_PERCENT) // 100 + 1)
    if any(totals):
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=len(series), frameon=False, labelcolor=INK)
    else:
        axes.set_yticks([])
        axes.text(0.5, 0.5, "nothing yet", transform=axes.transAxes, ha="center", color=INK)
    return totals


def _euros(cents: int) -> str:
    return f"{divide_half_up(cents, CENTS_PER_EURO):,}".replace(",", " ")


def _png(axes: Axes) -> bytes:
    figure: Any = axes.figure
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()
