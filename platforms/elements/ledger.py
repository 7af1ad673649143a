"""What each allotment counts for: unit, year, element, amount, and the land it stands on.

Whatever isn't stated stays open here, so that a share can say between what it lies.
"""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from pyproj import CRS

from platforms.assessed import unit_of_place
from platforms.elements.placing import AMOUNT_COLUMNS, allotment_shapes, amounts
from platforms.errors import PlanningError
from platforms.outlines import Shapes

CITY = "city"
"""Stands for the whole city where a unit is named."""

Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]
Texts = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Answer:
    """A yes-or-no question asked of every allotment.

    Attributes
    ----------
    yes
        True where the answer is yes.
    open
        True where it isn't known.
    """

    yes: Flags
    open: Flags

    @property
    def may(self) -> Flags:
        """True where the answer is yes or isn't known."""
        return self.yes | self.open

    def __and__(self, other: "Answer") -> "Answer":
        """Both: a no settles it, whatever is open beside."""
        yes = self.yes & other.yes
        return Answer(yes, self.may & other.may & ~yes)


@dataclass(frozen=True)
class Cell:
    """What one share is about: unit (or the city), element, pollutant, first and last year."""

    unit_id: str
    element: str
    pollutant: str | None
    first_year: int | None
    last_year: int | None


@dataclass(frozen=True)
class Ledger:
    """The allotments, n rows.

    Attributes
    ----------
    ids
        Their ids.
    unit_id, element, pollutant, status
        Texts, None where not known.
    year
        Year, NaN where not known.
    amount
        亩, 吨标煤 or 吨 by element, NaN where not known.
    industrial, increment
        Whether it is for an industrial project, whether it is new construction land.
    declared_inside
        True where declared so.
    shapes
        The land, None where not known.
    """

    ids: Texts
    unit_id: Texts
    element: Texts
    pollutant: Texts
    status: Texts
    year: Numbers
    amount: Numbers
    industrial: Answer
    increment: Answer
    declared_inside: Flags
    shapes: Shapes


def allotment_ledger(
    allotments: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame, units: gpd.GeoDataFrame, crs: CRS
) -> Ledger:
    """Find what each allotment counts for.

    Parameters
    ----------
    allotments, parcels, units
        Layers ``element_allotments``, ``land_parcels`` and ``units``, in ``crs``.
    crs
        Projected system in metres.

    Returns
    -------
    Ledger
        Unit stated, else by place; year stated, else of ``allotted_on``; element stated, else the
        only one with an amount.
    """
    shapes = allotment_shapes(allotments, parcels)
    places = gpd.GeoSeries(shapes, index=allotments.index, crs=crs)
    stated = allotments["unit_id"].where(allotments["unit_id"].isin(units["unit_id"]))
    lost = stated.isna()
    stated[lost] = unit_of_place(places[lost], units)
    of_date = pd.to_numeric(allotments["allotted_on"].str[:4], errors="coerce").astype("Int64")
    element = allotments["element"].fillna(_only_element(allotments))
    return Ledger(
        ids=_texts(allotments["allotment_id"]),
        unit_id=_texts(stated),
        element=_texts(element),
        pollutant=_texts(allotments["pollutant"]),
        status=_texts(allotments["allotment_status"]),
        year=allotments["year"].fillna(of_date).to_numpy(dtype=float, na_value=np.nan),
        amount=amounts(allotments.assign(element=element), shapes, crs),
        industrial=_answer(allotments["is_industrial"]),
        increment=_answer(allotments["is_increment"]),
        declared_inside=_answer(allotments["declared_inside"]).yes,
        shapes=shapes,
    )


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


def counts_in(ledger: Ledger, cell: Cell, status: str = "allotted") -> Answer:
    """Say which allotments count in a share: those made to industrial projects (产业项目).

    Parameters
    ----------
    ledger
        The allotments.
    cell
        What the share is about.
    status
        ``allotted`` for those made, ``planned`` for those that are to be.

    Returns
    -------
    Answer
        Of each allotment.
    """
    return ledger.industrial & on_record(ledger, cell, status)


def on_record(ledger: Ledger, cell: Cell, status: str = "allotted") -> Answer:
    """Say which allotments were made in a cell, to whatever kind of project."""
    found = _equals(ledger.status, status) & _equals(ledger.element, cell.element)
    if cell.unit_id != CITY:
        found = found & _equals(ledger.unit_id, cell.unit_id)
    if cell.pollutant is not None:
        found = found & _equals(ledger.pollutant, cell.pollutant)
    undated = np.isnan(ledger.year)
    if cell.first_year is not None:
        found = found & Answer(ledger.year >= cell.first_year, undated)
    if cell.last_year is not None:
        found = found & Answer(ledger.year <= cell.last_year, undated)
    return found


def open_points(
    ledger: Ledger, cell: Cell, rows: Flags, unplaced: Flags
) -> tuple[tuple[str, str], ...]:
    """List what isn't known of the allotments of a share.

    Parameters
    ----------
    ledger
        The allotments.
    cell
        What the share is about.
    rows
        True for those that count or may count.
    unplaced
        True where it isn't settled what part lies inside.

    Returns
    -------
    tuple of (str, str)
        Allotment and code of the first thing missing; settled allotments aren't listed.
    """
    shapeless = np.array([shape is None for shape in ledger.shapes], dtype=bool)
    tests = {
        "allotment_industrial_unknown": ledger.industrial.open,
        "allotment_status_unknown": _lacks(ledger.status),
        "allotment_unit_unknown": _lacks(ledger.unit_id) & (cell.unit_id != CITY),
        "allotment_year_unknown": np.isnan(ledger.year) & (cell.last_year is not None),
        "allotment_element_unknown": _lacks(ledger.element),
        "allotment_pollutant_unknown": _lacks(ledger.pollutant) & (cell.pollutant is not None),
        "allotment_amount_unknown": np.isnan(ledger.amount),
        "allotment_place_unknown": unplaced & shapeless,
        "allotment_zone_unknown": unplaced,
    }
    found: dict[str, str] = {}
    for code, lacking in tests.items():
        for allotment_id in ledger.ids[rows & lacking]:
            found.setdefault(str(allotment_id), code)
    return tuple(sorted(found.items()))


def _lacks(values: Texts) -> Flags:
    return np.asarray(pd.isna(values), dtype=bool)


def _equals(values: Texts, wanted: str) -> Answer:
    return Answer(np.asarray(values == wanted, dtype=bool), _lacks(values))


def _answer(column: pd.Series) -> Answer:
    yes = column.fillna(value=False).to_numpy(dtype=bool)
    return Answer(yes, column.isna().to_numpy(dtype=bool))


def _texts(column: pd.Series) -> Texts:
    values = column.to_numpy(dtype=object)
    values[column.isna().to_numpy(dtype=bool)] = None
    return values


def _only_element(allotments: gpd.GeoDataFrame) -> pd.Series:
    """Name the element of which alone an amount is given."""
    given = allotments[list(AMOUNT_COLUMNS.values())].notna()
    names = {column: element for element, column in AMOUNT_COLUMNS.items()}
    only = given.idxmax(axis=1).map(names) if len(given) else pd.Series(dtype="str")
    return only.where(given.sum(axis=1) == 1)
