"""How much of each quota (要素指标) is left: by unit or platform, element and pollutant."""

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from geo.arrays import Flags, Floats
from geo.measure import ellipsoidal_area_m2
from geo.overlay import area_inside_m2
from layers.fields import pollutant_name
from platforms.elements.allotments import (
    AMOUNT_COLUMNS,
    SETTLED,
    Allotments,
    PlaceLayers,
    read_allotments,
)
from platforms.source import LayerSource
from platforms.territory import platform_outlines

Subject = Literal["unit", "platform"]
QuotaKey = tuple[Subject, str, str, str | None]
"""Unit or platform, its id, element, pollutant."""


@dataclass(frozen=True)
class Headroom:
    """One quota of a year.

    ``quota``: What may be allotted [亩, 吨标煤 or 吨], NaN where the row states no amount.
    ``committed``: What is allotted or planned already [same unit], NaN where an allotment that
      counts states no amount or may lie elsewhere.
    ``assumed_from``: Year of the quota where that of the year asked isn't on file yet, else None.
    """

    quota: float
    committed: float
    assumed_from: int | None = None

    @property
    def left(self) -> float:
        """What is left [unit of the element], NaN where not known; below 0 where overdrawn."""
        return self.quota - self.committed


@dataclass(frozen=True)
class Quotas:
    """The quotas of a year, and the allotments that take from them.

    ``amounts``: Quota by key [亩, 吨标煤 or 吨], NaN where a row states none.
    ``allotments``: All allotments.
    ``project_id``: Project of each allotment, None where none is stated; array of n.
    ``in_platform``: Part of each allotment inside a platform that has a quota (0–1), NaN where
      its place isn't known; arrays of n.
    ``year``: The year.
    ``assumed_from``: By element the year whose quotas stand in, where nobody has one of the year.
    """

    amounts: Mapping[QuotaKey, float]
    allotments: Allotments
    project_id: np.ndarray
    in_platform: Mapping[str, Floats]
    year: int
    assumed_from: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    def headrooms(self, project_id: str) -> dict[QuotaKey, Headroom]:
        """Give what is left for a project: its own allotments take nothing from it.

        Quota and what is committed, for every key on record.
        """
        others = self.project_id != project_id
        return self._of_all if others.all() else self._left(others)

    @cached_property
    def _of_all(self) -> dict[QuotaKey, Headroom]:
        """Give what is left for a project without allotments."""
        return self._left(np.ones(len(self.project_id), dtype=bool))

    def _left(self, others: Flags) -> dict[QuotaKey, Headroom]:
        return {
            key: Headroom(quota, self._committed(key, others), self.assumed_from.get(key[2]))
            for key, quota in self.amounts.items()
        }

    def headrooms_of_all(self, project_ids: Collection[str]) -> dict[QuotaKey, Headroom]:
        """Give what is left for several projects at once: their own allotments take nothing."""
        others = ~np.isin(self.project_id.astype(str), list(project_ids))
        return self._left(others)

    def _committed(self, key: QuotaKey, others: Flags) -> float:
        """Add up what counts, and may count: a plan is spoken for, an unknown leaves it open."""
        subject, subject_id, element, pollutant = key
        allotments = self.allotments
        rows = others & (allotments.element == element) & (allotments.year == self.year)
        if element == "emission":
            rows &= allotments.pollutant == pollutant
        if element == "land":
            rows &= allotments.increment.may
        if subject == "unit":
            rows &= allotments.unit_id == subject_id
            return float(allotments.amount[rows].sum())
        part = self.in_platform[subject_id][rows]
        inside = part != 0
        return float((allotments.amount[rows] * part)[inside].sum())


def quotas_of(source: LayerSource, year: int, crs: CRS) -> Quotas:
    """Read the quotas of a year and what was allotted.

    ``source``: Table ``element_quotas`` and layers ``element_allotments``, ``land_parcels``,
      ``units``, ``major_platforms``, ``parks``,
      ``projects``.
    ``crs``: Projected system in metres.

    A row with a platform is the platform's, else the unit's. Land counts as increment
    (新增建设用地), whatever it is for. Of an element of which nobody has a quota of the year yet,
    the quotas of the last year on file before it are assumed.
    """
    table = source.read("element_quotas")
    allotments = gpd.GeoDataFrame(source.read("element_allotments"))
    parcels, units = (gpd.GeoDataFrame(source.read(n)) for n in ("land_parcels", "units"))
    allotment_columns = read_allotments(allotments, parcels, units, crs, PlaceLayers.of(source))
    amounts: dict[QuotaKey, float] = {}
    rows, assumed_from = _rows_of_year(table, year)
    for row in rows.to_dict("records"):
        key = _key(row)
        if key is not None:
            amount = row[AMOUNT_COLUMNS[key[2]]]
            amount = np.nan if pd.isna(amount) else float(amount)
            amounts[key] = amounts.get(key, 0.0) + amount
    platform_ids = sorted({key[1] for key in amounts if key[0] == "platform"})
    return Quotas(
        amounts,
        allotment_columns,
        allotments["project_id"].fillna("").to_numpy(dtype=object),
        {
            platform_id: _inside(source, platform_id, allotment_columns, crs)
            for platform_id in platform_ids
        },
        year,
        assumed_from,
    )


def _rows_of_year(table: pd.DataFrame, year: int) -> tuple[pd.DataFrame, dict[str, int]]:
    """Take the rows of a year; of an element not on file yet those of the last year before it."""
    parts, assumed_from = [], {}
    for element, rows in table.groupby("element"):
        last = rows["year"][rows["year"].le(year).fillna(value=False)].max()
        if pd.isna(last):
            continue
        parts.append(rows[rows["year"].eq(last).fillna(value=False)])
        if last != year:
            assumed_from[str(element)] = int(last)
    return (pd.concat(parts) if parts else table.iloc[:0]), assumed_from


def _key(row: Mapping[Hashable, Any]) -> QuotaKey | None:
    element, pollutant = row["element"], row["pollutant"]
    subject: Subject = "unit" if pd.isna(row["platform_id"]) else "platform"
    subject_id = row[f"{subject}_id"]
    if pd.isna(subject_id) or pd.isna(element) or element not in AMOUNT_COLUMNS:
        return None
    is_named = element == "emission" and not pd.isna(pollutant)
    name = pollutant_name(str(pollutant)) if is_named else None
    return (subject, str(subject_id), str(element), name)


def _inside(source: LayerSource, platform_id: str, allotments: Allotments, crs: CRS) -> Floats:
    """Measure what part of each allotment lies on a platform with its sub-parks."""
    platforms = gpd.GeoDataFrame(source.read("major_platforms"))
    platform = platforms[platforms["platform_id"].eq(platform_id).fillna(value=False)]
    outlines = platform_outlines(platform, gpd.GeoDataFrame(source.read("parks")))
    part = np.full(len(allotments.ids), np.nan)
    placed = np.array([shape is not None for shape in allotments.shapes], dtype=bool)
    if placed.any():
        areas = ellipsoidal_area_m2(allotments.shapes[placed], crs)
        inside = area_inside_m2(allotments.shapes[placed], outlines, crs)
        part[placed] = np.where(areas > 0, np.minimum(inside / np.maximum(areas, 1e-9), 1), np.nan)
    # Of an outline that lies across, nobody knows where in it the energy is used.
    across = allotments.is_coarse & (part > SETTLED) & (part < 1 - SETTLED)
    return np.where(across, np.nan, np.where(allotments.is_coarse, np.round(part), part))
