"""What share of land, energy and emission rights goes to zones, and what would mend it."""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import streamlit as st

from app.answers.answer import Answer
from app.answers.checks import share_answer
from app.answers.evidence import LIGHTS
from app.answers.imports import read_what_if
from app.components.charts import share_bars, show_chart, show_source
from app.components.page import (
    as_text,
    hand_out,
    page_head,
    say_lines,
    show_list,
    show_where_held,
    shown_columns,
)
from app.context import Context, unit_names
from app.session import cached_answer, current_context, words
from layers.exchange.read import UPLOAD_ENDINGS
from layers.fields import unit_in
from layers.scratch import temporary_folder

COLUMNS = (
    "unit_name", "year", "span", "element_name", "pollutant", "boundary_basis", "share", "outcome",
    "inside", "total", "unit", "headroom", "need_inside", "planned_share", "repair_share",
    "repair_allotment_ids", "declared_but_outside",
)  # fmt: skip
KEYS = ("unit_id", "year", "span", "element", "pollutant", "boundary_basis")
SPANS = ("year", "cumulative")
BOUNDARIES = ("in_use", "approved")
CHARTS_A_ROW = 3
LIST_PX = 420
LAYERS = ("element_allotments", "projects", "parks", "major_platforms")


def show() -> None:
    """Show the page."""
    context = current_context()
    page_head(context, "page_shares", "shares_question")
    if not len(context.source.read("units")) or not len(context.source.read("element_allotments")):
        st.info(words().text("shares_empty"))
        return
    show_where_held(lambda: _shares(context))


def _shares(context: Context) -> None:
    text = words().text
    first, second, third, fourth = st.columns([1, 1, 1, 3], vertical_alignment="bottom")
    year = int(first.number_input(text("column_year"), 1990, 2100, context.year, key="share_year"))
    span = second.selectbox(
        text("column_span"), SPANS, format_func=lambda code: text(f"span_{code}"), key="share_span"
    )
    boundary = third.selectbox(
        text("column_boundary_basis"), BOUNDARIES, key="share_boundary",
        format_func=lambda code: text(f"boundary_{code}"),
    )  # fmt: skip
    names = {**unit_names(context), "": text("whole_city")}
    chosen = fourth.multiselect(
        text("column_unit_name"), list(names), format_func=names.get, key="share_units",
        placeholder=text("shares_all_units"),
    )  # fmt: skip
    further = _what_if(context)
    with st.spinner(text("working")):
        on_file = cached_answer(share_answer, year)
        answer = on_file if further is None else share_answer(context, year, further)
    say_lines(answer.summary)
    if not answer.result["shares"]:
        return
    frame = _coded(answer)
    if further is not None:
        frame = _with_before(frame, _coded(on_file))
    frame["unit_name"] = [names.get(unit_id, text("whole_city")) for unit_id in frame["unit_id"]]
    wanted = frame["unit_id"].fillna("").isin(chosen) if chosen else pd.Series(True, frame.index)
    mine = frame["span"].eq(span) & frame["boundary_basis"].eq(boundary) & wanted
    _bars(context, frame[mine], str(year))
    st.caption(text("shares_hint"))
    listed = answer.sheet("shares").frame.loc[wanted]
    show_list(shown_columns(listed, COLUMNS, words(), answer.titles), height=LIST_PX)
    hand_out(answer, context, (".xlsx", ".docx", ".csv"), "shares")


def _coded(answer: Answer) -> pd.DataFrame:
    """Give the shares with their codes, in the order of the list."""
    rows = pd.DataFrame(answer.result["shares"])
    figures = ("share", "share_low", "share_high", "threshold")
    return rows.astype(dict.fromkeys(figures, "float64"))


def _with_before(frame: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """Put beside each share what it was; a supposed allotment may bring a row that wasn't there."""
    known = before[[*KEYS, "share"]].rename(columns={"share": "share_before"})
    return frame.merge(known, on=list(KEYS), how="left")


def _bars(context: Context, frame: pd.DataFrame, period: str) -> None:
    text = words().text
    if not len(frame):
        st.info(text("shares_none_here"))
        return
    groups = list(frame.groupby(["element", frame["pollutant"].fillna("")], sort=False))
    for start in range(0, len(groups), CHARTS_A_ROW):
        row = groups[start : start + CHARTS_A_ROW]
        for column, ((element, pollutant), rows) in zip(
            st.columns(CHARTS_A_ROW), row, strict=False
        ):
            title_of = (
                text("shares_projects") if element == "projects"
                else words().word("element", element)
            )  # fmt: skip
            title = f"{title_of} {pollutant}".strip()
            with column:
                show_chart(share_bars(rows, _headed(title, rows["unit"].iloc[0]), words()))
    st.caption(text("shares_legend", **LIGHTS))
    show_source(context, LAYERS, period)


def _headed(name: str, unit: str) -> str:
    unit_word = unit_in(unit, words().language)
    return f"{name}（{unit_word}）" if words().language == "zh" else f"{name} ({unit_word})"


def _what_if(context: Context) -> gpd.GeoDataFrame | None:
    """Read further allotments that are not on file, to see what they would do."""
    text = words().text
    with st.expander(text("shares_what_if")):
        st.caption(text("shares_what_if_hint"))
        upload = st.file_uploader(
            text("import_file"), type=list(UPLOAD_ENDINGS), key="share_what_if"
        )
    if upload is None:
        return None
    with temporary_folder() as folder:
        path = folder / Path(upload.name).name
        path.write_bytes(upload.getbuffer())
        further = read_what_if(context, path)
    st.info(as_text(text("shares_with_further", count=len(further), file=upload.name)))
    return further


show()
