"""What each allotment counts for: unit, year, element, amount, and what of it lies inside.

Whatever isn't stated stays missing here, so that a share can say between what it lies.
"""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from platforms.assessed import unit_of_place
from platforms.elements.placing import AMOUNT_COLUMNS, allotment_shapes, amounts, inside_shares
from platforms.elements.zones import Outlines
from platforms.errors import PlanningError
from platforms.outlines import Shapes

CITY = "city"
"""Stands for the whole city where a unit is named."""


@dataclass(frozen=True)
class Cell:
    """What one share is about: unit (or the city), element, pollutant, first and last year."""

    unit_id: str
    element: str
    pollutant: str | None
    first_year: int | None
    last_year: int | None


def allotment_ledger(
    allotments: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame, units: gpd.GeoDataFrame, crs: CRS
) -> gpd.GeoDataFrame:
    """Find what each allotment counts for.

    Parameters
    ----------
    allotments, parcels, units
        The layers of these names, in ``crs``.
    crs
        Projected system in metres.

    Returns
    -------
    GeoDataFrame
        ``allotments`` with ``unit_id`` (stated, else by place), ``year`` (stated, else of
        ``allotted_on``), ``element`` (stated, else the only one with an amount), ``amount``
        [unit of the element] and the shape of the land; missing stays missing.
    """
    shapes = allotment_shapes(allotments, parcels)
    ledger = allotments.copy()
    ledger = ledger.set_geometry(gpd.GeoSeries(shapes, index=ledger.index, crs=crs))
    stated = ledger["unit_id"].where(ledger["unit_id"].isin(units["unit_id"]))
    ledger["unit_id"] = stated.fillna(unit_of_place(ledger.geometry, units))
    of_date = pd.to_numeric(ledger["allotted_on"].str[:4], errors="coerce").astype("Int64")
    ledger["year"] = ledger["year"].fillna(of_date)
    ledger["element"] = ledger["element"].fillna(_only_element(ledger))
    ledger["amount"] = amounts(ledger, shapes, crs)
    return ledger


def with_further(
    allotments: gpd.GeoDataFrame, further: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame:
    """Append allotments that are only considered, as if they were made.

    Parameters
    ----------
    allotments
        Layer ``element_allotments``.
    further
        Rows of the same kind, None for none; their status counts as allotted.

    Returns
    -------
    GeoDataFrame
        Both.

    Raises
    ------
    PlanningError
        ``what_if_id_taken`` where an id is already there.
    """
    if further is None or further.empty:
        return allotments
    ids = pd.concat([allotments["allotment_id"], further["allotment_id"]])
    taken = ids[ids.duplicated()]
    if len(taken):
        raise PlanningError("what_if_id_taken", rows=", ".join(sorted(set(taken))))
    made = further.assign(allotment_status="allotted")
    if allotments.empty:
        return made
    return gpd.GeoDataFrame(pd.concat([allotments, made], ignore_index=True), crs=allotments.crs)


def add_inside(ledger: gpd.GeoDataFrame, outlines: Outlines, crs: CRS) -> gpd.GeoDataFrame:
    """Add what part of each allotment lies inside, ``least`` and ``most`` (0–1)."""
    shapes: Shapes = np.asarray(ledger.geometry.array, dtype=object)
    least, most = inside_shares(shapes, outlines, crs)
    return ledger.assign(least=least, most=most)


def matches(ledger: gpd.GeoDataFrame, cell: Cell) -> pd.Series:
    """Say which allotments count in a share.

    Parameters
    ----------
    ledger
        What ``allotment_ledger`` gives.
    cell
        What the share is about.

    Returns
    -------
    Series of boolean
        True: counts, False: doesn't, missing: may count; index of ``ledger``. Only allotments
        made to industrial projects (产业项目) count.
    """
    found: pd.Series = ledger["is_industrial"] & _equals(ledger["allotment_status"], "allotted")
    found &= _equals(ledger["element"], cell.element)
    if cell.unit_id != CITY:
        found &= _equals(ledger["unit_id"], cell.unit_id)
    if cell.pollutant is not None:
        found &= _equals(ledger["pollutant"], cell.pollutant)
    if cell.first_year is not None:
        found &= ledger["year"] >= cell.first_year
    if cell.last_year is not None:
        found &= ledger["year"] <= cell.last_year
    return found


def open_points(ledger: gpd.GeoDataFrame, cell: Cell) -> tuple[tuple[str, str], ...]:
    """List what isn't known of the allotments of a share.

    Parameters
    ----------
    ledger
        Rows that count or may count, with ``least`` and ``most``.
    cell
        What the share is about.

    Returns
    -------
    tuple of (str, str)
        Allotment and code of the first thing missing; settled allotments aren't listed.
    """
    tests = {
        "allotment_industrial_unknown": ledger["is_industrial"].isna(),
        "allotment_status_unknown": ledger["allotment_status"].isna(),
        "allotment_unit_unknown": ledger["unit_id"].isna() & (cell.unit_id != CITY),
        "allotment_year_unknown": ledger["year"].isna() & (cell.last_year is not None),
        "allotment_element_unknown": ledger["element"].isna(),
        "allotment_pollutant_unknown": ledger["pollutant"].isna() & (cell.pollutant is not None),
        "allotment_amount_unknown": ledger["amount"].isna(),
        "allotment_place_unknown": ledger.geometry.isna() & (ledger["least"] != ledger["most"]),
        "allotment_zone_unknown": ledger["least"] != ledger["most"],
    }
    found: dict[str, str] = {}
    for code, rows in tests.items():
        for allotment_id in ledger["allotment_id"][rows.to_numpy(dtype=bool)]:
            found.setdefault(allotment_id, code)
    return tuple(sorted(found.items()))


def _equals(column: pd.Series, value: str) -> pd.Series:
    """Compare texts so that a missing one stays missing."""
    return column.eq(value).astype("boolean").mask(column.isna(), pd.NA)


def _only_element(ledger: gpd.GeoDataFrame) -> pd.Series:
    """Name the element of which alone an amount is given."""
    given = ledger[list(AMOUNT_COLUMNS.values())].notna()
    names = {column: element for element, column in AMOUNT_COLUMNS.items()}
    only = given.idxmax(axis=1).map(names) if len(given) else pd.Series(dtype="str")
    return only.where(given.sum(axis=1) == 1)
