"""Charts."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import altair as alt
import pandas as pd
import streamlit as st

from app.answers.answer import layer_name
from app.answers.evidence import LIGHTS
from app.context import Context
from app.messages import Catalogue
from app.routes import FONT
from platforms.indicators.per_mu import quadrant_of
from platforms.land.blocks import ToleranceCurve
from platforms.ledger.entry import Node
from platforms.policy.in_force import PolicySet

BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#666666"
"""Okabe and Ito's colours, told apart by colour-blind readers too."""
GREEN, AMBER, INK, PAPER = "#009E73", "#A86500", "#222222", "#FFFFFF"
"""Their bluish green; an amber darker than theirs, so that it stands out from the paper."""

OUTCOME_COLOURS: Mapping[str, str] = MappingProxyType(
    {"met": GREEN, "not_met": ORANGE, "no_data": GREY, "not_applicable": GREY}
)
OUTCOME_SIGNS: Mapping[str, str] = MappingProxyType(
    {
        "met": LIGHTS["good"], "not_met": LIGHTS["bad"], "no_data": LIGHTS["unknown"],
        "not_applicable": LIGHTS["unknown"],
    }
)  # fmt: skip


def show_chart(chart: alt.Chart | alt.LayerChart) -> None:
    """Show a chart in the style of the app, over the width it has.

    Drawn as SVG: text then takes the font once the browser has it; a canvas keeps its first one.
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


def show_source(context: Context, layers: tuple[str, ...], period: str) -> None:
    """Say under a picture what it was drawn from.

    ``period``: Year or span of its figures.
    """
    pack, words = context.policy.pack, context.words
    tables_named = words.joined(layer_name(name, words) for name in layers)
    st.caption(
        words.text(
            "chart_source", workspace=context.facts.title, layers=tables_named, period=period,
            as_of=context.as_of, pack=pack.title, edition=pack.edition,
        )
    )  # fmt: skip


def curve_chart(curve: ToleranceCurve, gap_m: float, words: Catalogue) -> alt.LayerChart:
    """Draw area of blocks against tolerance, the tolerance used and the knee marked.

    ``gap_m``: The tolerance used [m].

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
    labels = pd.DataFrame(marks, columns=["gap_m", "said"]).assign(line=range(len(marks)))
    rules = alt.Chart(labels)
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


LOOKS = {
    "both_reached": (GREEN, "circle"),
    "output_reached": (BLUE, "triangle-up"),
    "tax_reached": (BLUE, "square"),
    "none_reached": (ORANGE, "cross"),
    "unsaid": (GREY, "diamond"),
}
"""Colour and shape of each quadrant."""
OUTPUT, TAX = "output_wan_yuan_per_mu", "tax_wan_yuan_per_mu"
MOST_NAMED = 30
SHOWN_QUANTILE = 0.98
WIDTH_PX, HEIGHT_PX, LINE_PX = 920, 340, 15
"""Size on a screen 1366 px wide, and of a line of text."""


def quadrant_chart(
    frame: pd.DataFrame, policy: PolicySet, words: Catalogue
) -> tuple[alt.LayerChart, int]:
    """Draw each row as a mark whose shape and colour say which targets it reaches.

    ``frame``: ``name``, ``output_wan_yuan_per_mu``, ``tax_wan_yuan_per_mu`` [万元/亩], none
      missing.
    ``policy``: Holds the targets A8 and A9; without them no lines are drawn.

    The chart, and how many rows lie beyond it: the last hundredths would press the others into a
    corner. They are listed all the same.
    """
    targets = {
        column: policy.rule(rule).rule.number
        for column, rule in ((OUTPUT, "A8"), (TAX, "A9"))
        if policy.parts(rule)
    }
    ends = {
        column: 1.1 * max(float(frame[column].quantile(SHOWN_QUANTILE)), targets.get(column, 0.0))
        for column in (OUTPUT, TAX)
    }
    inside = frame[OUTPUT].le(ends[OUTPUT]) & frame[TAX].le(ends[TAX])
    rows = frame.loc[inside, ["name", OUTPUT, TAX]].assign(
        quadrant=[
            quadrant_of(o, t, policy) or "unsaid"
            for o, t in zip(frame.loc[inside, OUTPUT], frame.loc[inside, TAX], strict=True)
        ]
    )
    rows["said"] = [words.text(f"quadrant_{code}") for code in rows["quadrant"]]
    x = alt.X(f"{OUTPUT}:Q", title=words.heading(OUTPUT), scale=_scale(rows[OUTPUT], ends[OUTPUT]))
    y = alt.Y(f"{TAX}:Q", title=words.heading(TAX), scale=_scale(rows[TAX], ends[TAX]))
    layers = [_marks(rows, x, y, words), *_lines(targets, words)]
    if len(rows) <= MOST_NAMED:
        sides = label_sides(rows, ends)
        for side, dx in (("left", 9), ("right", -9)):
            mine = rows[[placed_on == side for placed_on in sides]]
            labels = alt.Chart(mine).mark_text(align=side, dx=dx, color=INK, fontSize=11)
            layers.append(labels.encode(x, y, text="name:N"))
    return alt.layer(*layers).properties(height=HEIGHT_PX), int((~inside).sum())


