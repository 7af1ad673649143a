"""In which unit the areas of a file are declared: stated, in the heading, or told by the shapes."""

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.errors import Value
from geo.units import AREA_UNITS_IN_M2
from layers.conform import as_numbers
from layers.errors import LayerError
from layers.exchange.evidence import Evidence, found
from layers.exchange.ground import SAMPLE
from layers.exchange.heading_units import area_unit, split_number, unit_factor

DECLARED = "area_declared_m2"
RATIO_TOLERANCE = 0.05
"""A unit is recognised where the median ratio of declared to drawn area is this near its size."""
AGREEING_SHARE = 0.5
"""… and at least this share of the rows agrees by itself."""
CELL_UNIT_AREA = "m²"


@dataclass(frozen=True)
class AreaRatio:
    """How declared areas compare with the shapes.

    Attributes
    ----------
    median
        Median of declared number by drawn area [1/m²], NaN where nothing can be compared.
    count
        Rows compared.
    unit
        The unit that this speaks for, None where it speaks for none.
    """

    median: float
    count: int
    unit: str | None


def area_ratio(frame: pd.DataFrame) -> AreaRatio:
    """Compare declared areas with the shapes, row by row.

    Parameters
    ----------
    frame
        Rows in the workspace's system, the column ``area_declared_m2`` in an unknown unit; of many
        rows some are taken, evenly from first to last.

    Returns
    -------
    AreaRatio
        The comparison; the plane's distortion, below a thousandth, doesn't matter here.
    """
    nothing = AreaRatio(float("nan"), 0, None)
    if not isinstance(frame, gpd.GeoDataFrame) or DECLARED not in frame.columns:
        return nothing
    numbers = as_numbers(frame[DECLARED]).to_numpy()
    shapes = np.asarray(frame.geometry.array, dtype=object)
    usable = np.flatnonzero((numbers > 0) & ~shapely.is_missing(shapes))
    if len(usable) > SAMPLE:
        usable = usable[np.linspace(0, len(usable) - 1, SAMPLE).astype(int)]
    drawn = shapely.area(shapes[usable])
    ratios = numbers[usable][drawn > 0] / drawn[drawn > 0]
    if not len(ratios):
        return nothing
    median = float(np.median(ratios))
    fitting = [
        unit
        for unit, size in AREA_UNITS_IN_M2.items()
        if abs(median * size - 1) <= RATIO_TOLERANCE
        and (np.abs(ratios * size - 1) <= RATIO_TOLERANCE).mean() >= AGREEING_SHARE
    ]
    return AreaRatio(median, len(ratios), fitting[0] if fitting else None)


def declared_areas(
    frame: pd.DataFrame, stated: str | None, headings: Sequence[tuple[str, str | None]]
) -> tuple[pd.DataFrame, tuple[Evidence, ...]]:
    """Turn declared areas into square metres, whatever unit they came in.

    Parameters
    ----------
    frame
        Rows in the workspace's system with the vocabulary's column names.
    stated
        ``m2``, ``亩``, ``公顷``, or None.
    headings
        The file's column that became the declared area, and the unit in its heading.

    Returns
    -------
    frame, evidence
        The rows, values that are no numbers untouched (validation names them), and what was done.

    Raises
    ------
    LayerError
        ``declared_column_missing`` where a unit is stated for a column that isn't there;
        ``declared_unit_contradicts`` where the shapes speak for another unit than is stated or
        written; ``declared_unit_unclear`` where nothing speaks for any.
    """
    if not headings:
        if stated is not None:
            raise LayerError(
                "declared_column_missing", column=DECLARED, target=DECLARED, unit=stated
            )
        return frame, ()
    column, written = headings[0]
    frame, factors, notes = _cells(frame)
    whole = frame.loc[factors.isna()]
    numbers = as_numbers(whole[DECLARED])
    if not numbers.notna().any():
        return _converted(frame, factors, 1.0), notes
    unit, size, grounds = _unit(area_ratio(whole), stated, column, written)
    if size != 1.0:
        grounds.append(found("declared_unit", unit=unit, count=int(numbers.notna().sum())))
    return _converted(frame, factors, size), (*notes, *grounds)


def _unit(
    ratio: AreaRatio, stated: str | None, column: str, written: str | None
) -> tuple[str, float, list[Evidence]]:
    """Decide on a unit: name, size [m²], grounds."""
    size = None if written is None else unit_factor(written, CELL_UNIT_AREA)
    claimed = stated if stated is not None else area_unit(written)
    values: dict[str, Value] = {
        "column": column, "ratio": ratio.median, "count": ratio.count
    }  # fmt: skip
    if ratio.unit is not None and (claimed or size) and ratio.unit != claimed:
        raise LayerError(
            "declared_unit_contradicts", stated=claimed or str(written), unit=ratio.unit, **values
        )
    if stated is not None:
        return stated, AREA_UNITS_IN_M2[stated], []
    if size is not None:
        said = [found("declared_unit_by_heading", column=column, unit=str(written))]
        return str(written), size, said if column != DECLARED else []
    if ratio.unit is not None:
        said = [found("declared_unit_by_shapes", unit=ratio.unit, **values)]
        return ratio.unit, AREA_UNITS_IN_M2[ratio.unit], said
    raise LayerError("declared_unit_unclear", **values)


def _cells(
    frame: pd.DataFrame,
) -> tuple[pd.DataFrame, pd.Series, tuple[Evidence, ...]]:
    """Take units off the cells that carry their own: ``12.5亩``."""
    parted = [split_number(value) for value in frame[DECLARED]]
    factors = pd.Series(
        [np.nan if unit is None else AREA_UNITS_IN_M2[unit] for _, unit in parted],
        index=frame.index, dtype="float64",
    )  # fmt: skip
    if factors.isna().all():
        return frame, factors, ()
    bare = pd.Series([number for number, _ in parted], index=frame.index, dtype="object")
    note = found("declared_cells_with_unit", count=int(factors.notna().sum()))
    return frame.assign(**{DECLARED: bare}), factors, (note,)


def _converted(frame: pd.DataFrame, factors: pd.Series, size: float) -> pd.DataFrame:
    sizes = factors.fillna(size)
    if (sizes == 1.0).all():
        return frame
    given = frame[DECLARED]
    numbers = as_numbers(given) * sizes
    return frame.assign(**{DECLARED: given.astype("object").where(numbers.isna(), numbers)})
