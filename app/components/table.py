"""How a list is shown on a page: words for codes, headings with units, figures rounded."""

from collections.abc import Mapping, Sequence

import pandas as pd

from app.messages import Catalogue
from layers.exchange.heading import ExportHeading
from layers.exchange.shown import Cell, shown_table

DECIMALS = 2


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
    headings, cells = shown_table(pd.DataFrame(frame)[list(columns)], heading)
    rounded = [[_rounded(cell) for cell in column] for column in cells]
    return pd.DataFrame(dict(zip(headings, rounded, strict=True)))


def _rounded(cell: Cell) -> Cell:
    return round(cell, DECIMALS) if isinstance(cell, float) else cell
