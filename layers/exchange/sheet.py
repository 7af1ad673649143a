"""What one list of an export is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

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
    groups
        What stands in a row of its own above a column's heading, by column; neighbours of the same
        group share one cell. Spreadsheets and documents only.
    """

    name: str
    frame: pd.DataFrame
    totals: tuple[str, ...] = ()
    printed: tuple[str, ...] = ()
    groups: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
