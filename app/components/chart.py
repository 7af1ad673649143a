"""Charts in one style: drawn by the browser from data that the page carries."""

import altair as alt
import pandas as pd

from app.messages import Catalogue
from platforms.land.curve import ToleranceCurve

BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#666666"
"""Okabe and Ito's colours, told apart by colour-blind readers too."""


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
