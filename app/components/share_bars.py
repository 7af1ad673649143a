"""Shares against the share that a rule asks for, as bars."""

import altair as alt
import pandas as pd

from app.components.chart import GREY, INK, OUTCOME_COLOURS, OUTCOME_SIGNS
from app.messages import Catalogue

ROW_PX = 26


def share_bars(frame: pd.DataFrame, title: str, words: Catalogue) -> alt.LayerChart:
    """Draw one bar a unit, the share asked for as a line.

    Parameters
    ----------
    frame
        One row a unit: ``unit_name``, ``share`` (0–1, missing where it can't be told),
        ``share_low``, ``share_high`` (its bounds), ``threshold`` (0–1), ``outcome`` (``met``,
        ``not_met``, ``no_data``) and, where something was added to what is on file,
        ``share_before``.
    title
        What is shared out, with its unit.
    words
        Language.

    Returns
    -------
    LayerChart
        Bars with sign and figure; the share before, where there is one, as a tick.
    """
    rows = frame.assign(
        said=[
            _said(*row, words)
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


def _said(outcome: str, share: float, low: float, high: float, words: Catalogue) -> str:
    """Say a bar in sign, word and figure: colour is never alone."""
    figure = "" if pd.isna(share) else f" {share:.1%}"
    if pd.isna(share) and not pd.isna(low) and high - low < 1.0:
        figure = f" {low:.1%}–{high:.1%}"
    return f"{OUTCOME_SIGNS[outcome]} {words.text(f'outcome_{outcome}')}{figure}"
