"""How much of each quota (要素指标) is left: by unit or platform, element and pollutant."""

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from geo.arrays import Flags, Floats
from geo.measure import ellipsoidal_area_m2
from geo.overlay import area_inside_m2
from platforms.elements.allotments import AMOUNT_COLUMNS, Ledger, allotment_ledger
from platforms.source import LayerSource
from platforms.territory import platform_outlines

Subject = Literal["unit", "platform"]
RoomKey = tuple[Subject, str, str, str | None]
"""Unit or platform, its id, element, pollutant."""


@dataclass(frozen=True)
class Room:
    """One quota of a year.

    Attributes
    ----------
    quota
        What may be allotted [亩, 吨标煤 or 吨], NaN where the row states no amount.
    taken
        What is allotted or planned already [same unit], NaN where an allotment that counts states
        no amount or may lie elsewhere.
    """

    quota: float
    taken: float

    @property
    def left(self) -> float:
        """What is left [unit of the element], NaN where not known; below 0 where overdrawn."""
        return self.quota - self.taken


@dataclass(frozen=True)
class Quotas:
    """The quotas of a year, and the allotments that take from them.

    Attributes
    ----------
    amounts
        Quota by key [亩, 吨标煤 or 吨], NaN where a row states none.
    ledger
        All allotments.
    project_id
        Project of each allotment, None where none is stated; array of n.
    in_platform
        Part of each allotment inside a platform that has a quota (0–1), NaN where its place isn't
        known; arrays of n.
    year
        The year.
    """

    amounts: Mapping[RoomKey, float]
    ledger: Ledger
    project_id: np.ndarray
    in_platform: Mapping[str, Floats]
    year: int

    def rooms(self, project_id: str) -> dict[RoomKey, Room]:
        """Give what is left for a project: its own allotments take nothing from it.

        Parameters
        ----------
        project_id
            The project.

        Returns
        -------
        dict
            Quota and what is taken, for every key on record.
        """
        others = self.project_id != project_id
        return {key: Room(quota, self._taken(key, others)) for key, quota in self.amounts.items()}

    def rooms_of_all(self, project_ids: Collection[str]) -> dict[RoomKey, Room]:
        """Give what is left for several projects at once: their own allotments take nothing."""
        others = ~np.isin(self.project_id.astype(str), list(project_ids))
        return {key: Room(quota, self._taken(key, others)) for key, quota in self.amounts.items()}

    def _taken(self, key: RoomKey, others: Flags) -> float:
        """Add up what counts, and may count: a plan is spoken for, an unknown leaves it open."""
        subject, subject_id, element, pollutant = key
        held = self.ledger
        rows = others & (held.element == element) & (held.year == self.year)
        if element == "emission":
            rows &= held.pollutant == pollutant
        if element == "land":
            rows &= held.increment.may
        if subject == "unit":
            rows &= held.unit_id == subject_id
            return float(held.amount[rows].sum())
        part = self.in_platform[subject_id][rows]
        inside = part != 0
        return float((held.amount[rows] * part)[inside].sum())


def quotas_of(source: LayerSource, year: int, crs: CRS) -> Quotas:
    """Read the quotas of a year and what was allotted.

    Parameters
    ----------
    source
        Table ``element_quotas`` and layers ``element_allotments``, ``land_parcels``, ``units``,
        ``major_platforms``, ``parks``.
    year
        The year.
    crs
        Projected system in metres.

    Returns
    -------
    Quotas
        A row with a platform is the platform's, else the unit's. Land counts as increment
        (新增建设用地), whatever it is for.
    """
    table = source.read("element_quotas")
    allotments = gpd.GeoDataFrame(source.read("element_allotments"))
    parcels, units = (gpd.GeoDataFrame(source.read(n)) for n in ("land_parcels", "units"))
    ledger = allotment_ledger(allotments, parcels, units, crs)
    amounts: dict[RoomKey, float] = {}
    for row in table[table["year"].eq(year).fillna(value=False)].to_dict("records"):
        key = _key(row)
        if key is not None:
            amount = row[AMOUNT_COLUMNS[key[2]]]
            amount = np.nan if pd.isna(amount) else float(amount)
            amounts[key] = amounts.get(key, 0.0) + amount
    named = sorted({key[1] for key in amounts if key[0] == "platform"})
    return Quotas(
        amounts,
        ledger,
        allotments["project_id"].fillna("").to_numpy(dtype=object),
        {one: _inside(source, one, ledger, crs) for one in named},
        year,
    )


def _key(row: Mapping[Hashable, Any]) -> RoomKey | None:
    element, pollutant = row["element"], row["pollutant"]
    subject: Subject = "unit" if pd.isna(row["platform_id"]) else "platform"
    subject_id = row[f"{subject}_id"]
    if pd.isna(subject_id) or pd.isna(element) or element not in AMOUNT_COLUMNS:
        return None
    name = str(pollutant) if element == "emission" and not pd.isna(pollutant) else None
    return (subject, str(subject_id), str(element), name)


def _inside(source: LayerSource, platform_id: str, ledger: Ledger, crs: CRS) -> Floats:
    """Measure what part of each allotment lies on a platform with its sub-parks."""
    platforms = gpd.GeoDataFrame(source.read("major_platforms"))
    own = platforms[platforms["platform_id"].eq(platform_id).fillna(value=False)]
    outlines = platform_outlines(own, gpd.GeoDataFrame(source.read("parks")))
    part = np.full(len(ledger.ids), np.nan)
    placed = np.array([shape is not None for shape in ledger.shapes], dtype=bool)
    if placed.any():
        areas = ellipsoidal_area_m2(ledger.shapes[placed], crs)
        inside = area_inside_m2(ledger.shapes[placed], outlines, crs)
        part[placed] = np.where(areas > 0, np.minimum(inside / np.maximum(areas, 1e-9), 1), np.nan)
    return part
