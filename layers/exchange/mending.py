"""How rows of an import are mended where that was asked for, with their areas before and after."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.edges import Shapes
from geo.shape import solid
from geo.validity import Repair
from layers.conform import SOURCE_PREFIX
from layers.exchange.kept import kept_names, kept_values
from layers.exchange.lines import Flags, Lines

OVERLAP_CUT = "overlap_cut"


def cut_overlaps(
    shapes: Shapes, lines: Lines, bad: Flags
) -> tuple[Shapes, list[Repair], list[int]]:
    """Take the common land of overlaps out of the rows their lines are about.

    Parameters
    ----------
    shapes
        Shapes of all rows, n; they stay as they are.
    lines
        The overlaps; those a repair is offered for are cut.
    bad
        Rows that aren't stored: nothing is cut for their sake.

    Returns
    -------
    shapes
        Shapes of all rows after the cuts.
    repairs
        One for each row cut, planar areas as drawn and as cut.
    vanished
        Rows of which no land is left; their shapes stay as they are.
    """
    lost = np.zeros(len(lines), dtype=bool)
    lost[lines.of_line[bad[lines.of_row]]] = True
    at = np.flatnonzero(lines.mendable() & ~lost)
    if not len(at):
        return shapes, [], []
    rows, place = np.unique(lines.rows[at], return_inverse=True)
    order = np.argsort(place, kind="stable")
    gathered = shapely.geometrycollections(lines.shapes()[at][order], indices=place[order])
    pieces = shapely.unary_union(gathered[:, None], axis=1)
    left = solid(shapely.difference(shapes[rows], pieces))
    kept = ~shapely.is_empty(left)
    cut = shapes.copy()
    cut[rows[kept]] = left[kept]
    before, after = shapely.area(shapes[rows]), shapely.area(left)
    repairs = [
        Repair(int(rows[p]), OVERLAP_CUT, float(before[p]), float(after[p]))
        for p in np.flatnonzero(kept)
    ]
    return cut, repairs, rows[~kept].tolist()


def keep_emptied(accepted: pd.DataFrame, frame: pd.DataFrame, emptied: list[Lines]) -> pd.DataFrame:
    """Keep beside each emptied cell what stood there, as a text of its row.

    Parameters
    ----------
    accepted
        Rows to store, index = position in the file.
    frame
        Rows as they came.
    emptied
        Values that couldn't be understood and were left empty.
    """
    columns: dict[str, pd.Series] = {}
    taken = {str(name).casefold() for name in accepted.columns}
    for lines in emptied:
        rows = [row for row in lines.rows.tolist() if row in accepted.index]
        if not rows:
            continue
        name = kept_names([lines.column])[lines.column]
        number = 1
        while name.casefold() in taken:
            number += 1
            name = f"{SOURCE_PREFIX}{lines.column}_{number}"
        taken.add(name.casefold())
        given = frame[lines.column].iloc[rows].astype("object")
        columns[name] = kept_values(given.set_axis(rows)).reindex(accepted.index)
    if not columns:
        return accepted
    bare = pd.DataFrame(accepted.drop(columns="geometry", errors="ignore"))
    plain: pd.DataFrame = bare.assign(**columns)
    if not isinstance(accepted, gpd.GeoDataFrame):
        return plain
    kept: pd.DataFrame = gpd.GeoDataFrame(plain, geometry=accepted.geometry, crs=accepted.crs)
    return kept