def label_sides(rows: pd.DataFrame, ends: dict[str, float]) -> list[str | None]:
    """Choose for each name the side on which it covers neither the edge nor another name.

    ``rows``: ``name`` and the two figures.
    ``ends``: Ends of the axes, by column.

    ``left`` where the name begins at its mark, ``right`` where it ends there; None where neither
    fits: the mark then names itself when pointed at.
    """
    occupied: list[tuple[float, float, float]] = []
    sides: list[str | None] = []
    for name, across, up in zip(rows["name"], rows[OUTPUT], rows[TAX], strict=True):
        at, height = across / ends[OUTPUT] * WIDTH_PX, up / ends[TAX] * HEIGHT_PX
        wide = 12 + sum(11 if ord(letter) > 255 else 6 for letter in str(name))
        free = [
            (side, begin)
            for side, begin in (("left", at), ("right", at - wide))
            if begin >= 0 and begin + wide <= WIDTH_PX
            and not any(
                abs(height - other) < LINE_PX and begin < end and start < begin + wide
                for start, end, other in occupied
            )
        ]  # fmt: skip
        sides.append(free[0][0] if free else None)
        if free:
            occupied.append((free[0][1], free[0][1] + wide, height))
    return sides


def _scale(values: pd.Series, end: float) -> alt.Scale:
    return alt.Scale(domain=[min(0.0, float(values.min())), end])


def _marks(rows: pd.DataFrame, x: alt.X, y: alt.Y, words: Catalogue) -> alt.Chart:
    codes = [code for code in LOOKS if code in set(rows["quadrant"])]
    labels = [words.text(f"quadrant_{code}") for code in codes]
    colours, shapes = zip(*(LOOKS[code] for code in codes), strict=True)
    marks: alt.Chart = (
        alt.Chart(rows)
        .mark_point(filled=True, size=90, opacity=0.8)
        .encode(
            x, y,
            alt.Color("said:N", title=None, scale=alt.Scale(domain=labels, range=list(colours)),
                      legend=alt.Legend(orient="top")),
            alt.Shape("said:N", title=None, scale=alt.Scale(domain=labels, range=list(shapes))),
            tooltip=[
                alt.Tooltip("name:N", title=words.heading("name")),
                alt.Tooltip(f"{OUTPUT}:Q", title=words.heading(OUTPUT), format=",.2f"),
                alt.Tooltip(f"{TAX}:Q", title=words.heading(TAX), format=",.2f"),
                alt.Tooltip("said:N", title=words.heading("quadrant")),
            ],
        )
    )  # fmt: skip
    return marks


def _lines(targets: dict[str, float], words: Catalogue) -> list[alt.Chart | alt.LayerChart]:
    """Draw the targets, each with what it is."""
    lines: list[alt.Chart | alt.LayerChart] = []
    for column, rule, code in ((OUTPUT, "A8", "x"), (TAX, "A9", "y")):
        if column not in targets:
            continue
        label = words.text("quadrant_target", rule=rule, value=targets[column])
        base = alt.Chart(pd.DataFrame({column: [targets[column]], "said": [label]}))
        place = {code: f"{column}:Q"}
        lines.append(base.mark_rule(color=INK, strokeDash=[5, 3]).encode(**place))
        end = {"y": alt.value(8)} if code == "x" else {"x": alt.value(0)}
        above = 0 if code == "x" else -7
        label_marks = base.mark_text(color=INK, align="left", dx=4, dy=above)
        lines.append(label_marks.encode(**place, **end, text="said:N"))
    return lines


ROW_PX = 26


