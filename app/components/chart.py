"""Charts in one style: drawn by the browser from data that the page carries."""

from collections.abc import Mapping
from types import MappingProxyType

import altair as alt
import pandas as pd
import streamlit as st

from app.answers.ledger import layer_name
from app.components.lights import LIGHTS
from app.context import Context
from app.messages import Catalogue
from platforms.land.curve import ToleranceCurve

BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#666666"
"""Okabe and Ito's colours, told apart by colour-blind readers too."""
GREEN, AMBER, INK, PAPER = "#009E73", "#A86500", "#222222", "#FFFFFF"
"""Their bluish green; an amber darker than theirs, so that it stands out from the paper."""

FONT = "MuPlan Sans"
"""The font that the app hands out; machines have none of that name."""

OUTCOME_COLOURS: Mapping[str, str] = MappingProxyType(
    {"met": GREEN, "not_met": ORANGE, "no_data": GREY, "not_applicable": GREY}
)
OUTCOME_SIGNS: Mapping[str, str] = MappingProxyType(
    {
        "met": LIGHTS["good"], "not_met": LIGHTS["bad"], "no_data": LIGHTS["unknown"],
        "not_applicable": LIGHTS["unknown"],
    }
)  # fmt: skip


def font_face(address: str) -> str:
    """Tell the browser where the charts' font is.

    Parameters
    ----------
    address
        Of the font's file.

    Returns
    -------
    str
        A style sheet.
    """
    return (
        f"<style>@font-face {{font-family: '{FONT}'; font-display: swap; "
        f"src: url('{address}') format('opentype')}}</style>"
    )


def show_chart(chart: alt.Chart | alt.LayerChart) -> None:
    """Show a chart in the style of the app, over the width it has.

    Drawn as SVG: text then takes the font once the browser has it; a canvas keeps its first one.

    Parameters
    ----------
    chart
        The chart.
    """
    st.altair_chart(styled_chart(chart), width="stretch", theme=None)


def styled_chart(chart: alt.Chart | alt.LayerChart) -> alt.Chart | alt.LayerChart:
    """Give a chart the font and the ink of the app."""
    styled: alt.Chart | alt.LayerChart = (
        chart.properties(usermeta={"embedOptions": {"renderer": "svg", "actions": False}})
        .configure(font=FONT, background=PAPER)
        # The page framework sets its own font for each part, so each part is told ours.
        .configure_axis(
            labelFont=FONT, titleFont=FONT, labelColor=INK, titleColor=INK,
            titleFontWeight="normal", labelLimit=180, gridColor="#E5E5E5", labelFontSize=12,
            titleFontSize=12,
        )
        .configure_legend(
            labelFont=FONT, titleFont=FONT, labelColor=INK, titleColor=INK, labelFontSize=12
        )
        .configure_title(font=FONT, color=INK, anchor="start", fontSize=14, fontWeight="normal")
        .configure_text(font=FONT, fontSize=12)
        .configure_view(strokeOpacity=0)
    )  # fmt: skip
    return styled


def show_source(held: Context, layers: tuple[str, ...], period: str) -> None:
    """Say under a picture what it was drawn from.

    Parameters
    ----------
    held
        Workspace, rules, language.
    layers
        Tables it was drawn from.
    period
        Year or span of its figures.
    """
    pack, words = held.policy.pack, held.words
    named = words.joined(layer_name(name, words) for name in layers)
    st.caption(
        words.text(
            "chart_source", workspace=held.facts.title, layers=named, period=period,
            as_of=held.as_of, pack=pack.title, edition=pack.edition,
        )
    )  # fmt: skip


def curve_chart(curve: ToleranceCurve, gap_m: float, words: Catalogue) -> alt.LayerChart:
    """Draw area of blocks against tolerance, the tolerance used and the knee marked.

    Parameters
    ----------
    curve
        The tolerance curve.
    gap_m
        The tolerance used [m].
    words
        Language.

    Returns
    -------
    LayerChart
        Steps for blocks of 100 and of 200 亩.
    """
    names = {"area_mu_100": words.text("chart_100"), "area_mu_200": words.text("chart_200")}
    long = curve.rows.melt("gap_m", list(names), "size", "area_mu")
    long["size"] = long["size"].map(names)
    gap = alt.X("gap_m:Q", title=words.text("column_gap_m"))
    area = alt.Y("area_mu:Q", title=words.text("chart_area"))
    size = alt.Color(
        "size:N", title=None, scale=alt.Scale(domain=list(names.values()), range=[BLUE, ORANGE]),
        legend=alt.Legend(orient="top"),
    )  # fmt: skip
    lines = alt.Chart(long).mark_line(interpolate="step-after", strokeWidth=2)
    marks = [(gap_m, words.text("chart_asked", gap_m=gap_m))]
    if curve.knee_gap_m is not None:
        marks.append((curve.knee_gap_m, words.text("chart_knee", gap_m=curve.knee_gap_m)))
    said = pd.DataFrame(marks, columns=["gap_m", "said"]).assign(line=range(len(marks)))
    rules = alt.Chart(said)
    return (
        alt.layer(
            lines.encode(gap, area, size),
            rules.mark_rule(color=GREY, strokeDash=[4, 3]).encode(gap),
            rules.mark_text(color=GREY, align="left", dx=4, baseline="top").encode(
                gap,
                text="said:N",
                # One under the other: the knee often lies near the tolerance used.
                y=alt.Y("line:Q", scale=alt.Scale(domain=[0, 18], range=[334, 0]), axis=None),
            ),
        )
        .resolve_scale(y="independent")
        .properties(height=360)
    )
