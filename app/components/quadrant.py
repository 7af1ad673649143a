"""Output against tax per 亩, divided by the two targets into four quadrants."""

import altair as alt
import pandas as pd

from app.components.chart import BLUE, GREEN, GREY, INK, ORANGE
from app.messages import Catalogue
from platforms.indicators.per_mu import quadrant_of
from platforms.policy.dated import PolicySet

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

    Parameters
    ----------
    frame
        ``name``, ``output_wan_yuan_per_mu``, ``tax_wan_yuan_per_mu`` [万元/亩], none missing.
    policy
        Holds the targets A8 and A9; without them no lines are drawn.
    words
        Language.

    Returns
    -------
    tuple of LayerChart and int
        The chart, and how many rows lie beyond it: the last hundredths would press the others
        into a corner. They are listed all the same.
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
            mine = rows[[one == side for one in sides]]
            named = alt.Chart(mine).mark_text(align=side, dx=dx, color=INK, fontSize=11)
            layers.append(named.encode(x, y, text="name:N"))
    return alt.layer(*layers).properties(height=HEIGHT_PX), int((~inside).sum())


def label_sides(rows: pd.DataFrame, ends: dict[str, float]) -> list[str | None]:
    """Choose for each name the side on which it covers neither the edge nor another name.

    Parameters
    ----------
    rows
        ``name`` and the two figures.
    ends
        Ends of the axes, by column.

    Returns
    -------
    list of str or None
        ``left`` where the name begins at its mark, ``right`` where it ends there; None where
        neither fits: the mark then names itself when pointed at.
    """
    taken: list[tuple[float, float, float]] = []
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
                for start, end, other in taken
            )
        ]  # fmt: skip
        sides.append(free[0][0] if free else None)
        if free:
            taken.append((free[0][1], free[0][1] + wide, height))
    return sides


def _scale(values: pd.Series, end: float) -> alt.Scale:
    return alt.Scale(domain=[min(0.0, float(values.min())), end])


def _marks(rows: pd.DataFrame, x: alt.X, y: alt.Y, words: Catalogue) -> alt.Chart:
    codes = [code for code in LOOKS if code in set(rows["quadrant"])]
    said = [words.text(f"quadrant_{code}") for code in codes]
    colours, shapes = zip(*(LOOKS[code] for code in codes), strict=True)
    marks: alt.Chart = (
        alt.Chart(rows)
        .mark_point(filled=True, size=90, opacity=0.8)
        .encode(
            x, y,
            alt.Color("said:N", title=None, scale=alt.Scale(domain=said, range=list(colours)),
                      legend=alt.Legend(orient="top")),
            alt.Shape("said:N", title=None, scale=alt.Scale(domain=said, range=list(shapes))),
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
        said = words.text("quadrant_target", rule=rule, value=targets[column])
        base = alt.Chart(pd.DataFrame({column: [targets[column]], "said": [said]}))
        place = {code: f"{column}:Q"}
        lines.append(base.mark_rule(color=INK, strokeDash=[5, 3]).encode(**place))
        end = {"y": alt.value(8)} if code == "x" else {"x": alt.value(0)}
        above = 0 if code == "x" else -7
        named = base.mark_text(color=INK, align="left", dx=4, dy=above)
        lines.append(named.encode(**place, **end, text="said:N"))
    return lines
