"""The validation report of an import as data: one line for each fault, with its land."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from layers.exchange.evidence import Evidence
from layers.exchange.lines import Flags, Lines

LINE_COLUMNS = (
    "code", "row_number", "row_id", "column", "value", "others", "area_m2", "mendable",
    "is_stored",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class FaultReport:
    """Every fault of an import.

    Attributes
    ----------
    lines
        The faults, class by class.
    names
        Key of every row of the file.
    aside
        Which rows are kept aside, by position.
    unchecked
        What could not be looked for, and why.
    """

    lines: tuple[Lines, ...]
    names: list[str]
    aside: Flags
    unchecked: tuple[Evidence, ...]

    def __len__(self) -> int:
        return sum(len(one) for one in self.lines)

    def ids_aside(self) -> set[str]:
        """Name the rows that are kept aside by their keys."""
        return {self.names[p] for p in np.flatnonzero(self.aside).tolist()}

    def frame(self, crs: CRS, most: int | None = None) -> gpd.GeoDataFrame:
        """Give the report as rows with the land concerned.

        Parameters
        ----------
        crs
            System of the shapes.
        most
            Lines given at most, None for all.

        Returns
        -------
        GeoDataFrame
            Columns ``LINE_COLUMNS``: ``row_number`` counts the rows of the file from 1, ``others``
            are keys, ``mendable`` says whether a repair is offered, ``is_stored`` whether the row
            goes into the workspace. A line without land has no shape.
        """
        tables, left = [], len(self) if most is None else most
        for one in self.lines:
            if left <= 0:
                break
            tables.append(self._table(one, left))
            left -= len(one)
        if not tables:
            return gpd.GeoDataFrame({name: [] for name in LINE_COLUMNS}, geometry=[], crs=crs)
        whole = pd.concat([table for table, _ in tables], ignore_index=True)
        shapes = np.concatenate([land for _, land in tables])
        return gpd.GeoDataFrame(whole, geometry=shapes, crs=crs)

    def _table(self, one: Lines, most: int) -> tuple[pd.DataFrame, np.ndarray]:
        rows = one.rows[:most]
        columns = {
            "code": [one.code] * len(rows),
            "row_number": rows + 1,
            "row_id": [self.names[p] for p in rows.tolist()],
            "column": [one.column] * len(rows),
            "value": list(one.values[:most]),
            "others": list(one.others[:most]),
            "area_m2": one.area_m2[:most],
            "mendable": one.mendable(most),
            "is_stored": ~self.aside[rows],
        }
        return pd.DataFrame(columns), one.shapes(most)