def share_bars(frame: pd.DataFrame, title: str, words: Catalogue) -> alt.LayerChart:
    """Draw one bar a unit, the share asked for as a line.

    ``frame``: One row a unit: ``unit_name``, ``share`` (0–1, missing where it can't be told),
      ``share_low``, ``share_high`` (its bounds), ``threshold`` (0–1), ``outcome`` (``met``,
      ``not_met``, ``no_data``) and, where something was added to what is on file, ``share_before``.
    ``title``: What is shared out, with its unit.

    Bars with sign and figure; the share before, where there is one, as a tick.
    """
    rows = frame.assign(
        said=[
            _figure_text(*row, words)
            for row in frame[["outcome", "share", "share_low", "share_high"]].itertuples(
                index=False
            )
        ],
        drawn=frame["share"].fillna(frame["share_low"]).fillna(0.0).clip(0.0, 1.0),
    )
    unit = alt.Y(
        "unit_name:N", title=None, sort=list(frame["unit_name"]),
        axis=alt.Axis(labelLimit=112),
    )  # fmt: skip
    across = alt.X(
        "drawn:Q", title=words.heading("share"), scale=alt.Scale(domain=[0, 1]),
        axis=alt.Axis(format="%", values=[0, 0.25, 0.5, 0.75, 1]),
    )  # fmt: skip
    codes = list(OUTCOME_COLOURS)
    colour = alt.Color(
        "outcome:N", legend=None,
        scale=alt.Scale(domain=codes, range=[OUTCOME_COLOURS[code] for code in codes]),
    )  # fmt: skip
    base = alt.Chart(rows)
    layers = [
        base.mark_bar(opacity=0.75).encode(across, unit, colour),
        base.mark_text(align="left", dx=4, color=INK).encode(y=unit, text="said:N", x=alt.value(0)),
        alt.Chart(rows.dropna(subset=["threshold"]).head(1))
        .mark_rule(color=INK, strokeDash=[5, 3], strokeWidth=1.5)
        .encode(x="threshold:Q"),
    ]
    if "share_before" in rows and rows["share_before"].notna().any():
        layers.append(
            base.mark_tick(color=GREY, thickness=3, size=ROW_PX - 8).encode(
                x="share_before:Q", y=unit
            )
        )
    return alt.layer(*layers).properties(title=title, height=ROW_PX * len(frame))


def _figure_text(outcome: str, share: float, low: float, high: float, words: Catalogue) -> str:
    """Say a bar in sign, word and figure: colour is never alone."""
    figure = "" if pd.isna(share) else f" {share:.1%}"
    if pd.isna(share) and not pd.isna(low) and high - low < 1.0:
        figure = f" {low:.1%}–{high:.1%}"
    return f"{OUTCOME_SIGNS[outcome]} {words.text(f'outcome_{outcome}')}{figure}"


TIMELINE_COLOURS = {
    "green": (GREEN, LIGHTS["good"]), "yellow": (AMBER, LIGHTS["amber"]),
    "red": (ORANGE, LIGHTS["bad"]), "grey": (GREY, LIGHTS["unknown"]),
}  # fmt: skip
"""Colour and sign of each light."""
TIMELINE_ROW_PX = 34


def show_timeline(context: Context, nodes: Sequence[Node]) -> None:
    """Show the nodes of a project; a sentence where none has a day.

    ``nodes``: Its nodes in order.
    """
    if not any(node.planned_on or node.done_on for node in nodes):
        st.caption(context.words.text("timeline_none"))
        return
    show_chart(timeline_chart(nodes, context.as_of, context.words))
    show_source(context, ("project_events",), context.as_of[:4])


def timeline_chart(nodes: Sequence[Node], as_of: str, words: Catalogue) -> alt.LayerChart:
    """Draw a row a node: a diamond where planned, a circle where done.

    ``nodes``: Nodes in order.
    ``as_of``: The day looked at (ISO), a line across.
    """
    rows = pd.DataFrame([_row(node, as_of, words) for node in nodes])
    node = alt.Y("node:N", title=None, sort=list(rows["node"]))
    colour = alt.Color(
        "light:N", legend=None,
        scale=alt.Scale(
            domain=list(TIMELINE_COLOURS), range=[colour for colour, _ in TIMELINE_COLOURS.values()]
        ),
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
    ).properties(height=TIMELINE_ROW_PX * len(rows))  # fmt: skip


def _row(node: Node, as_of: str, words: Catalogue) -> dict[str, object]:
    planned, done = (
        pd.Timestamp(day) if day else pd.NaT for day in (node.planned_on, node.done_on)
    )
    known = [day for day in (planned, done) if not pd.isna(day)]
    sign = TIMELINE_COLOURS[node.light][1]
    label = f"{sign} {words.text(f'light_{node.light}')}"
    if node.days is not None:
        code = "timeline_left" if node.days >= 0 else "timeline_over"
        done_code = "timeline_early" if node.days >= 0 else "timeline_late"
        label += words.text(done_code if node.done_on else code, days=abs(node.days))
    return {
        "node": words.word("event_kind", node.kind), "light": node.light, "planned": planned,
        "done": done, "said": label, "last": max(known) if known else pd.Timestamp(as_of),
    }  # fmt: skip
