"""The charts decode as images, show what they are given, and are the same bytes twice."""

from __future__ import annotations

import base64
import datetime as dt
import io
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from adapters.charts import BLUE, ORANGE, RED, RevenueMonth, TrafficDay, image_markdown, revenue_chart, traffic_chart

REPOSITORY = Path(__file__).resolve().parents[2]
NOVEMBER = [TrafficDay(dt.date(2026, 11, day), answered=30 * day, failed=10 * day) for day in range(1, 31)]


def colours(png: bytes) -> Counter[str]:
    """Pixels of each colour of the chart."""
    image = Image.open(io.BytesIO(png))
    image.load()
    assert (image.format, image.size) == ("PNG", (1080, 432))
    flat = image.convert("RGB").tobytes()
    seen = Counter(zip(flat[0::3], flat[1::3], flat[2::3], strict=True))
    return Counter({"#" + bytes(colour).hex().upper(): pixels for colour, pixels in seen.items()})


def test_answered_and_failed_attempts_are_drawn_in_proportion() -> None:
    pixels = colours(traffic_chart(NOVEMBER, "Traffic per day, November 2026"))
    # Three answered for one failed; legend and rounded edges are the tolerance.
    assert pixels[BLUE] == pytest.approx(3 * pixels[ORANGE], rel=0.05)
    assert RED not in pixels


def test_subscription_usage_and_penalties_are_stacked() -> None:
    months = [RevenueMonth(f"2026-{month:02d}", 400_000, 200_000, 100_000) for month in (9, 10, 11)]
    pixels = colours(revenue_chart(months, "Revenue per month"))
    assert pixels[BLUE] == pytest.approx(2 * pixels[ORANGE], rel=0.05)
    assert pixels[ORANGE] == pytest.approx(2 * pixels[RED], rel=0.10)


def test_a_month_with_nothing_is_still_an_image() -> None:
    empty = [
        traffic_chart([], "Traffic"),
        traffic_chart([TrafficDay(dt.date(2026, 11, 1), 0, 0)], "Traffic"),
        revenue_chart([], "Revenue"),
    ]
    assert all(BLUE not in colours(png) for png in empty)


def test_the_same_figures_give_the_same_bytes() -> None:
    assert traffic_chart(NOVEMBER, "Traffic") == traffic_chart(list(NOVEMBER), "Traffic")


def test_the_markdown_carries_the_image_itself() -> None:
    png = traffic_chart(NOVEMBER, "Traffic")
    markdown = image_markdown(png, "Traffic of November")
    shown = re.fullmatch(r"!\[Traffic of November]\(data:image/png;base64,([A-Za-z0-9+/=]+)\)", markdown)
    assert shown is not None
    assert base64.b64decode(shown[1], validate=True) == png


def test_drawing_needs_no_display_and_leaves_no_global_state() -> None:
    script = (
        "import sys; from adapters import charts\n"
        "assert not any(name.startswith('matplotlib') for name in sys.modules), 'drawn before it is asked for'\n"
        "charts.revenue_chart([charts.RevenueMonth('2026-11', 1, 1, 1)], 'Revenue')\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, check=True, env={"PATH": "/usr/bin"})
