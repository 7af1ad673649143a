"""Our own colours stand out from what lies beneath them (WCAG 2.2 AA)."""

import re
import tomllib
from itertools import combinations
from pathlib import Path

import pytest

from app.answers import evidence as lights
from app.components import charts as chart
from app.components import charts as quadrant
from app.components import charts as timeline

PROJECT = Path(__file__).resolve().parents[3]
THEME = tomllib.loads((PROJECT / ".streamlit" / "config.toml").read_text("utf-8"))["theme"]
PAPER = "#FFFFFF"
TEXT_LEAST, SHAPE_LEAST = 4.5, 3.0


def luminance(colour):
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(part * weight for part, weight in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_black_on_white_has_the_greatest_contrast_there_is():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.005)


def test_the_ground_of_the_pages_is_the_light_one_the_colours_were_chosen_for():
    assert THEME["base"] == "light"
    assert chart.PAPER == PAPER


@pytest.mark.parametrize("colour", [*lights.COLOURS.values(), chart.INK, THEME["primaryColor"]])
def test_every_colour_of_text_can_be_read(colour):
    assert contrast(colour, PAPER) >= TEXT_LEAST


@pytest.mark.parametrize("colour", [chart.BLUE, chart.ORANGE, chart.GREY, chart.GREEN, chart.AMBER])
def test_every_colour_of_a_shape_stands_out_from_the_paper(colour):
    assert contrast(colour, PAPER) >= SHAPE_LEAST


@pytest.mark.parametrize("colour", sorted(set(chart.OUTCOME_COLOURS.values())))
def test_ink_on_a_bar_can_be_read(colour):
    # Bars are drawn at three quarters over the paper.
    mixed = "#" + "".join(
        f"{round(0.75 * int(colour[at : at + 2], 16) + 0.25 * 255):02X}" for at in (1, 3, 5)
    )
    assert contrast(chart.INK, mixed) >= TEXT_LEAST


def test_no_mark_is_told_apart_by_colour_alone():
    for looks in (quadrant.LOOKS, timeline.LOOKS):
        shapes = [shape for _, shape in looks.values()]
        assert all(one != other for one, other in combinations(shapes, 2))
    signs = chart.OUTCOME_SIGNS
    assert len({signs["met"], signs["not_met"], signs["no_data"]}) == 3


def test_pages_take_their_colours_from_the_palette():
    found = [
        f"{path.name}: {colour}"
        for folder in ("views", "components")
        for path in sorted((PROJECT / "app" / folder).glob("*.py"))
        for colour in re.findall(r"#[0-9A-Fa-f]{6}\b", path.read_text("utf-8"))
        if path.name != "charts.py"
    ]
    assert found == []
