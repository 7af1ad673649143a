"""What one list of an export is."""

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Sheet:
    """One list or layer to write.

    Attributes
    ----------
    name
        Name of the sheet or layer.
    frame
        Rows with the vocabulary's column names; a GeoDataFrame where they have shapes.
    totals
        Columns summed in a last row, in spreadsheets and documents.
    printed
        Columns that a page of paper has room for, in order; empty for the first that fit. The
        others are named below the table.
    """

    name: str
    frame: pd.DataFrame
    totals: tuple[str, ...] = ()
    printed: tuple[str, ...] = ()
