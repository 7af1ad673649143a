"""In which unit or park the land of each enterprise lies: by area where its outline is drawn."""

from typing import Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.overlay import zone_shares
from geo.units import RELATIVE_TOLERANCE
from platforms.land.territory import assessment_areas
from platforms.outlines import shapes_of
from platforms.source import LayerSource

POLYGONS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


def placed_firms(by: Literal["unit", "park"] | str, source: LayerSource) -> pd.DataFrame:
    """Say which part of each enterprise lies in which unit or park.

    Parameters
    ----------
    by
        ``unit`` (functional zones cut out of the counties, S9) or ``park``.
    source
        Gives ``enterprises`` and ``units`` or ``parks``.

    Returns
    -------
    DataFrame
        One row for each firm and place: ``enterprise_id``, ``unit_id`` or ``park_id`` (missing
        outside all), ``part_share`` (0-1, by ellipsoidal area), ``is_by_area``, ``stated_id``.
        A firm drawn as a point, or not at all, is where its row states. Where parks overlap the
        land in both counts in each.
    """
    key = f"{by}_id"
    firms = gpd.GeoDataFrame(source.read("enterprises"))
    zones = gpd.GeoDataFrame(source.read(f"{by}s"))
    if by == "unit" and len(zones):
        zones = assessment_areas(zones.copy())
    stated = firms[["enterprise_id", key]].rename(columns={key: "stated_id"})
    drawn = _drawn(firms) if len(zones) else np.zeros(len(firms), dtype=bool)
    plain = stated[~drawn].assign(part_share=1.0, is_by_area=False)
    plain[key] = plain["stated_id"]
    by_area = _by_area(firms[drawn], stated[drawn], zones, key)
    columns = ["enterprise_id", key, "part_share", "is_by_area", "stated_id"]
    held = [frame[columns] for frame in (plain, by_area) if len(frame)]
    placed: pd.DataFrame = pd.concat(held or [plain[columns]], ignore_index=True)
    return placed


def _drawn(firms: gpd.GeoDataFrame) -> npt.NDArray[np.bool_]:
    """Say which firms have an outline with land in it."""
    shapes = shapes_of(firms)
    kinds = np.isin(shapely.get_type_id(shapes), [int(kind) for kind in POLYGONS])
    has_land: npt.NDArray[np.bool_] = kinds & (np.nan_to_num(shapely.area(shapes)) > 0)
    return has_land


def _by_area(
    firms: gpd.GeoDataFrame, stated: pd.DataFrame, zones: gpd.GeoDataFrame, key: str
) -> pd.DataFrame:
    """Part the firms drawn among the zones; what lies in none makes a row without key."""
    if not len(firms):
        return stated.assign(part_share=1.0, is_by_area=True, **{key: None})
    rows = zone_shares(shapes_of(firms), shapes_of(zones), firms.crs)
    inside = np.bincount(rows.of_shape, rows.share, len(firms))
    outside = np.flatnonzero(1.0 - inside > RELATIVE_TOLERANCE)
    position = np.concatenate([rows.of_shape, outside])
    found = stated.iloc[position].reset_index(drop=True)
    ids = zones[key].to_numpy(dtype=object)[rows.of_zone]
    found[key] = pd.Series([*ids, *[None] * len(outside)], dtype="str")
    found["part_share"] = np.concatenate([rows.share, 1.0 - inside[outside]])
    return found.assign(is_by_area=True)
