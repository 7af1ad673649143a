"""How a list is shown on a page: words for codes, headings with units, figures rounded."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from app.components.lights import COLOURS
from app.messages import Catalogue
from layers.exchange.heading import ExportHeading
from layers.exchange.shown import shown_table
from layers.unit_words import unit_in

DECIMALS = 2
UNIT_COLUMNS = ("measure", "unit")
"""Columns that hold a unit of measure."""
MISSING = "–"


def shown_columns(
    frame: pd.DataFrame,
    columns: Sequence[str],
    words: Catalogue,
    titles: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Give a list as people read it.

    Parameters
    ----------
    frame
        Rows with the vocabulary's column names.
    columns
        The columns shown, in order.
    words
        Language of headings and codes.
    titles
        Headings of columns outside the vocabulary; none given: ``column_<name>``.

    Returns
    -------
    DataFrame
        The same rows under their headings; figures rounded to two decimals, on the screen only.
    """
    own = {
        name: words.text(f"column_{name}")
        for name in columns
        if f"column_{name}" in words.sentences
    }
    heading = ExportHeading("", {}, language=words.language, titles={**own, **(titles or {})})
    rows = pd.DataFrame(frame)[list(columns)].copy()
    for name in UNIT_COLUMNS:
        if name in rows:
            rows[name] = [
                unit_in(one, words.language) if isinstance(one, str) else one for one in rows[name]
            ]
    headings, cells = shown_table(rows, heading)
    shown = pd.DataFrame(dict(zip(headings, cells, strict=True)), dtype="object")
    for name, title in zip(columns, headings, strict=False):
        shown[title] = _figures(shown[title], is_share="share" in name.split("_"))
    return shown


def _figures(cells: pd.Series, *, is_share: bool) -> pd.Series:
    """Show shares as percentages and whole numbers as such; round other figures."""
    known = cells.dropna()
    if not len(known) or not known.map(lambda cell: type(cell) in (int, float)).all():
        return cells
    if is_share:
        return cells.map(lambda cell: MISSING if pd.isna(cell) else f"{cell:.1%}")
    if known.map(lambda cell: isinstance(cell, int)).all():
        whole = cells.astype("Int64")
        return (
            whole.astype("str").where(whole.notna(), MISSING) if len(known) < len(cells) else whole
        )
    return cells.astype("float64").round(DECIMALS)


def show_list(table: pd.DataFrame, **options: object) -> Any:  # noqa: ANN401
    """Show a list: its look, no index, the whole width, – for what is missing.

    Parameters
    ----------
    table
        As ``shown_columns`` gives it.
    **options
        Further ones of ``st.dataframe`` (height, selection).

    Returns
    -------
    Any
        The rows chosen, where ``on_select`` asks for them.
    """
    return st.dataframe(
        styled(table), hide_index=True, width="stretch", placeholder=MISSING, **options
    )


def styled(table: pd.DataFrame) -> Styler:
    """Give a table its look: thousands and two decimals, – for what is missing, coloured signs."""
    numbers = [name for name in table.columns if pd.api.types.is_float_dtype(table[name])]
    shown = table.style.format(na_rep=MISSING)
    shown = shown.format(f"{{:,.{DECIMALS}f}}", subset=numbers, na_rep=MISSING)
    return shown.map(_colour)


def _colour(value: object) -> str:
    colour = COLOURS.get(str(value)[:1])
    return f"color: {colour}; font-weight: 600" if colour else ""
