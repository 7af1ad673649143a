"""The nodes of a project on a line of time: planned and actual days, each under its light."""

from collections.abc import Sequence

import altair as alt
import pandas as pd
import streamlit as st

from app.components.chart import AMBER, GREEN, GREY, INK, ORANGE, show_chart, show_source
from app.components.lights import LIGHTS
from app.context import Context
from app.messages import Catalogue
from platforms.projects.milestones import Node

LOOKS = {
    "green": (GREEN, LIGHTS["good"]), "yellow": (AMBER, LIGHTS["amber"]),
    "red": (ORANGE, LIGHTS["bad"]), "grey": (GREY, LIGHTS["unknown"]),
}  # fmt: skip
"""Colour and sign of each light."""
ROW_PX = 34


def show_timeline(held: Context, nodes: Sequence[Node]) -> None:
    """Show the nodes of a project; a sentence where none has a day.

    Parameters
    ----------
    held
        Workspace, rules, language.
    nodes
        Its nodes in order.
    """
    if not any(node.planned_on or node.done_on for node in nodes):
        st.caption(held.words.text("timeline_none"))
        return
    show_chart(timeline_chart(nodes, held.as_of, held.words))
    show_source(held, ("project_events",), held.as_of[:4])


def timeline_chart(nodes: Sequence[Node], as_of: str, words: Catalogue) -> alt.LayerChart:
    """Draw a row a node: a diamond where planned, a circle where done.

    Parameters
    ----------
    nodes
        Nodes in order.
    as_of
        The day looked at (ISO), a line across.
    words
        Language.

    Returns
    -------
    LayerChart
        The chart.
    """
    rows = pd.DataFrame([_row(node, as_of, words) for node in nodes])
    node = alt.Y("node:N", title=None, sort=list(rows["node"]))
    colour = alt.Color(
        "light:N", legend=None,
        scale=alt.Scale(domain=list(LOOKS), range=[colour for colour, _ in LOOKS.values()]),
    )  # fmt: skip
    names = [words.text("timeline_planned"), words.text("timeline_done")]
    shape = alt.Shape(
        "state:N", title=None, legend=alt.Legend(orient="top"),
        scale=alt.Scale(domain=names, range=["diamond", "circle"]),
    )  # fmt: skip
    when = alt.X(
        "day:T", title=words.text("timeline_date"), axis=alt.Axis(format="%Y-%m", tickCount=8)
    )
    marks = rows.melt(["node", "light", "said"], ["planned", "done"], "state", "day").dropna()
    marks["state"] = marks["state"].map(dict(zip(("planned", "done"), names, strict=True)))
    spans = rows.dropna(subset=["planned", "done"])
    base = alt.Chart(marks)
    return alt.layer(
        alt.Chart(spans).mark_rule(strokeWidth=3, opacity=0.6).encode(
            x="planned:T", x2="done:T", y=node, color=colour
        ),
        base.mark_point(size=110, strokeWidth=2.5, filled=False).encode(
            when, node, colour, shape, tooltip=["node:N", "state:N", "day:T", "said:N"]
        ),
        alt.Chart(rows).mark_text(align="left", dx=10, color=INK).encode(
            x=alt.X("last:T"), y=node, text="said:N"
        ),
        alt.Chart(pd.DataFrame({"day": [pd.Timestamp(as_of)]}))
        .mark_rule(color=INK, strokeDash=[5, 3]).encode(x="day:T"),
    ).properties(height=ROW_PX * len(rows))  # fmt: skip


def _row(node: Node, as_of: str, words: Catalogue) -> dict[str, object]:
    planned, done = (
        pd.Timestamp(day) if day else pd.NaT for day in (node.planned_on, node.done_on)
    )
    known = [day for day in (planned, done) if not pd.isna(day)]
    sign = LOOKS[node.light][1]
    said = f"{sign} {words.text(f'light_{node.light}')}"
    if node.days is not None:
        code = "timeline_left" if node.days >= 0 else "timeline_over"
        done_code = "timeline_early" if node.days >= 0 else "timeline_late"
        said += words.text(done_code if node.done_on else code, days=abs(node.days))
    return {
        "node": words.word("event_kind", node.kind), "light": node.light, "planned": planned,
        "done": done, "said": said, "last": max(known) if known else pd.Timestamp(as_of),
    }  # fmt: skip
