"""How a list is shown on a page: words for codes, headings with units, figures rounded."""

from collections.abc import Mapping, Sequence

import pandas as pd

from app.messages import Catalogue
from layers.exchange.heading import ExportHeading
from layers.exchange.shown import shown_table

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
    shown = pd.DataFrame(dict(zip(headings, cells, strict=True)))
    for name in shown.columns:
        if shown[name].map(lambda value: isinstance(value, float)).any():
            shown[name] = pd.to_numeric(shown[name]).round(DECIMALS)
    return shown
