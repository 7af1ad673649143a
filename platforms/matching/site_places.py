"""In which unit, platform and zone each piece of land lies."""

from typing import TypedDict

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS

from geo.measure import ellipsoidal_area_m2
from geo.overlay import area_inside_m2, intersecting_pairs
from platforms.elements.placing import inside_shares
from platforms.elements.zones import zone_outlines
from platforms.land.blocks import LandLayers
from platforms.land.territory import area_by_unit, assessment_areas
from platforms.outlines import Shapes, major_outlines, shapes_of
from platforms.policy.dated import PolicySet
from platforms.source import LayerSource


class Place(TypedDict):
    """Where a piece of land lies, as ``Site`` says it."""

    unit_id: str | None
    platform_id: str | None
    main_platform_share: float
    major_share: float
    zone_share: float | None


def places_of(
    land: gpd.GeoDataFrame,
    source: LayerSource,
    layers: LandLayers,
    policy: PolicySet,
    crs: CRS,
    area_m2: npt.NDArray[np.float64],
) -> list[Place]:
    """Say of each piece of land in which unit, platform and zone it lies.

    Parameters
    ----------
    land
        Pieces of land in ``crs``.
    source, layers
        All layers, and those of a search for land.
    policy
        States in S15 which zones count; the zones of a pack without B1 aren't known.
    crs
        Projected system in metres.
    area_m2
        Ellipsoidal area of each piece [m²].

    Returns
    -------
    list of Place
        In the order of ``land``.
    """
    shapes = shapes_of(land)
    platforms = gpd.GeoDataFrame(source.read("major_platforms"))
    parks = gpd.GeoDataFrame(source.read("parks"))
    units = area_by_unit(land.geometry, assessment_areas(layers.units))
    unit = units.drop_duplicates("position").set_index("position")["unit_id"]
    major = platforms[platforms["is_major"].fillna(value=True).to_numpy(dtype=bool)]
    in_main = np.minimum(area_inside_m2(shapes, shapes_of(major), crs) / area_m2, 1.0)
    in_major = np.minimum(
        area_inside_m2(shapes, major_outlines(platforms, parks), crs) / area_m2, 1
    )
    unknown = np.full(len(land), np.nan)
    least, most = unknown, unknown
    if policy.parts("B1"):
        least, most = inside_shares(shapes, zone_outlines(platforms, parks, policy), crs)
    nearest = _platform_of(shapes, platforms, parks, crs)
    return [
        Place(
            unit_id=unit.get(position),
            platform_id=nearest[position],
            main_platform_share=float(in_main[position]),
            major_share=float(in_major[position]),
            zone_share=float(least[position]) if least[position] == most[position] else None,
        )
        for position in range(len(land))
    ]


def _platform_of(
    shapes: Shapes, platforms: gpd.GeoDataFrame, parks: gpd.GeoDataFrame, crs: CRS
) -> list[str | None]:
    """Find the platform whose outline with sub-parks holds the largest part of each shape."""
    sub_parks = parks[
        parks["disposition"].eq("sub_park").fillna(value=False) & parks["platform_id"].notna()
    ]
    ids = np.concatenate([platforms["platform_id"], sub_parks["platform_id"]])
    outlines = np.concatenate([shapes_of(platforms), shapes_of(sub_parks)])
    of_shape, of_outline = intersecting_pairs(shapes, outlines)
    found: list[str | None] = [None] * len(shapes)
    if not len(of_shape):
        return found
    parts = shapely.intersection(shapes[of_shape], outlines[of_outline])
    shares = pd.DataFrame(
        {"shape": of_shape, "id": ids[of_outline], "m2": ellipsoidal_area_m2(parts, crs)}
    )
    sums = shares[shares["m2"] > 0].groupby(["shape", "id"])["m2"].sum().reset_index()
    best = sums.sort_values(["shape", "m2", "id"], ascending=[True, False, True])
    for shape, platform_id in best.drop_duplicates("shape")[["shape", "id"]].to_numpy():
        found[int(shape)] = str(platform_id)
    return found
